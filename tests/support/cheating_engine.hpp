// An engine that cheats in exactly one way, around an honest one: what the proof must catch.
//
// Cheats are named; kCheats lists them all with what a finding must say. An empty name is honest. The decorator works
// through Engine and Program alone (it dumps and loads states around each step), so it can wrap any engine, and stays in
// the process of the native worker: the protocol does not know that it is there.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "backends/backend.hpp"

namespace trainmark::tests {

struct CheatInfo {
  const char* name;
  const char* says;  ///< part of what the failed proof says about it
};

inline constexpr std::array kCheats = {
    CheatInfo{"freeze-weights", "conv1.weight unchanged"},  // the first layer's weights are never updated
    CheatInfo{"freeze-bias", "conv1.bias unchanged"},       // the first layer's bias is never updated
    CheatInfo{"no-bias", ".bias"},                          // biases are neither added nor updated
    CheatInfo{"half-batch", "first half of the batch"},     // the first half of each batch, twice
    CheatInfo{"repeat-batch", "batch was repeated"},        // the first batch, again and again
    CheatInfo{"other-rate", "learning rate"},               // 1 % too large
    CheatInfo{"other-momentum", "momentum"},                // 1 % too small
    CheatInfo{"other-decay", "weight decay"},               // 10 % too small
    CheatInfo{"stored-order", "stored order"},              // samples as they lie in the file
    CheatInfo{"bfloat16", "lower precision"},               // weights and inputs rounded to 8 bits, master weights kept
    CheatInfo{"float16", "lower precision"},                // to 11 bits
    CheatInfo{"tf32-weights", "lower precision"},           // weights alone, 11 bits
    CheatInfo{"bfloat16-inputs", "lower precision"},        // inputs alone
    CheatInfo{"no-normalisation", "normalisation was forgotten"},
    CheatInfo{"skip-update", "update was skipped"},
    CheatInfo{"skip-every-second", "did not change"},  // updates of odd steps
    CheatInfo{"constant-loss", "loss"},
    CheatInfo{"undivided-loss", "not divided by the batch"},
    CheatInfo{"twice-divided-loss", "divided by the batch twice"},  // updates so small that storing the weights is most of their error
    CheatInfo{"restore-timed", "undone"},                           // weights come back after each step, until the proof begins
    CheatInfo{"partial-evaluation", "part of the split"},           // the second half is called class 0
    CheatInfo{"other-timed-loss", "another loss"},                  // 0.7 of the loss is minimised and reported, until the proof begins
    CheatInfo{"nan-weight", "nan"},
    CheatInfo{"nan-loss", "nan"},
    CheatInfo{"one-wrong-bias", "bias"},  // one element of the last bias gets 1.01 of its update
};

/// Cheats against recipes that have more than plain descent; what each needs is in tests/proof/cheats_test.cpp.
inline constexpr std::array kRecipeCheats = {
    CheatInfo{"adam-other-beta1", "beta1"},           // 1 % too small
    CheatInfo{"adam-other-beta2", "beta2"},           // 0.998 instead of 0.999
    CheatInfo{"adam-other-epsilon", "epsilon"},       // 1e-5 instead of 1e-8
    CheatInfo{"adam-other-rate", "learning rate"},    // 1 % too large
    CheatInfo{"adam-other-decay", "weight decay"},    // 10 % too small, apart from the gradient
    CheatInfo{"adam-coupled-decay", "weight decay"},  // added to the gradient, as Adam does and AdamW does not
    CheatInfo{"adam-no-correction", "1 - beta^t"},
    CheatInfo{"rmsprop-other-alpha", "alpha"},  // 1 % too small
    CheatInfo{"no-schedule", "learning rate"},  // the rate of a constant schedule
    CheatInfo{"no-clipping", "gradients are"},
    CheatInfo{"no-smoothing", "loss"},
    CheatInfo{"other-mask", "loss"},  // dropout with the masks of the next step
};

/// `value` with `bits` significant bits, to nearest even.
inline float keep_bits(float value, int bits) {
  int exponent = 0;
  const double fraction = std::frexp(static_cast<double>(value), &exponent);
  return static_cast<float>(std::ldexp(std::nearbyint(std::ldexp(fraction, bits)), exponent - bits));
}

class CheatingEngine : public backends::Engine {
 public:
  CheatingEngine(std::unique_ptr<backends::Engine> honest, std::string cheat) : honest_(std::move(honest)), cheat_(std::move(cheat)) {}

  core::Result<std::unique_ptr<backends::Program>> compile(const plan::Plan& plan) override;
  core::Result<void> load(const core::TensorMap& state) override {
    if (evaluated_) timed_ = false;
    return honest_->load(is("no-bias") ? without_biases(state) : state);
  }
  core::TensorMap dump() const override { return honest_->dump(); }

  bool is(std::string_view name) const { return cheat_ == name; }
  /// Whether the proof has not begun yet, as a cheat might guess it: no state was loaded after an evaluation.
  bool timed() const { return timed_; }
  void note_evaluation() { evaluated_ = true; }
  backends::Engine& honest() { return *honest_; }

  static core::TensorMap without_biases(core::TensorMap state) {
    for (auto& [name, tensor] : state) {
      if (name.ends_with(".bias")) tensor.values = std::vector<float>(static_cast<size_t>(tensor.size()), 0.0F);
    }
    return state;
  }

 private:
  std::unique_ptr<backends::Engine> honest_;
  std::string cheat_;
  bool evaluated_ = false;
  bool timed_ = true;
};

class CheatingProgram : public backends::Program {
 public:
  CheatingProgram(CheatingEngine& engine, std::unique_ptr<backends::Program> honest) : engine_(engine), honest_(std::move(honest)) {}

  void run(const backends::StepInput& input, backends::StepOutput& output) override {
    backends::StepInput changed = input;
    if (plan().mode == plan::Mode::kEvaluate) return evaluate(changed, output);
    change_input(changed);
    const core::TensorMap before = engine_.dump();
    core::TensorMap start = before;
    if (change_start(start)) engine_.honest().load(start).value();
    honest_->run(changed, output);
    honest_->sync();
    core::TensorMap after = engine_.dump();
    if (change_end(before, start, input, after)) engine_.honest().load(after).value();
    change_output(output);
  }
  void run_profiled(const backends::StepInput& input, backends::StepOutput& output, int64_t*) override { run(input, output); }
  void sync() override { honest_->sync(); }
  const plan::Plan& plan() const override { return honest_->plan(); }
  std::string kernel(int op) const override { return honest_->kernel(op); }
  backends::MemoryUse memory() const override { return honest_->memory(); }

 private:
  bool is(std::string_view name) const { return engine_.is(name); }
  int bits() const { return is("bfloat16") || is("bfloat16-inputs") ? 8 : is("float16") || is("tf32-weights") ? 11 : 0; }

  void evaluate(const backends::StepInput& input, backends::StepOutput& output) {
    engine_.note_evaluation();
    honest_->run(input, output);
    if (!is("partial-evaluation") || output.predictions == nullptr) return;
    honest_->sync();
    for (int64_t i = 0; i < plan().batch; ++i) {
      if (input.indices[i] >= input.samples->count / 2) output.predictions[i] = 0;
    }
  }

  void change_input(backends::StepInput& input) {
    const auto batch = static_cast<size_t>(plan().batch);
    if (is("half-batch")) {
      indices_.resize(batch);
      for (size_t i = 0; i < batch; ++i) indices_[i] = input.indices[i % (batch / 2)];
      input.indices = indices_.data();
    }
    if (is("repeat-batch")) {
      if (indices_.empty()) indices_.assign(input.indices, input.indices + batch);
      input.indices = indices_.data();
    }
    if (is("stored-order")) {
      indices_.resize(batch);
      for (size_t i = 0; i < batch; ++i) indices_[i] = static_cast<int32_t>((input.step * plan().batch + static_cast<int64_t>(i)) % input.samples->count);
      input.indices = indices_.data();
    }
    if (is("other-rate") || is("adam-other-rate")) input.learning_rate *= 1.01;
    if (is("adam-no-correction")) input.step += 1'000'000;
    if (is("other-mask")) input.step += 1;
    if (is("no-schedule")) input.learning_rate = base_rate();
    if (is("other-timed-loss") && engine_.timed()) input.learning_rate *= 0.7;
    input.learning_rate *= static_cast<double>(gradient_factor());
    if (is("no-normalisation") || (bits() != 0 && !is("tf32-weights"))) {
      table_ = *input.normalisation;
      for (auto& channel : table_.channels) {
        for (size_t i = 0; i < channel.size(); ++i) channel[i] = is("no-normalisation") ? static_cast<float>(i) / 255 : keep_bits(channel[i], bits());
      }
      input.normalisation = &table_;
    }
  }

  // What all gradients are multiplied by.
  float gradient_factor() const {
    const auto batch = static_cast<float>(plan().batch);
    return is("undivided-loss") ? batch : is("twice-divided-loss") ? 1 / batch : 1;
  }

  // True when the step starts from another state than it should.
  bool change_start(core::TensorMap& state) const {
    if (gradient_factor() != 1) return scale_momentum(state, 1 / gradient_factor());
    if (bits() == 0 || is("bfloat16-inputs")) return false;
    for (auto& [name, tensor] : state) {
      if (name.ends_with(".momentum")) continue;
      for (float& v : floats(tensor)) v = keep_bits(v, bits());
    }
    return true;
  }

  // True when the state after the step must be replaced by `after`.
  bool change_end(const core::TensorMap& before, const core::TensorMap& start, const backends::StepInput& input, core::TensorMap& after) const {
    if (is("freeze-weights")) return restore(before, after, first_layer() + ".weight");
    if (is("freeze-bias")) return restore(before, after, first_layer() + ".bias");
    if (is("no-bias")) {
      after = CheatingEngine::without_biases(after);
      return true;
    }
    if (is("skip-update") || (is("skip-every-second") && input.step % 2 == 1) || (is("restore-timed") && engine_.timed())) {
      after = before;
      return true;
    }
    if (gradient_factor() != 1) return scale_momentum(after, gradient_factor());
    if (bits() != 0 && !is("bfloat16-inputs")) {  // the update is applied to the master weights
      for (auto& [name, tensor] : after) {
        if (name.ends_with(".momentum")) continue;
        for (size_t i = 0; i < floats(tensor).size(); ++i) floats(tensor)[i] += floats(before.at(name))[i] - floats(start.at(name))[i];
      }
      return true;
    }
    if (is("nan-weight")) {
      floats(after.at(first_layer() + ".weight"))[3] = NAN;
      return true;
    }
    if (is("one-wrong-bias")) {
      const std::string name = last_bias();
      floats(after.at(name))[0] += 0.01F * (floats(after.at(name))[0] - floats(before.at(name))[0]);
      return true;
    }
    return false;
  }

  void change_output(backends::StepOutput& output) const {
    if (is("constant-loss")) output.loss = 2.302585;
    if (is("nan-loss")) output.loss = NAN;
    if (is("other-timed-loss") && engine_.timed()) output.loss *= 0.7;
  }

  static std::vector<float>& floats(core::TensorValues& tensor) { return std::get<std::vector<float>>(tensor.values); }
  static const std::vector<float>& floats(const core::TensorValues& tensor) { return std::get<std::vector<float>>(tensor.values); }

  static bool restore(const core::TensorMap& before, core::TensorMap& after, const std::string& name) {
    after.at(name) = before.at(name);
    return true;
  }

  static bool scale_momentum(core::TensorMap& state, float factor) {
    for (auto& [name, tensor] : state) {
      if (!name.ends_with(".momentum")) continue;
      for (float& v : floats(tensor)) v *= factor;
    }
    return true;
  }

  double base_rate() const {
    for (const plan::Op& op : plan().ops) {
      if (op.kind == plan::OpKind::kUpdate) return std::get<plan::UpdateAttributes>(op.attributes).optimiser.learning_rate;
    }
    return 0;
  }
  std::string first_layer() const {
    for (const plan::Tensor& tensor : plan().tensors) {
      if (tensor.role == plan::Role::kParameter && tensor.name.ends_with(".weight")) return tensor.name.substr(0, tensor.name.size() - 7);
    }
    return "";
  }
  std::string last_bias() const {
    std::string name;
    for (const plan::Tensor& tensor : plan().tensors) {
      if (tensor.role == plan::Role::kParameter && tensor.name.ends_with(".bias")) name = tensor.name;
    }
    return name;
  }

  CheatingEngine& engine_;
  std::unique_ptr<backends::Program> honest_;
  std::vector<int32_t> indices_;
  data::NormalisationTable table_;
};

inline core::Result<std::unique_ptr<backends::Program>> CheatingEngine::compile(const plan::Plan& plan) {
  plan::Plan changed = plan;
  for (plan::Op& op : changed.ops) {
    if (op.kind == plan::OpKind::kClipFactor && is("no-clipping")) op.attributes = plan::ClipAttributes{1e30};
    if (op.kind == plan::OpKind::kSoftmaxCrossEntropy && is("no-smoothing")) op.attributes = plan::LossAttributes{};
    if (op.kind != plan::OpKind::kUpdate) continue;
    auto& optimiser = std::get<plan::UpdateAttributes>(op.attributes).optimiser;
    if (is("other-momentum")) optimiser.momentum *= 0.99;
    if (is("other-decay") || is("adam-other-decay")) optimiser.weight_decay *= 0.9;
    if (is("adam-other-beta1")) optimiser.beta1 *= 0.99;
    if (is("adam-other-beta2")) optimiser.beta2 = 0.998;
    if (is("adam-other-epsilon")) optimiser.epsilon *= 1000;
    if (is("adam-coupled-decay")) optimiser.kind = plan::Optimiser::Kind::kAdam;
    if (is("rmsprop-other-alpha")) optimiser.alpha *= 0.99;
  }
  auto program = honest_->compile(changed);
  if (!program) return program.error();
  return std::unique_ptr<backends::Program>(std::make_unique<CheatingProgram>(*this, std::move(*program)));
}

}  // namespace trainmark::tests

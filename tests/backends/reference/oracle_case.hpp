// A test case as files for the Python oracle: the network as JSON, and what the reference computed from it.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "backends/reference/checked_step.hpp"
#include "core/file.hpp"
#include "core/json.hpp"
#include "network/network.hpp"
#include "plan/passes.hpp"
#include "plan/schedule.hpp"
#include "support/random_samples.hpp"
#include "support/random_state.hpp"

namespace trainmark::tests {

inline core::Json window_json(const network::Window& w) {
  return {{"kernel", {w.kernel_h, w.kernel_w}}, {"stride", {w.stride_h, w.stride_w}}, {"pad", {w.pad_h, w.pad_w}}, {"dilation", {w.dilation_h, w.dilation_w}}};
}

inline core::Json layer_json(const network::Layer& layer) {
  core::Json json = {{"name", layer.name}, {"kind", network::kind_name(layer.kind)}, {"inputs", layer.inputs}};
  if (const auto* c = std::get_if<network::Conv2d>(&layer.kind)) {
    json.update(window_json(c->window));
    json["groups"] = c->groups;
  }
  if (const auto* p = std::get_if<network::MaxPool2d>(&layer.kind)) json.update(window_json(p->window));
  if (const auto* p = std::get_if<network::AveragePool2d>(&layer.kind)) json.update(window_json(p->window));
  if (const auto* b = std::get_if<network::BatchNorm>(&layer.kind)) json.update({{"epsilon", b->epsilon}, {"momentum", b->momentum}});
  if (const auto* l = std::get_if<network::LayerNorm>(&layer.kind)) json["epsilon"] = l->epsilon;
  if (const auto* d = std::get_if<network::Dropout>(&layer.kind)) json["rate"] = d->rate;
  return json;
}

/// How a case is trained.
struct OracleTraining {
  plan::Training training;
  plan::Schedule schedule;
};

/// Trainings that together use every term of every optimiser, loss and schedule, alone and with others.
inline OracleTraining oracle_training(size_t number, int64_t batch) {
  using plan::Optimiser;
  static constexpr Optimiser::Kind kKinds[] = {Optimiser::Kind::kSgd, Optimiser::Kind::kAdam, Optimiser::Kind::kAdamW, Optimiser::Kind::kRmsprop};
  core::Philox random(number, 0x0C);
  const auto pick = [&](uint32_t bound) { return random.below(bound); };
  OracleTraining made;
  Optimiser& o = made.training.optimiser;
  o.kind = kKinds[number % 4];
  o.learning_rate = o.kind == Optimiser::Kind::kSgd ? 0.05 : 0.002;
  o.momentum = pick(3) == 0 ? 0 : 0.5 + 0.45 * random.uniform();
  o.nesterov = o.kind == Optimiser::Kind::kSgd && o.momentum != 0 && pick(2) == 0;
  o.weight_decay = pick(2) == 0 ? 0 : 0.1 * random.uniform();
  o.beta1 = 0.8 + 0.15 * random.uniform();
  o.beta2 = 0.9 + 0.09 * random.uniform();
  o.alpha = 0.8 + 0.19 * random.uniform();
  o.epsilon = pick(2) == 0 ? 1e-8 : 1e-3;
  if (pick(4) == 0) made.training.loss.kind = plan::Loss::Kind::kMeanSquaredError;
  else if (pick(3) == 0) made.training.loss.label_smoothing = 0.3 * random.uniform();
  if (pick(3) == 0) made.training.clip_norm = pick(2) == 0 ? 0.3 : 100;
  if (pick(3) == 0 && batch % 3 == 0) made.training.passes = 3;
  made.schedule.kind = static_cast<plan::Schedule::Kind>(pick(3));
  made.schedule.period = 1 + pick(3);
  made.schedule.gamma = 0.3;
  made.schedule.minimum = 1e-4;
  made.schedule.warm_up = pick(2) == 0 ? 0 : 2;
  made.schedule.warm_up_start = 0.25;
  return made;
}

inline core::Json training_json(const OracleTraining& by) {
  const plan::Optimiser& o = by.training.optimiser;
  return {{"optimiser", plan::optimiser_name(o.kind)},
          {"rate", o.learning_rate},
          {"momentum", o.momentum},
          {"nesterov", o.nesterov},
          {"decay", o.weight_decay},
          {"betas", {o.beta1, o.beta2}},
          {"alpha", o.alpha},
          {"epsilon", o.epsilon},
          {"states", plan::state_suffixes(o)},
          {"loss", plan::loss_name(by.training.loss.kind)},
          {"label_smoothing", by.training.loss.label_smoothing},
          {"clip_norm", by.training.clip_norm},
          {"passes", by.training.passes},
          {"schedule", plan::schedule_name(by.schedule.kind)},
          {"period", by.schedule.period},
          {"gamma", by.schedule.gamma},
          {"minimum", by.schedule.minimum},
          {"warm_up", by.schedule.warm_up},
          {"warm_up_start", by.schedule.warm_up_start}};
}

/// Trains three steps on one batch and evaluates it; writes FOLDER/NAME.json and .safetensors.
inline core::Result<void> write_oracle_case(const std::filesystem::path& folder, const network::Network& network, int64_t batch, const OracleTraining& by) {
  namespace reference = backends::reference;
  const RandomSamples samples(network.input, batch, network.classes, 3);
  const data::SamplesView view = samples.view();
  core::TensorMap state = random_state(network, 4), files;
  for (const auto& [name, tensor] : state) files["before/" + name] = tensor;

  core::Json json = {{"seed", 7}, {"training", training_json(by)}};
  const plan::Plan train = plan::training_plan(network, batch, by.training);
  for (int64_t step = 0; step < 3; ++step) {
    const double rate = plan::learning_rate_at(by.schedule, by.training.optimiser.learning_rate, step);
    const auto result = reference::checked_step(train, state, step_input(samples, view, rate, step), {});
    if (!result) return result.error();
    json["losses"].push_back(result->loss);
    for (const auto& [name, tensor] : result->gradients) {
      if (step == 0) files["gradient/" + name] = tensor;
    }
    state = result->state_after;
  }
  for (const auto& [name, tensor] : state) files["after/" + name] = tensor;
  const auto evaluated = reference::checked_step(plan::evaluation_plan(network, batch, by.training.loss), state, step_input(samples, view), {});
  if (!evaluated) return evaluated.error();
  json["evaluation_loss"] = evaluated->loss;
  json["correct"] = evaluated->correct;
  files["margins"] = {{batch}, evaluated->margins};

  std::vector<double> x;
  const auto area = static_cast<size_t>(network.input.h * network.input.w);
  for (size_t i = 0; i < samples.pixels.size(); ++i)
    x.push_back(samples.normalisation.channels[i / area % static_cast<size_t>(network.input.c)][samples.pixels[i]]);
  files["x"] = {{batch, network.input.c, network.input.h, network.input.w}, std::move(x)};
  files["labels"] = {{batch}, std::vector<int64_t>(samples.labels.begin(), samples.labels.end())};
  for (const network::Layer& layer : network.layers) json["layers"].push_back(layer_json(layer));
  if (const auto written = core::write_file(folder / (network.name + ".json"), json.dump()); !written) return written.error();
  return core::write_safetensors(folder / (network.name + ".safetensors"), files);
}

}  // namespace trainmark::tests

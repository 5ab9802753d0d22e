// Compiling the programs of a workload, and the timed loop.
#include "worker/native_training.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <utility>

#include "core/clock.hpp"
#include "core/hash.hpp"
#include "plan/passes.hpp"

namespace trainmark::worker {
namespace {

using core::Result;

// Images of an evaluation step: large enough that its edges do not count, small enough to stay below training's memory.
constexpr int64_t kEvaluationBatch = 500;

int64_t evaluation_batch(int64_t samples) { return std::min(samples, kEvaluationBatch); }

/// What one step needs, found before the clock starts.
struct PlannedStep {
  backends::Program* program = nullptr;
  backends::StepInput input;
  size_t batch = 0;
};

uint32_t checksum(const std::vector<PlannedStep>& steps) {
  uint32_t crc = 0;
  for (const PlannedStep& step : steps) crc = core::crc32(crc, std::as_bytes(std::span(step.input.indices, step.batch)));
  return crc;
}

std::vector<int64_t> time_whole(const std::vector<PlannedStep>& steps, std::vector<backends::StepOutput>& outputs) {
  const int64_t begin = core::now_ns();
  for (size_t i = 0; i < steps.size(); ++i) steps[i].program->run(steps[i].input, outputs[i]);
  steps.back().program->sync();
  return {core::now_ns() - begin};
}

std::vector<int64_t> time_each(const std::vector<PlannedStep>& steps, std::vector<backends::StepOutput>& outputs) {
  std::vector<int64_t> times(steps.size());
  int64_t begin = core::now_ns();
  for (size_t i = 0; i < steps.size(); ++i) {
    steps[i].program->run(steps[i].input, outputs[i]);
    steps[i].program->sync();
    const int64_t end = core::now_ns();
    times[i] = end - begin;
    begin = end;
  }
  return times;
}

}  // namespace

Result<NativeTraining> NativeTraining::make(const backends::BackendInfo& info, const backends::EngineOptions& options, TrainingInputs inputs) {
  NativeTraining training;
  training.inputs_ = std::move(inputs);
  const int64_t begin = core::now_ns();
  backends::EngineOptions known = options;
  known.pixels = data::pixel_statistics(training.inputs_.train.view);
  auto engine = info.create(known);
  if (!engine) return engine.error();
  training.engine_ = std::move(*engine);
  training.threads_ = options.threads;
  training.times_.build_ns = core::now_ns() - begin;
  if (auto compiled = training.compile(); !compiled) return compiled.error();
  if (auto loaded = training.load(training.inputs_.initial_state); !loaded) return loaded.error();
  return training;
}

Result<void> NativeTraining::compile() {
  const workload::Workload& workload = inputs_.workload;
  const auto add = [&](int64_t batch, bool train) -> Result<void> {
    auto& programs = train ? train_programs_ : evaluation_programs_;
    if (batch == 0 || programs.count(batch) != 0) return {};
    const int64_t begin = core::now_ns();
    const plan::Plan plan = train ? plan::training_plan(workload.network, batch, workload::training_of(workload.recipe))
                                  : plan::evaluation_plan(workload.network, batch, workload.recipe.loss);
    const int64_t built = core::now_ns();
    auto program = engine_->compile(plan);
    if (!program) return program.error();
    times_.build_ns += built - begin;
    times_.compile_ns += core::now_ns() - built;
    programs[batch] = std::move(*program);
    return {};
  };
  const int64_t evaluated = inputs_.evaluation.view.count;
  if (auto added = add(workload::batch_of_step(workload, 0), true); !added) return added;
  if (auto added = add(workload::batch_of_step(workload, workload::steps_per_epoch(workload) - 1), true); !added) return added;
  if (auto added = add(evaluation_batch(evaluated), false); !added) return added;
  return add(evaluated % std::max<int64_t>(1, evaluation_batch(evaluated)), false);
}

backends::StepInput NativeTraining::input_of(int64_t step) const {
  return {
      &inputs_.train.view, &inputs_.normalisation, inputs_.batch(step).data(), workload::learning_rate_at(inputs_.workload.recipe, step), inputs_.seed, step};
}

Trained NativeTraining::train(const TrainRequest& request) {
  std::vector<PlannedStep> steps(static_cast<size_t>(request.steps));
  std::vector<backends::StepOutput> outputs(steps.size());
  for (size_t i = 0; i < steps.size(); ++i) {
    const int64_t step = request.first_step + static_cast<int64_t>(i);
    const auto batch = inputs_.batch(step);
    steps[i] = {train_programs_.at(static_cast<int64_t>(batch.size())).get(), input_of(step), batch.size()};
    if (i == 0) continue;
    steps[i - 1].input.next_indices = steps[i].input.indices;
    steps[i - 1].input.next_images = static_cast<int64_t>(batch.size());
  }
  Trained trained;
  trained.times_ns = request.granularity == Granularity::kStep ? time_each(steps, outputs) : time_whole(steps, outputs);
  for (const backends::StepOutput& output : outputs) {
    trained.losses.push_back(output.loss);
    trained.correct.push_back(static_cast<int32_t>(output.correct));
  }
  trained.indices_crc = checksum(steps);
  step_ = request.first_step + request.steps;
  return trained;
}

void NativeTraining::evaluate_range(int64_t first, int64_t count, std::span<const int32_t> identity, Evaluated& evaluated) {
  backends::Program& program = *evaluation_programs_.at(count);
  backends::StepOutput output;
  output.predictions = evaluated.predictions.data() + first;
  program.run({&inputs_.evaluation.view, &inputs_.normalisation, identity.data() + first, 0, inputs_.seed, 0}, output);
  program.sync();
  evaluated.loss += output.loss * static_cast<double>(count);
}

Evaluated NativeTraining::evaluate() {
  const int64_t count = inputs_.evaluation.view.count, batch = evaluation_batch(count);
  std::vector<int32_t> identity(static_cast<size_t>(count));
  std::iota(identity.begin(), identity.end(), 0);
  Evaluated evaluated;
  evaluated.predictions.resize(static_cast<size_t>(count));
  const int64_t begin = core::now_ns();
  for (int64_t first = 0; first < count; first += batch) evaluate_range(first, std::min(batch, count - first), identity, evaluated);
  evaluated.elapsed_ns = core::now_ns() - begin;
  if (count > 0) evaluated.loss /= static_cast<double>(count);
  return evaluated;
}

Result<void> NativeTraining::load(const core::TensorMap& state) {
  double step = 0;
  if (const auto found = state.find("step"); found != state.end() && found->second.size() == 1) step = found->second.as_double()[0];
  if (!(step >= 0 && step < 0x1p53)) return core::usage_error(fmt::format("the state's 'step' must be a number of steps, not {}", step));
  if (auto loaded = engine_->load(state); !loaded) return loaded;
  step_ = static_cast<int64_t>(step);
  return {};
}

core::TensorMap NativeTraining::dump() const {
  core::TensorMap state = engine_->dump();
  state["step"] = {{}, std::vector<int64_t>{step_}};
  return state;
}

Result<void> NativeTraining::reset(TrainingInputs inputs) {
  if (inputs.workload_hash != inputs_.workload_hash) {
    return core::usage_error("a reset keeps the workload, and only weights, orders, samples and seed may be others; use prepare for another workload");
  }
  if (auto loaded = load(inputs.initial_state); !loaded) return loaded;
  inputs_ = std::move(inputs);
  return {};
}

core::Json NativeTraining::kernels() const {
  core::Json kernels = core::Json::object();
  const backends::Program& program = main_program();
  const auto& ops = program.plan().ops;
  for (size_t i = 0; i < ops.size(); ++i) kernels[ops[i].name] = program.kernel(static_cast<int>(i));
  return kernels;
}

core::Json NativeTraining::executed_shares() const {
  core::Json shares = core::Json::object();
  const backends::Program& program = main_program();
  const auto& ops = program.plan().ops;
  for (size_t i = 0; i < ops.size(); ++i) {
    if (const double share = program.executed_share(static_cast<int>(i)); share < 1) shares[ops[i].name] = share;
  }
  return shares;
}

}  // namespace trainmark::worker

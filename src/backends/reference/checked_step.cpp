// A state and an execution that live for one step, and the copies out of them.
#include "backends/reference/checked_step.hpp"

#include <algorithm>
#include <cmath>

#include "backends/reference/disturb.hpp"
#include "backends/reference/execution.hpp"

namespace trainmark::backends::reference {
namespace {

uint64_t hash_name(uint64_t seed, const std::string& name) {
  for (const char letter : name) seed = mix_bits(seed ^ static_cast<uint64_t>(static_cast<unsigned char>(letter)));
  return seed;
}

// The parameters and statistics; the optimiser's state comes from the same values in every engine and stays as it is.
template <class T>
void disturb_state(uint64_t seed, State<T>& state) {
  for (auto& [name, tensor] : state.tensors()) {
    if (tensor.role == plan::Role::kOptimiserState) continue;
    disturb(hash_name(seed, name), 0, static_cast<int64_t>(tensor.values.size()), tensor.values.data());
  }
}

// Statistics and parameters that the step does not change are one term each.
template <class T>
void start_magnitudes(State<T>& state) {
  for (auto& [name, tensor] : state.tensors()) {
    for (size_t i = 0; i < tensor.magnitudes.size(); ++i) tensor.magnitudes[i] = tensor.values[i] < 0 ? -tensor.values[i] : tensor.values[i];
  }
}

template <class T>
void copy_gradients(const Execution<T>& execution, State<T>& state, CheckedStep& step) {
  const plan::Plan& plan = execution.plan();
  for (const plan::Op& op : plan.ops) {
    if (op.kind != plan::OpKind::kUpdate) continue;
    const std::string& name = plan.tensors[static_cast<size_t>(op.inputs[0])].name;
    const Array<T> gradient = execution.array(op.inputs[1]);
    const int64_t size = gradient.shape.size();
    step.gradients[name] = {state[name].shape, std::vector<T>(gradient.values, gradient.values + size)};
    if (gradient.magnitudes == nullptr) continue;
    step.magnitudes[name] = {state[name].shape, std::vector<double>(gradient.magnitudes, gradient.magnitudes + size)};
  }
}

// Every operation has buffers of its own, so after the step all values are still there; an update changes the parameter in its place.
template <class T>
std::string first_not_finite(const Execution<T>& execution) {
  const plan::Plan& plan = execution.plan();
  for (const plan::Op& op : plan.ops) {
    std::vector<int> written = op.outputs;
    if (op.kind == plan::OpKind::kUpdate) written.push_back(op.inputs[0]);
    for (const int tensor : written) {
      const plan::Tensor& t = plan.tensors[static_cast<size_t>(tensor)];
      if (t.type != plan::DataType::kReal) continue;
      const Array<T> array = execution.array(tensor);
      if (!std::all_of(array.values, array.values + array.shape.size(), [](T value) { return std::isfinite(value); })) return t.name;
    }
  }
  return "";
}

template <class T>
core::Result<CheckedStep> run(const plan::Plan& plan, const core::TensorMap& given, const StepInput& input, const CheckedStepOptions& options) {
  State<T> state;
  if (const auto added = state.add(plan, options.magnitudes); !added) return added.error();
  if (const auto loaded = state.load(given); !loaded) return loaded.error();
  if (options.variant.disturb_seed != 0) disturb_state(options.variant.disturb_seed, state);
  start_magnitudes(state);

  core::ThreadPool pool(options.threads);
  Decisions decisions;
  decisions.tie_threshold = options.tie_threshold;
  decisions.turn = options.turn_near_ties;
  Execution<T> execution(plan, state, pool, {options.variant.order_seed, options.variant.disturb_seed, options.magnitudes, &decisions});

  CheckedStep step;
  const auto images = static_cast<size_t>(plan.batch * plan.passes);
  step.predictions.resize(images);
  step.margins.resize(images);
  step.logit_magnitudes.resize(images);
  StepResults results;
  results.predictions = step.predictions.data();
  results.margins = step.margins.data();
  results.logit_magnitudes = step.logit_magnitudes.data();
  execution.run(input, results, options.forward_only ? plan::Phase::kForward : plan::Phase::kUpdate);

  step.loss = results.loss;
  step.loss_magnitude = results.loss_magnitude;
  step.correct = results.correct;
  step.near_ties = decisions.near_ties;
  step.decisions = decisions.count;
  step.decisions_hash = decisions.hash;
  if (options.find_not_finite) step.first_not_finite = first_not_finite(execution);
  if (options.forward_only) return step;
  copy_gradients(execution, state, step);
  step.state_after = state.dump();
  for (const auto& [name, tensor] : state.tensors()) {
    if (!options.magnitudes) break;
    step.state_magnitudes[name] = {tensor.shape, std::vector<double>(tensor.magnitudes.begin(), tensor.magnitudes.end())};
  }
  return step;
}

}  // namespace

core::Result<CheckedStep> checked_step(const plan::Plan& plan, const core::TensorMap& state, const StepInput& input, const CheckedStepOptions& options) {
  if (options.threads < 1) return core::usage_error("A checked step needs at least one thread.");
  if (const auto runnable = check_plan(plan); !runnable) return runnable.error();
  return options.precision == Precision::kDouble ? run<double>(plan, state, input, options) : run<float>(plan, state, input, options);
}

}  // namespace trainmark::backends::reference

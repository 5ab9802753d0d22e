#include "proof/oracle.hpp"

#include <numeric>

#include "plan/passes.hpp"

namespace trainmark::proof {
namespace {

const plan::Plan& training_plan(Oracle& oracle, int64_t batch) {
  const auto found = oracle.training_plans.find(batch);
  if (found != oracle.training_plans.end()) return found->second;
  plan::Training training = workload::training_of(oracle.materials.workload.recipe);
  training.passes = std::gcd(training.passes, batch);
  return oracle.training_plans.emplace(batch, plan::training_plan(oracle.materials.workload.network, batch, training)).first->second;
}

const plan::Plan& evaluation_plan(Oracle& oracle, int64_t batch) {
  const auto found = oracle.evaluation_plans.find(batch);
  if (found != oracle.evaluation_plans.end()) return found->second;
  return oracle.evaluation_plans.emplace(batch, plan::evaluation_plan(oracle.materials.workload.network, batch, oracle.materials.workload.recipe.loss))
      .first->second;
}

int64_t flops(const plan::Plan& plan) {
  int64_t sum = 0;
  for (const plan::Op& op : plan.ops) sum += op.cost.flops;
  return sum * plan.passes;
}

}  // namespace

int64_t existing_step(const workload::Materials& materials, int64_t step) {
  const int64_t total = workload::total_steps(materials.workload);
  return total > 0 ? step % total : step;
}

plan::Optimiser optimiser_at(const Oracle& oracle, int64_t step) {
  const workload::Recipe& recipe = oracle.materials.workload.recipe;
  plan::Optimiser optimiser = recipe.optimiser;
  optimiser.learning_rate = workload::learning_rate_at(recipe, step);
  return optimiser;
}

core::Result<CheckedStep> train_step(Oracle& oracle, const core::TensorMap& state, const StepBatch& batch, CheckedStepOptions options) {
  return train_step_with(oracle, oracle.materials.normalisation, state, batch, options);
}

core::Result<CheckedStep> train_step_with(Oracle& oracle, const data::NormalisationTable& table, const core::TensorMap& state, const StepBatch& batch,
                                          CheckedStepOptions options) {
  options.threads = oracle.threads;
  backends::StepInput input;
  input.samples = &oracle.materials.train;
  input.normalisation = &table;
  input.indices = batch.indices.data();
  input.learning_rate = optimiser_at(oracle, batch.step).learning_rate;
  input.seed = oracle.materials.seed;
  input.step = batch.step;
  return backends::reference::checked_step(training_plan(oracle, static_cast<int64_t>(batch.indices.size())), state, input, options);
}

core::Result<CheckedStep> evaluate_batch(Oracle& oracle, const core::TensorMap& state, std::span<const int32_t> indices, CheckedStepOptions options) {
  options.threads = oracle.threads;
  options.forward_only = true;
  backends::StepInput input;
  input.samples = &oracle.materials.evaluation;
  input.normalisation = &oracle.materials.normalisation;
  input.indices = indices.data();
  input.seed = oracle.materials.seed;
  return backends::reference::checked_step(evaluation_plan(oracle, static_cast<int64_t>(indices.size())), state, input, options);
}

int64_t training_flops(Oracle& oracle, int64_t batch) { return flops(training_plan(oracle, batch)); }
int64_t evaluation_flops(Oracle& oracle, int64_t batch) { return flops(evaluation_plan(oracle, batch)); }

}  // namespace trainmark::proof

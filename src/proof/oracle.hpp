// The reference, asked about steps of one workload: plans by batch size are made once and kept.
#pragma once

#include <cstdint>
#include <map>
#include <span>

#include "backends/reference/checked_step.hpp"
#include "workload/materials.hpp"

namespace trainmark::proof {

using backends::reference::CheckedStep;
using backends::reference::CheckedStepOptions;

/// Refers to the materials, which must outlive it.
struct Oracle {
  const workload::Materials& materials;
  int threads = 1;
  std::map<int64_t, plan::Plan> training_plans;    ///< by batch size
  std::map<int64_t, plan::Plan> evaluation_plans;  ///< by batch size
};

/// Samples of one training step, and which step it is: learning rate, dropout masks and Adam's corrections follow from it.
struct StepBatch {
  std::span<const int32_t> indices;
  int64_t step = 0;
};

/// The optimiser of a step, with its learning rate.
plan::Optimiser optimiser_at(const Oracle& oracle, int64_t step);

/// A step whose batch exists: states at the end of the training are checked with a batch from its beginning.
int64_t existing_step(const workload::Materials& materials, int64_t step);

/// The training step of these samples from `state`. `threads` of the options is the oracle's. A number of samples that
/// the recipe's passes do not divide (a mistake that is tried out) takes as many passes as divide both.
core::Result<CheckedStep> train_step(Oracle& oracle, const core::TensorMap& state, const StepBatch& batch, CheckedStepOptions options);

/// The same, of samples that were normalised by another table: for diagnoses.
core::Result<CheckedStep> train_step_with(Oracle& oracle, const data::NormalisationTable& table, const core::TensorMap& state, const StepBatch& batch,
                                          CheckedStepOptions options);

/// Loss, predictions and margins of these samples of the evaluation split.
core::Result<CheckedStep> evaluate_batch(Oracle& oracle, const core::TensorMap& state, std::span<const int32_t> indices, CheckedStepOptions options);

/// Multiplications and additions of one step of `batch` images, by shape.
int64_t training_flops(Oracle& oracle, int64_t batch);
int64_t evaluation_flops(Oracle& oracle, int64_t batch);

}  // namespace trainmark::proof

// One step from a given state, with all that the proof's error model needs: values, magnitudes, near ties.
//
// Magnitudes are sums of absolute terms: a correct engine's error in a value is a moderate multiple of its precision's
// epsilon times the magnitude. Variants in float32 (other orders of sums, disturbed inputs) calibrate that multiple.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "backends/backend.hpp"

namespace trainmark::backends::reference {

enum class Precision : uint8_t { kDouble, kFloat };

/// How a calibrating run differs from the plain one; zeros: not at all.
struct VariantOptions {
  uint64_t order_seed = 0;    ///< every sum in another, pseudo-random order of its terms
  uint64_t disturb_seed = 0;  ///< inputs, parameters and statistics disturbed by half a unit in the last place of float32
};

struct CheckedStepOptions {
  Precision precision = Precision::kDouble;
  VariantOptions variant;
  double tie_threshold = 8;     ///< in units of float32's epsilon times the magnitude of the decided value
  bool turn_near_ties = false;  ///< decides all near ties the other way: what they can change; needs magnitudes
  int threads = 1;
  bool magnitudes = true;        ///< false: magnitudes, state_magnitudes and near_ties stay empty, at half the cost
  bool find_not_finite = false;  ///< sets first_not_finite
  bool forward_only = false;     ///< loss, correct answers, decisions; no gradients, no update
};

/// Magnitudes are double in every precision; state and gradients are F64, or F32 in Precision::kFloat.
struct CheckedStep {
  double loss = 0;
  double loss_magnitude = 0;
  int64_t correct = 0;
  core::TensorMap state_after;           ///< parameters, optimiser state "PARAMETER.SUFFIX", statistics
  core::TensorMap state_magnitudes;      ///< by the same names: sums of absolute terms of the step's change
  core::TensorMap gradients;             ///< by parameter, as the optimiser gets them (clipped); training plans only
  core::TensorMap magnitudes;            ///< by parameter: sums of absolute terms per element of each gradient
  std::vector<int32_t> predictions;      ///< (batch)
  std::vector<double> margins;           ///< (batch): largest minus second largest logit
  std::vector<double> logit_magnitudes;  ///< (batch): the larger magnitude of these two
  int64_t near_ties = 0;                 ///< ReLU signs and pool winners that a relative disturbance of tie_threshold could turn
  int64_t decisions = 0;                 ///< all of them
  uint64_t decisions_hash = 0;           ///< equal when two runs decided everything alike
  std::string first_not_finite;          ///< the first tensor, in the order of computing, that holds an infinite value or none: "fc1.weight"; "" when none does
};

/// Runs `plan` (of training_plan or evaluation_plan) once. `state` needs parameters and statistics; optimiser state that
/// is absent is zero, "step" is ignored. Errors: as Engine::compile and Engine::load.
core::Result<CheckedStep> checked_step(const plan::Plan& plan, const core::TensorMap& state, const StepInput& input, const CheckedStepOptions& options);

}  // namespace trainmark::backends::reference

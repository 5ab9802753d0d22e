// How far a correct engine may be from the exact step: an error model per tensor and step, not one number.
//
// Errors are measured against u M_i, u = 2^-24 (half a unit in the last place of 1 in float32) and M_i the sum of absolute
// terms of gradient element i. How many of these units a correct engine needs is calibrated at this very step: the
// reference runs 16 times in float32 with other orders of sums and disturbed inputs. Decisions that are near a tie (signs
// at ReLUs, winners of pools) may fall either way: their effect is the difference that turning all of them makes.
// Formulas and reasons: docs/proof.md.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "proof/oracle.hpp"

namespace trainmark::proof {

/// The number type in which a worker computes and keeps its state.
struct Precision {
  double roundoff = 0x1p-24;  ///< half a unit in the last place of 1
  bool single = true;         ///< float32; else float64

  double store(double value) const;    ///< rounded to the type
  double spacing(double value) const;  ///< distance to the next larger magnitude
};

/// Error: reduced precision has no model yet.
core::Result<Precision> precision_of(std::string_view dtype);

/// Tolerances of one gradient tensor, per element: `mean` may be summed over the tensor, `peak` holds for each element.
struct GradientModel {
  std::vector<double> mean, peak;
};

struct StepModel {
  Precision precision;
  double loss = 0;                                 ///< tolerance of the step's loss
  std::map<std::string, GradientModel> gradients;  ///< by parameter
  int64_t variants = 0, images = 0;                ///< of the calibration
  int64_t near_ties = 0;
};

/// Calibrates the model of the step of `batch` from `state`, whose exact result is `exact`. When a step is expensive,
/// fewer of its images are used, and what they show is multiplied by the square root of the ratio: longer sums err more.
core::Result<StepModel> calibrate(Oracle& oracle, const core::TensorMap& state, const StepBatch& batch, const CheckedStep& exact, const Precision& precision);

/// Options of the exact step: double, with magnitudes.
CheckedStepOptions exact_options();

/// Options of the calibrating run `variant` (1 and up).
CheckedStepOptions variant_options(uint64_t variant);

}  // namespace trainmark::proof

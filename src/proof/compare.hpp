// Comparing what a worker holds after a step with what it should hold.
//
// A worker keeps float32. The exact value is therefore rounded to float32 before the comparison: two engines whose exact
// values differ by far less than the spacing of float32 mostly agree to the bit, and differ by one spacing with the
// probability error / spacing. So the sum of differences over a tensor estimates the sum of the errors without bias,
// whatever the spacing (as dither does in audio): updates of 1e-5 of a weight are checked to 1e-6 of themselves. Two
// norms: the sum (small systematic errors: a learning rate 1 % off) and the largest element (one wrong bias).
#pragma once

#include <string>
#include <vector>

#include "proof/error_model.hpp"
#include "proof/update_model.hpp"

namespace trainmark::proof {

/// One tensor against its expectation.
struct TensorDeviation {
  std::string name;
  double ratio = 0;  ///< the worse of both norms: difference / tolerance; infinite for NaN
  double mean_ratio = 0, peak_ratio = 0;
  double difference = 0;         ///< sum of absolute differences
  double tolerance = 0;          ///< of it
  int64_t worst = 0;             ///< the element of peak_ratio
  double got = 0, expected = 0;  ///< there
};

/// `mean` and `peak`: tolerances per element as in GradientModel, without the rounding of the stored value.
TensorDeviation compare_values(const std::string& name, const std::vector<double>& got, const std::vector<double>& expected, const GradientModel& tolerance,
                               const Precision& precision);

/// All tensors of a state after one step, worst first, and what the comparison was able to see.
struct StateComparison {
  std::vector<TensorDeviation> tensors;
  std::vector<std::string> missing;              ///< tensors that the worker did not dump, or dumped in another shape
  std::map<std::string, double> smallest_fault;  ///< by parameter: relative error of its gradient that would have been seen
};
StateComparison compare_state(const StepRule& rule, const core::TensorMap& before, const core::TensorMap& got, const CheckedStep& exact,
                              const StepModel& model);

/// The gradients that a worker dumped, where it can.
StateComparison compare_gradients(const core::TensorMap& got, const CheckedStep& exact, const StepModel& model);

/// The values of `name`, or zeros like `like` where the state lacks it (optimiser state of a first step).
std::vector<double> values_or_zero(const core::TensorMap& state, const std::string& name, size_t size);

}  // namespace trainmark::proof

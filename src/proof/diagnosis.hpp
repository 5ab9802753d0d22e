// What a mistake looks like: a wrong step in words. Never decides whether something is wrong, only names it.
#pragma once

#include <string>

#include "proof/single_step.hpp"

namespace trainmark::proof {

struct WrongStep {
  const core::TensorMap& before;
  const core::TensorMap& after;  ///< the worker's
  double loss = 0;               ///< the worker's
  int64_t step = 0;
  const StepTruth& truth;
  const StateComparison& comparison;
};

/// One sentence without its full stop, from the most telling pattern that fits; "no known pattern fits" at last.
std::string diagnose(Oracle& oracle, const WrongStep& wrong);

}  // namespace trainmark::proof

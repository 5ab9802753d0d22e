// Single steps from loaded states, by the program that was timed: loss and all state after one step against the
// reference in double precision.
#pragma once

#include "proof/compare.hpp"
#include "proof/session.hpp"

namespace trainmark::proof {

/// A state to check a step from. It is an input, not a claim: any trajectory may supply it.
struct StepCase {
  std::string label;  ///< "single step at 5"
  core::TensorMap state;
  int64_t step = 0;       ///< of the batch
  bool recorded = false;  ///< the timed trial ran this step from this state
};

/// What the reference says about the step of one case.
struct StepTruth {
  CheckedStep exact;
  StepModel model;
};
core::Result<StepTruth> find_truth(Session& session, const StepCase& step_case);

/// Loads, trains one step, dumps and compares; a failed finding carries a diagnosis. Adds one finding, or two where the
/// worker gives gradients.
void check_single_step(Session& session, const StepCase& step_case, const StepTruth& truth);

}  // namespace trainmark::proof

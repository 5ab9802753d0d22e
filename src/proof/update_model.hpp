// How far errors of a gradient, and the roundings of the update itself, may move the state after a step: formulas and
// their reasons in docs/proof.md, "From gradients to the state".
#pragma once

#include <map>
#include <string>
#include <vector>

#include "plan/optimiser.hpp"
#include "proof/error_model.hpp"

namespace trainmark::proof {

/// The optimiser as it acts in one step: its learning rate is that of the step.
struct StepRule {
  plan::Optimiser optimiser;
  int64_t step = 0;  ///< from 0 on; Adam's t is one more
};

/// One learned tensor before the step, and what the model says about its gradient.
struct UpdateInput {
  const std::vector<double>& w;
  const std::map<std::string, std::vector<double>>& state;  ///< by suffix, for all of plan::state_suffixes
  const std::vector<double>& gradient;
  const GradientModel& tolerance;  ///< of the gradient
  double roundoff = 0x1p-24;
};

/// Tolerances of what the update makes, and how much the sum of differences of each moves per relative error of the
/// gradient (0: it tells nothing about it).
struct UpdateModel {
  GradientModel parameter;
  std::map<std::string, GradientModel> state;    ///< by suffix
  std::map<std::string, double> state_response;  ///< by suffix
};
UpdateModel update_model(const StepRule& rule, const UpdateInput& input);

}  // namespace trainmark::proof

// Mistakes in the update: the worker's change of the parameters as a mixture of gradient, momentum and weights.
//
// Every optimiser here changes w by -(a g + b m + c w) with known a, b, c. Least squares over all elements finds the a, b, c
// that the worker used; which of them is wrong names the mistake.
#pragma once

#include <optional>
#include <string>

#include "proof/diagnosis.hpp"

namespace trainmark::proof {

/// Fits target = sum of coefficients[k] basis[k]; coefficients of (near) zero or dependent columns are 0.
struct Mixture {
  std::vector<double> coefficients;
  double residual = 1;  ///< sum of squares left over, relative to that of the target
};
Mixture fit_mixture(const std::vector<std::vector<double>>& basis, const std::vector<double>& target);

/// The same for Adam, AdamW and RMSprop, whose state after the step shows gradient, betas and decay apart from the rest:
/// update_fit_adaptive.cpp.
std::optional<std::string> explain_adaptive(const StepRule& rule, const WrongStep& wrong);

/// The constant of the optimiser that the worker seems to have wrong, in words; empty when the update is no such mixture.
std::optional<std::string> explain_update(Oracle& oracle, const WrongStep& wrong);

}  // namespace trainmark::proof

// The training is run again by the reference until a value is not finite. A step that overflows 32 bits need not overflow 64, so the precision is the
// worker's; and since the orders of sums differ, the step may differ from the worker's by one or two.
#include "proof/divergence.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace trainmark::proof {
namespace {

constexpr int64_t kLaterSteps = 2;   // that the reference may take to follow
constexpr double kMostFlops = 4e10;  // seconds of the reference

}  // namespace

std::string loss_text(double loss) { return std::isnan(loss) ? "NaN" : fmt::format("{}", loss); }

std::string explain_divergence(Session& session, int64_t step) {
  const int64_t steps = std::min(step + 1 + kLaterSteps, workload::total_steps(session.materials.workload));
  const auto batch = static_cast<int64_t>(session.materials.batch(0).size());
  if (static_cast<double>(training_flops(session.oracle, batch)) * static_cast<double>(steps) > kMostFlops) return "";
  core::TensorMap state = session.materials.initial_state;
  CheckedStepOptions options;
  options.precision = session.precision.single ? backends::reference::Precision::kFloat : backends::reference::Precision::kDouble;
  options.magnitudes = false;
  options.find_not_finite = true;
  for (int64_t s = 0; s < steps; ++s) {
    auto result = train_step(session.oracle, state, {session.materials.batch(s), s}, options);
    if (!result) return "";
    if (!result->first_not_finite.empty())
      return fmt::format(": the training diverges; in the reference, with as many bits, the first value that is not finite is in {} at step {}",
                         result->first_not_finite, s);
    if (!std::isfinite(result->loss))
      return fmt::format(": the training diverges; in the reference, with as many bits, the loss of step {} is {}", s, loss_text(result->loss));
    state = std::move(result->state_after);
  }
  return ": the same training by the reference, with as many bits, stays finite";
}

}  // namespace trainmark::proof

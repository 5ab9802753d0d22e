#include "proof/free_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/philox.hpp"
#include "proof/order.hpp"

namespace trainmark::proof {
namespace {

constexpr int64_t kFreeSteps = 20;
constexpr int64_t kFewestFreeSteps = 3;
constexpr uint64_t kFreeVariants = 4;
constexpr double kFreeRunFlops = 8e9;  // of the reference's runs together: two to four seconds on one core
constexpr uint64_t kReplayVariants = 3;
constexpr double kGrowthSafety = 8;
constexpr double kMeaningful = 0.02;  // of the loss
// One decision near a tie that falls otherwise in one step changes one image's part of a gradient, and the losses after
// it, by more than rounding does, and in one run of many: allowed for whatever the variants showed, relative to the loss.
constexpr double kFlipShare = 1e-2;  // of one image's share of the batch
constexpr double kMostFlipShare = 2e-3;

// Losses of the reference's own training from `state`; empty after an error, which is reported.
std::vector<double> reference_run(Session& session, core::TensorMap state, int64_t steps, uint64_t variant) {
  std::vector<double> losses;
  for (int64_t s = 0; s < steps; ++s) {
    CheckedStepOptions options;
    if (variant != 0) options = variant_options(variant * 1000 + static_cast<uint64_t>(s));
    options.magnitudes = false;
    auto step = train_step(session.oracle, state, {session.materials.batch(s), s}, options);
    if (!step) {
      add_reference_error(session, "free run", step.error());
      return {};
    }
    losses.push_back(step->loss);
    state = std::move(step->state_after);
  }
  return losses;
}

std::optional<std::vector<double>> worker_run(Session& session, const StepCase& from, const core::TensorMap& state, int64_t steps) {
  if (!load_state(session, state, from.step)) return {};
  std::vector<double> losses;
  for (int64_t s = 0; s < steps; ++s) {
    const auto loss = train_one(session, from.step + s);
    if (!loss) return {};
    losses.push_back(*loss);
  }
  return losses;
}

// Every value moved by up to two units in the last place.
core::TensorMap disturbed(const core::TensorMap& state, uint64_t seed, const Precision& precision) {
  core::TensorMap result;
  core::Philox random(seed);
  for (const auto& [name, tensor] : state) {
    if (name == "step") continue;
    std::vector<double> values = tensor.as_double();
    for (double& v : values) v = precision.store(v * (1 + (random.uniform() * 8 - 4) * precision.roundoff));
    core::TensorValues moved{tensor.shape, values};
    if (precision.single) moved.values = std::vector<float>(values.begin(), values.end());
    result[name] = std::move(moved);
  }
  return result;
}

void widen(std::vector<double>& spread, const std::vector<double>& losses, const std::vector<double>& plain) {
  for (size_t k = 0; k < spread.size(); ++k) {
    const double difference = std::abs(losses[k] - plain[k]);
    spread[k] = std::isnan(difference) ? HUGE_VAL : std::max(spread[k], difference);
  }
}

double flip_allowance(const Session& session, int64_t step) {
  if (!session.precision.single) return 0;
  return std::min(kMostFlipShare, kFlipShare / static_cast<double>(session.materials.batch(step).size()));
}

}  // namespace

LossComparison compare_losses(std::span<const double> got, std::span<const double> expected, std::span<const double> spread, double first_tolerance,
                              double flips, const Precision& precision) {
  LossComparison result;
  double widest = 0;
  for (size_t k = 0; k < std::min({got.size(), expected.size(), spread.size()}); ++k) {
    widest = std::max(widest, spread[k]);
    const double tolerance = 2 * first_tolerance + kGrowthSafety * widest + (16 * precision.roundoff + (k > 0 ? flips : 0)) * std::abs(expected[k]);
    if (k > 0 && !(tolerance <= kMeaningful * std::abs(expected[k]))) break;
    const double ratio = std::isfinite(got[k]) ? std::abs(got[k] - expected[k]) / tolerance : HUGE_VAL;
    if (ratio > result.ratio) {
      result.ratio = ratio;
      result.worst = static_cast<int64_t>(k);
    }
    ++result.compared;
  }
  return result;
}

void check_free_run(Session& session, const StepTruth& first) {
  const std::vector<double> recorded = recorded_losses(session.evidence);
  const auto batch = static_cast<int64_t>(session.materials.batch(0).size());
  const double step_flops = static_cast<double>(training_flops(session.oracle, batch));
  const auto affordable = static_cast<int64_t>(kFreeRunFlops / (step_flops * (kFreeVariants + 1)));
  const int64_t steps = std::min({kFreeSteps, std::max(kFewestFreeSteps, affordable), static_cast<int64_t>(recorded.size())});
  if (steps == 0) return;
  const std::vector<double> exact = reference_run(session, session.materials.initial_state, steps, 0);
  if (exact.empty()) return;
  std::vector<double> spread(static_cast<size_t>(steps), 0.0);
  for (uint64_t v = 1; v <= kFreeVariants; ++v) {
    const std::vector<double> losses = reference_run(session, session.materials.initial_state, steps, v);
    if (losses.empty()) return;
    widen(spread, losses, exact);
  }
  if (!session.precision.single) {
    for (double& s : spread) s *= session.precision.roundoff * 0x1p24;
  }
  const LossComparison result = compare_losses(recorded, exact, spread, first.model.loss, flip_allowance(session, 0), session.precision);
  const auto worst = static_cast<size_t>(result.worst);
  add_comparison(session, "free run", result.ratio,
                 fmt::format("Losses of the first {} of {} steps against the reference's own run; worst at step {}: {:.9g} for {:.9g}.", result.compared, steps,
                             result.worst, recorded[worst], exact[worst]));
}

void check_replay(Session& session, const StepCase& from, const StepTruth& truth, int64_t steps) {
  const std::vector<double> recorded = recorded_losses(session.evidence);
  steps = std::min(steps, static_cast<int64_t>(recorded.size()) - from.step);
  if (steps <= 0) return;
  const auto plain = worker_run(session, from, from.state, steps);
  if (!plain) return;
  std::vector<double> spread(static_cast<size_t>(steps), 0.0);
  for (uint64_t v = 1; v <= kReplayVariants; ++v) {
    const auto other = worker_run(session, from, disturbed(from.state, v, session.precision), steps);
    if (!other) return;
    widen(spread, *other, *plain);
  }
  const std::span<const double> timed = std::span<const double>(recorded).subspan(static_cast<size_t>(from.step), static_cast<size_t>(steps));
  const LossComparison result = compare_losses(timed, *plain, spread, truth.model.loss, flip_allowance(session, from.step), session.precision);
  const auto worst = static_cast<size_t>(result.worst);
  std::string detail =
      fmt::format("Losses recorded in steps {} to {} against those that the worker gives again from the state before them; worst at step {}: {:.9g} for {:.9g}",
                  from.step, from.step + result.compared - 1, from.step + result.worst, timed[worst], (*plain)[worst]);
  if (result.ratio > 1) detail += "; the timed steps did other work than the same steps do in the proof";
  if (result.ratio > 1 && result.worst > 0 && std::abs((*plain)[0] - timed[0]) <= 2 * truth.model.loss)
    detail += ", although they began alike: looks as if the weights of earlier steps came back";
  add_comparison(session, fmt::format("replay from {}", from.step), result.ratio, detail + ".");
}

}  // namespace trainmark::proof

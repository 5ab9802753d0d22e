#include "proof/edges.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "proof/order.hpp"

namespace trainmark::proof {
namespace {

constexpr size_t kFewestLosses = 8;  // fewer say nothing about a trend

double mean(std::span<const double> values) { return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size()); }

// Learned tensors of the first step that have exactly the same values in both states.
std::vector<std::string> unmoved(const Session& session, const StepTruth& first, const core::TensorMap& a, const core::TensorMap& b) {
  std::vector<std::string> names;
  for (const auto& [name, gradient] : first.exact.gradients) {
    const auto before = a.find(name), after = b.find(name);
    if (before == a.end() || after == b.end()) continue;
    const std::vector<double> initial = session.materials.initial_state.at(name).as_double(), next = first.exact.state_after.at(name).as_double();
    bool moves = false;
    for (size_t i = 0; i < initial.size(); ++i) moves = moves || session.precision.store(next[i]) != session.precision.store(initial[i]);
    if (moves && before->second.as_double() == after->second.as_double()) names.push_back(name);
  }
  return names;
}

void check_movement(Session& session, const StepTruth& first) {
  const core::TensorMap* before = &session.materials.initial_state;
  int64_t step = 0;
  for (const EdgeState& edge : session.evidence.edges) {
    if (edge.step > step) {
      const auto names = unmoved(session, first, *before, edge.state);
      if (!names.empty())
        return add_statement(
            session, "weights moved", false,
            fmt::format("{} did not change in steps {} to {}: looks as if the updates were skipped or undone.", fmt::join(names, ", "), step, edge.step - 1));
    }
    before = &edge.state;
    step = edge.step;
  }
  if (step > 0)
    add_statement(session, "weights moved", true, fmt::format("Every learned tensor changed between the {} recorded states.", session.evidence.edges.size()));
}

void check_losses(Session& session) {
  const std::vector<double> losses = recorded_losses(session.evidence);
  if (losses.size() < kFewestLosses) return add_statement(session, "loss fell", true, fmt::format("{} steps are too few to say.", losses.size()));
  if (std::all_of(losses.begin(), losses.end(), [&](double l) { return l == losses[0]; }))
    return add_statement(session, "loss fell", false,
                         fmt::format("The loss is {:.9g} in all {} timed steps: looks as if a constant was returned.", losses[0], losses.size()));
  const size_t part = std::max<size_t>(1, losses.size() / 4);
  const double begin = mean(std::span<const double>(losses).first(part)), end = mean(std::span<const double>(losses).last(part));
  // An honest run may diverge or have converged; the other checks tell whether the work was the same.
  const char* verb = end < begin ? "fell" : "did not fall (this alone is no fault: other recipes may diverge or have converged)";
  add_statement(session, "loss fell", true, fmt::format("The mean loss {} from {:.6g} in the first quarter to {:.6g} in the last.", verb, begin, end));
}

}  // namespace

void check_recorded_loss(Session& session, const StepCase& edge, const StepTruth& truth) {
  const std::vector<double> losses = recorded_losses(session.evidence);
  if (edge.step >= static_cast<int64_t>(losses.size())) return;
  const double recorded = losses[static_cast<size_t>(edge.step)];
  const double ratio = std::isfinite(recorded) ? std::abs(recorded - truth.exact.loss) / truth.model.loss : HUGE_VAL;
  std::string detail = fmt::format("the loss recorded in timed step {} is {:.9g}, the reference's from the state before it {:.9g} (tolerance {})", edge.step,
                                   recorded, truth.exact.loss, number(truth.model.loss));
  if (ratio > 1) detail = "the timed step reported another loss than its state and batch give: " + detail;
  add_comparison(session, fmt::format("recorded loss at {}", edge.step), ratio, detail + ".");
}

void check_progress(Session& session, const StepTruth& first) {
  if (session.evidence.stretches.empty()) return;
  check_movement(session, first);
  check_losses(session);
}

}  // namespace trainmark::proof

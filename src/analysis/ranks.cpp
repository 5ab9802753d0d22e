// Ranks by steady step time. A step is the same work wherever it runs, so step times and their ratios are shown for every
// platform; but who ran a part of the training has no time to train and no accuracy that could be held against the others'.
#include <fmt/format.h>

#include <algorithm>

#include "analysis/comparison.hpp"

namespace trainmark::analysis {

std::optional<Obstacle> obstacle_of(const PlatformResult& r) {
  if (r.verdict == "failed") return Obstacle{r.verdict, r.verdict_reason};
  if (r.processes == 0) return Obstacle{spaced(r.outcome), r.outcome_reason};
  if (!r.invalid.empty()) return Obstacle{"INVALID", r.invalid};
  if (r.verdict != "verified") return Obstacle{r.verdict, r.verdict_reason};
  if (r.step_ns.n == 0) return Obstacle{"not timed", ""};
  return std::nullopt;
}

void set_ranks(std::vector<PlatformResult>& platforms) {
  int64_t most_steps = 0;
  for (const PlatformResult& r : platforms) {
    if (!obstacle_of(r)) most_steps = std::max(most_steps, r.steps);
  }
  for (PlatformResult& r : platforms) {
    const auto obstacle = obstacle_of(r);
    r.partial = !obstacle && r.steps < most_steps;
    r.unranked = obstacle ? obstacle->what : r.partial ? fmt::format("ran {} of the training", percent_text(r.share)) : "";
  }
  std::stable_sort(platforms.begin(), platforms.end(), [](const PlatformResult& a, const PlatformResult& b) {
    if (a.unranked.empty() != b.unranked.empty()) return a.unranked.empty();
    return a.unranked.empty() ? a.step_ns.median < b.step_ns.median : a.platform < b.platform;
  });
  int next = 1;
  for (PlatformResult& r : platforms) r.rank = r.unranked.empty() ? next++ : 0;
}

}  // namespace trainmark::analysis

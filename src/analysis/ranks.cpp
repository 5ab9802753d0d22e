// Ranks by steady step time. A step is the same work wherever it runs, so step times and their ratios are shown for every
// platform; but who ran a part of the training has no time to train and no accuracy that could be held against the others'.
#include <fmt/format.h>

#include <algorithm>

#include "analysis/comparison.hpp"

namespace trainmark::analysis {
namespace {

std::string reason(const PlatformResult& r) {
  if (r.verdict == "failed") return r.verdict;
  if (r.processes == 0) return spaced(r.outcome);
  if (!r.invalid.empty()) return "INVALID";
  if (r.verdict != "verified") return r.verdict;
  if (r.step_ns.n == 0) return "not timed";
  return r.partial ? fmt::format("ran {} of the training", percent_text(r.share)) : "";
}

}  // namespace

void set_ranks(std::vector<PlatformResult>& platforms) {
  const auto measured = [](const PlatformResult& r) { return r.verdict == "verified" && r.invalid.empty() && r.step_ns.n > 0; };
  int64_t most_steps = 0;
  for (const PlatformResult& r : platforms) {
    if (measured(r)) most_steps = std::max(most_steps, r.steps);
  }
  for (PlatformResult& r : platforms) {
    r.partial = measured(r) && r.steps < most_steps;
    r.unranked = reason(r);
  }
  std::stable_sort(platforms.begin(), platforms.end(), [](const PlatformResult& a, const PlatformResult& b) {
    if (a.unranked.empty() != b.unranked.empty()) return a.unranked.empty();
    return a.unranked.empty() ? a.step_ns.median < b.step_ns.median : a.platform < b.platform;
  });
  int next = 1;
  for (PlatformResult& r : platforms) r.rank = r.unranked.empty() ? next++ : 0;
}

}  // namespace trainmark::analysis

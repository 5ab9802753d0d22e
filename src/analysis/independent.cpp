#include "analysis/independent.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "analysis/comparison.hpp"
#include "statistics/welch.hpp"

namespace trainmark::analysis {
namespace {

double mean(std::span<const double> logs) { return std::accumulate(logs.begin(), logs.end(), 0.0) / static_cast<double>(logs.size()); }

}  // namespace

IndependentRatio independent_ratio(std::span<const double> first, std::span<const double> second) {
  IndependentRatio ratio{std::exp(mean(second) - mean(first)), {}, {}};
  const auto welch = statistics::welch(first, second);
  if (!welch) return ratio;
  const auto logs = welch->interval();
  ratio.interval = statistics::Interval{std::exp(logs.low), std::exp(logs.high)};
  if (static_cast<int64_t>(std::min(first.size(), second.size())) >= kClaimProcesses) ratio.p = welch->p();
  return ratio;
}

}  // namespace trainmark::analysis

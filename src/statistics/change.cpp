// U(t) = 2 (sum of the first t ranks) - t (n + 1); K = max |U|; p = 2 exp(-6 K^2 / (n^3 + n^2)).
#include "statistics/change.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "statistics/summary.hpp"

namespace trainmark::statistics {
namespace {
constexpr size_t kLeast = 8;

/// The sum of rank and rank of the other end of equal values: twice the mean rank.
double twice_rank(std::span<const double> sorted, double value) {
  const auto [low, high] = std::equal_range(sorted.begin(), sorted.end(), value);
  return static_cast<double>((low - sorted.begin()) + (high - sorted.begin()) + 1);
}

}  // namespace

std::optional<Change> find_change(std::span<const double> series) {
  if (series.size() < kLeast) return std::nullopt;
  std::vector<double> sorted(series.begin(), series.end());
  std::sort(sorted.begin(), sorted.end());
  const auto n = static_cast<double>(series.size());
  double u = 0, largest = -1;
  Change change;
  for (size_t t = 1; t < series.size(); ++t) {
    u += twice_rank(sorted, series[t - 1]) - (n + 1);
    if (std::abs(u) <= largest) continue;
    largest = std::abs(u);
    change.first = t;
  }
  change.p = std::min(1.0, 2 * std::exp(-6 * largest * largest / (n * n * n + n * n)));
  change.shift = median(series.subspan(change.first)) / median(series.first(change.first)) - 1;
  return change;
}

}  // namespace trainmark::statistics

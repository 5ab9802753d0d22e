// The number of values below the median is binomial (n, 1/2).
#include "statistics/median_interval.hpp"

#include <cmath>

namespace trainmark::statistics {

std::optional<Interval> median_interval_of_sorted(std::span<const double> sorted) {
  constexpr double kTail = 0.025;
  const auto n = static_cast<double>(sorted.size());
  double below = 0;  // P(fewer than `cut` values lie below the median)
  size_t cut = 0;    // values that may be left out at each end
  for (; cut < sorted.size() / 2; ++cut) {
    const auto k = static_cast<double>(cut);
    below += std::exp(std::lgamma(n + 1) - std::lgamma(k + 1) - std::lgamma(n - k + 1) - n * std::log(2.0));
    if (below > kTail) break;
  }
  if (cut == 0) return std::nullopt;
  return Interval{sorted[cut - 1], sorted[sorted.size() - cut]};
}

}  // namespace trainmark::statistics

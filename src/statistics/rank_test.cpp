// Ranks of the joint sample with the mean rank for ties; U and its variance under "no difference".
#include "statistics/rank_test.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/check.hpp"
#include "statistics/distributions.hpp"

namespace trainmark::statistics {

double mann_whitney_greater(std::span<const double> higher, std::span<const double> lower) {
  struct Ranked {
    double value;
    bool is_higher;
  };
  if (higher.empty() || lower.empty()) return 1;
  std::vector<Ranked> joint;
  joint.reserve(higher.size() + lower.size());
  for (const double value : higher) joint.push_back({value, true});
  for (const double value : lower) joint.push_back({value, false});
  for (const Ranked& item : joint) CHECK(!std::isnan(item.value), "a sample holds NaN, which has no rank");
  std::sort(joint.begin(), joint.end(), [](const Ranked& a, const Ranked& b) { return a.value < b.value; });

  double rank_sum = 0;  // of `higher`, ranks from 1
  double ties = 0;      // sum of t^3 - t over groups of t equal values
  for (size_t begin = 0; begin < joint.size();) {
    size_t end = begin;
    size_t from_higher = 0;
    for (; end < joint.size() && joint[end].value == joint[begin].value; ++end) from_higher += joint[end].is_higher;
    const auto size = static_cast<double>(end - begin);
    rank_sum += static_cast<double>(from_higher) * 0.5 * static_cast<double>(begin + 1 + end);
    ties += size * size * size - size;
    begin = end;
  }

  const auto n = static_cast<double>(higher.size());
  const auto m = static_cast<double>(lower.size());
  const double u = rank_sum - n * (n + 1) / 2;
  const double variance = n * m / 12 * ((n + m + 1) - ties / ((n + m) * (n + m - 1)));
  if (!(variance > 0)) return 1;
  return normal_cdf(-(u - n * m / 2 - 0.5) / std::sqrt(variance));
}

}  // namespace trainmark::statistics

// Order statistics by one sort; moments in two passes, so that a large common offset does not cancel the deviation.
#include "statistics/summary.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/check.hpp"

namespace trainmark::statistics {

namespace {

constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

std::vector<double> sorted_copy(std::span<const double> values) {
  for (const double value : values) CHECK(!std::isnan(value), "a sample holds NaN, which has no rank");
  std::vector<double> sorted(values.begin(), values.end());
  std::sort(sorted.begin(), sorted.end());
  return sorted;
}

}  // namespace

double quantile_of_sorted(std::span<const double> sorted, double probability) {
  CHECK(probability >= 0 && probability <= 1, "a quantile's probability lies outside 0 to 1");
  if (sorted.empty()) return kUnknown;
  const double position = static_cast<double>(sorted.size() - 1) * probability;
  const auto below = static_cast<size_t>(position);
  const size_t above = std::min(below + 1, sorted.size() - 1);
  const double share = position - static_cast<double>(below);
  if (share == 0 || sorted[below] == sorted[above]) return sorted[below];  // also keeps infinities from becoming NaN
  return sorted[below] + share * (sorted[above] - sorted[below]);
}

double quantile(std::span<const double> values, double probability) { return quantile_of_sorted(sorted_copy(values), probability); }

double median(std::span<const double> values) { return quantile(values, 0.5); }

double median_in_place(std::span<double> scratch) {
  if (scratch.empty()) return kUnknown;
  const auto middle = scratch.begin() + static_cast<std::ptrdiff_t>(scratch.size() / 2);
  std::nth_element(scratch.begin(), middle, scratch.end());
  if (scratch.size() % 2 == 1) return *middle;
  const double lower = *std::max_element(scratch.begin(), middle);
  return lower == *middle ? lower : lower + 0.5 * (*middle - lower);
}

Summary summarise(std::span<const double> values) {
  Summary summary;
  summary.n = static_cast<int64_t>(values.size());
  if (values.empty()) return summary;
  const std::vector<double> sorted = sorted_copy(values);
  summary.median = quantile_of_sorted(sorted, 0.5);
  summary.q1 = quantile_of_sorted(sorted, 0.25);
  summary.q3 = quantile_of_sorted(sorted, 0.75);
  summary.minimum = sorted.front();

  const auto n = static_cast<double>(values.size());
  double sum = 0;
  for (const double value : sorted) sum += value;
  summary.mean = sum / n;
  if (values.size() < 2) return summary;
  double squares = 0;
  for (const double value : sorted) squares += (value - summary.mean) * (value - summary.mean);
  summary.standard_deviation = std::sqrt(squares / (n - 1));
  return summary;
}

}  // namespace trainmark::statistics

#include "statistics/stop_rule.hpp"

#include <cmath>
#include <vector>

#include "statistics/distributions.hpp"
#include "statistics/estimate.hpp"

namespace trainmark::statistics {

std::optional<double> relative_half_width(std::span<const double> process_medians) {
  std::vector<double> logs;
  for (const double time : process_medians) logs.push_back(std::log(time));
  const auto mean = mean_of(logs);
  if (!mean) return std::nullopt;
  const Interval interval = student_interval(*mean, 0.95);
  return std::exp(0.5 * (interval.high - interval.low)) - 1;  // the upper side, which is the wider one
}

bool is_precise(std::span<const double> process_medians, double precision) {
  if (static_cast<int64_t>(process_medians.size()) < kLeastProcesses) return false;
  const auto width = relative_half_width(process_medians);
  return width && *width <= precision;
}

}  // namespace trainmark::statistics

// Two windows, a rank test and a minimal effect; see the header for why both.
#include "statistics/warm_up.hpp"

#include <algorithm>

#include "statistics/rank_test.hpp"
#include "statistics/summary.hpp"

namespace trainmark::statistics {

WarmUp warm_up_state(std::span<const double> times, const WarmUpOptions& options) {
  const WarmUp unsettled = times.size() >= options.cap ? WarmUp::kCapped : WarmUp::kGoing;
  const size_t window = std::min(times.size() / 3, options.most_window);
  if (window < options.least_window) return unsettled;
  const auto recent = times.last(window);
  const auto before = times.last(2 * window).first(window);
  const bool falls_enough = median(before) > (1 + options.minimal_effect) * median(recent);
  const bool beyond_chance = mann_whitney_greater(before, recent) < options.significance;
  return falls_enough && beyond_chance ? unsettled : WarmUp::kSettled;
}

}  // namespace trainmark::statistics

// Intervals by a two-level bootstrap: processes are drawn with replacement, then blocks within each drawn process.
//
// Times of one process resemble each other more than times of two (address layout, page colouring, start-up choices of
// a library), so blocks of several processes must not be treated as one sample. The design follows Kalibera and Jones,
// "Rigorous Benchmarking in Reasonable Time", ISMM 2013: resample every level of the experiment. The interval is the
// percentile one, with the percentiles widened for small samples to Phi(-sqrt(n / (n - 1)) t(n - 1)), n being the number
// of units of the highest level (Hesterberg, "What Teachers Should Know about the Bootstrap", The American Statistician
// 69 (2015), "expanded percentile"). Measured on normal times, 20 blocks, equal deviations between and within processes: the
// 95 % interval holds the true median 95 % of the time with five processes (plain percentiles: 88 %), 96 % with ten, but
// only 89 % with three and 81 % with two, which is why claims need five. Where processes do not differ at all it is wider
// than it needs to be (99.8 %): the variation of blocks is counted twice. Claims rest on estimate.hpp therefore, which takes this bootstrap for what
// there is only one process of.
//
// With one process there is only the lower level: the interval then speaks of that process alone, and reports say so.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace trainmark::statistics {

struct Interval {
  double low = 0;
  double high = 0;
};

/// The times of one platform: one vector per process (repetition), in it one time per round. NaN marks a round whose
/// block is missing or left out, so that indices of two platforms mean the same round.
using Processes = std::span<const std::vector<double>>;

struct BootstrapOptions {
  double confidence = 0.95;
  int resamples = 2000;
  uint64_t seed = 0;     // equal inputs and seeds give equal intervals
  bool expanded = true;  // false: the plain percentiles
};

/// The interval of the median of all times. Nothing when there are fewer than two times: one time has no interval.
std::optional<Interval> bootstrap_median(Processes times, const BootstrapOptions& options = {});

/// The interval of median(numerator) / median(denominator). Both sides use the same drawn processes and rounds, so what
/// disturbs both cancels; a process or round that only one side has is used by that side alone. Times must be positive.
/// Nothing when either side has fewer than two times.
std::optional<Interval> bootstrap_ratio(Processes numerator, Processes denominator, const BootstrapOptions& options = {});

/// The medians whose intervals the functions above give: over all times that are not NaN; NaN when there are none.
double median_of_processes(Processes times);

}  // namespace trainmark::statistics

// A quick interval of a median while times still come in: two order statistics, no resampling. Reports use the bootstrap
// of bootstrap.hpp, which knows processes; this one takes all times as one sample, and costs nothing to draw often.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "statistics/bootstrap.hpp"

namespace trainmark::statistics {

/// The narrowest pair of values, equally far from both ends, that holds the median with at least 95 % probability whatever
/// the distribution (Conover, "Practical Nonparametric Statistics", 3rd edition, section 3.2). `sorted` is ascending.
/// Nothing below six values, whose extremes hold it less often.
std::optional<Interval> median_interval_of_sorted(std::span<const double> sorted);

}  // namespace trainmark::statistics

// Times of two runs, or of two machines: they share no round, so nothing pairs them.
#pragma once

#include <optional>
#include <span>

#include "statistics/bootstrap.hpp"

namespace trainmark::analysis {

/// How many times as long the second takes: of geometric means of the medians of processes.
struct IndependentRatio {
  double value = 0;
  std::optional<statistics::Interval> interval;  ///< 95 %, by Welch's t of the logarithms; none where a side has fewer than two processes
  std::optional<double> p;                       ///< of "there is no difference"; none where a side has fewer processes than a claim needs
};

/// `first`, `second`: logarithms of the medians of processes (statistics::process_logs), neither empty.
IndependentRatio independent_ratio(std::span<const double> first, std::span<const double> second);

}  // namespace trainmark::analysis

// Whether a counter of energy is believed. Pure functions of sums.
#pragma once

#include <string>

#include "analysis/energy.hpp"

namespace trainmark::analysis {

inline constexpr double kOverLimit = 1.25;       ///< short excesses over a limit are allowed by the hardware itself
inline constexpr double kBelowIdle = 0.95;       ///< idle power varies by a few per cent over seconds
inline constexpr double kUnlimitedWatts = 1000;  ///< for counters whose device tells no limit
inline constexpr double kMostLost = 0.1;         ///< share of blocks that may have no figure

/// What a counter gave over the blocks of a platform.
struct CounterSum {
  double uj = 0, window_ns = 0;          ///< over blocks with a plausible figure
  double all_uj = 0, all_window_ns = 0;  ///< over all with a figure
  int64_t blocks = 0, lost = 0;          ///< that were timed; of these without a plausible figure
  std::string fault;                     ///< the first reason of one without
};

/// The highest power that is believed.
double most_watts(const EnergyCounter& counter);

/// Whether a block's figure can be: not above the highest power over its window and one period of the counter at both ends.
bool plausible(const EnergyCounter& counter, double uj, double window_ns);

/// "" when the counter is believed, else why not.
std::string disbelief(const EnergyCounter& counter, const CounterSum& sum);

}  // namespace trainmark::analysis

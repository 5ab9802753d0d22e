// When enough repetitions have been made: when the 95 % interval of the median is as narrow as was asked for.
//
// Looking after every repetition and stopping at the first narrow interval takes the lucky ones: intervals of runs that stopped so hold the
// truth less often than they say, by 1.3 % at most as simulated (estimate.hpp). Rarer looks, one more repetition after the first narrow interval, two
// narrow ones in a row, or a number that is planned from the first five processes (Stein) were simulated too: none was better by more than 0.3 %, and
// all take more repetitions.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace trainmark::statistics {

/// Processes below which no interval carries a claim, and no run stops for being precise.
inline constexpr int64_t kLeastProcesses = 5;

/// Half the width of the 95 % interval of the median step time, as a fraction: 0.02 is "+-2 %". `process_medians`: one time per process, positive.
/// Nothing below two processes.
std::optional<double> relative_half_width(std::span<const double> process_medians);

/// Whether the interval is narrower than `precision` to both sides, with at least kLeastProcesses processes.
bool is_precise(std::span<const double> process_medians, double precision);

}  // namespace trainmark::statistics

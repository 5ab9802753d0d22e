// When warm-up is over: when the times of steps have stopped falling, as a test shows, not after a fixed count.
//
// The last third of the times so far is compared with the third before it. They still fall when the earlier third is
// larger both beyond chance (rank test) and by more than 1 % (medians): chance alone would keep a quiet machine warming up over
// differences that nobody needs, size alone would keep a noisy one at it for ever. The first third is never looked at, so a
// slow first step (compilation, page faults) cannot hide anything. Windows grow with the series, and with them the power
// to see slow ramps. Rising times count as settled: throttling is drift, not warm-up.
#pragma once

#include <cstddef>
#include <span>

namespace trainmark::statistics {

struct WarmUpOptions {
  size_t least_window = 8;       // steps in each of the two windows, at least: the rank test needs about eight
  size_t most_window = 200;      // at most, so that a test stays cheap and old times lose their say
  double significance = 0.05;    // one-sided
  double minimal_effect = 0.01;  // falls below this share do not matter
  size_t cap = 3000;             // steps after which warm-up ends whatever the times do
};

enum class WarmUp {
  kGoing,    ///< too few times yet, or still falling
  kSettled,  ///< no longer falling
  kCapped,   ///< still falling at the cap: the record says so, and the report warns
};

/// `times` of consecutive steps or small blocks, oldest first, any unit, positive.
WarmUp warm_up_state(std::span<const double> times, const WarmUpOptions& options = {});

/// Whether warm-up is over: settled or capped.
inline bool has_settled(std::span<const double> times) { return warm_up_state(times) != WarmUp::kGoing; }

}  // namespace trainmark::statistics

// Claims about times: ratios to the baseline with Holm's correction, the floor below which a difference is noise, and whether the first is the
// fastest. A difference is a claim when the corrected p-value is at most 5 % and the ratio differs from 1 by more than the floor.
//
// The floor is the machine's own: how far a platform differs from itself. Where the run holds the baseline twice ("cpu" and "cpu#2",
// --noise-floor), it is the far end of the 95 % interval of the ratio of the two; else that of the ratio of each round of the baseline to the next, which
// knows nothing of differences between processes. At least 1 %.
#pragma once

#include <map>
#include <string>

#include "analysis/times.hpp"

namespace trainmark::analysis {

inline constexpr double kClaimLevel = 0.05;

/// Sets ratios, floor and `first_is_fastest`; needs baseline and ranks. `trials`: by platform.
void set_claims(WorkloadResult& result, const std::map<std::string, Trials>& trials);

}  // namespace trainmark::analysis

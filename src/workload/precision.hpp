// The precision that a run is asked for: half the width of an interval, as a part of the median.
#pragma once

#include <optional>
#include <string_view>

namespace trainmark::workload {

/// 0.02 of "2%", "2 %" and "0.02". Nothing of other words, and outside of 0.01 % to 50 %: a plain 2 could be meant as either.
std::optional<double> parse_precision(std::string_view text);

/// What is wrong with the words of which it makes nothing.
inline constexpr const char* kNoPrecision = "is neither a percentage from 0.01% to 50%, such as 2%, nor that as a fraction, such as 0.02";

}  // namespace trainmark::workload

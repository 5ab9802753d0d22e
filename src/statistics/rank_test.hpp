// The rank test of Mann and Whitney: whether values of one sample tend to lie above those of another.
//
// Ranks, not means: times have long tails to the right, and one outlier must not decide.
#pragma once

#include <span>

namespace trainmark::statistics {

/// One-sided p-value of "values of `higher` tend to be larger than values of `lower`", small when they are. Normal
/// approximation with the corrections for ties and continuity (Mann and Whitney, "On a test of whether one of two random
/// variables is stochastically larger than the other", Annals of Mathematical Statistics 18 (1947)); good from about
/// eight values a side. 1 when either sample is empty or all values are equal.
double mann_whitney_greater(std::span<const double> higher, std::span<const double> lower);

}  // namespace trainmark::statistics

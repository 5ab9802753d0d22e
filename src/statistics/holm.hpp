// Holm's correction for several comparisons: the chance of even one false claim among all stays below the level, whatever depends on
// what; uniformly stronger than Bonferroni's, which divides by their number at every step (Holm, "A simple sequentially rejective
// multiple test procedure", Scandinavian Journal of Statistics 6 (1979)).
//
// p-values are corrected, not intervals: an interval of Holm's procedure depends on the order of all comparisons and would be read as one of its own.
#pragma once

#include <span>
#include <vector>

namespace trainmark::statistics {

/// Corrected p-values, in the order of `p`: a comparison is a claim at level a when its corrected value is at most a. With values
/// ascending, the i-th (from 0) of m becomes the largest of (m - j) p_j, j <= i, and at most 1.
std::vector<double> holm(std::span<const double> p);

}  // namespace trainmark::statistics

// Two one-sided tests: that two things differ by less than a margin is a claim that needs evidence, as a difference is. Not finding a
// difference is none (Schuirmann, "A comparison of the two one-sided tests procedure and the power approach", Journal of Pharmacokinetics and
// Biopharmaceutics 15 (1987)).
#pragma once

#include <optional>
#include <span>

#include "statistics/bootstrap.hpp"

namespace trainmark::statistics {

struct Equivalence {
  double difference = 0;    ///< mean
  Interval interval;        ///< 90 %: equivalent at 5 % when it lies within the margin
  double p_equivalent = 1;  ///< of the two one-sided tests, the larger p-value
  double p_different = 1;   ///< two-sided, of "the mean difference is 0"
};

/// Of differences between pairs (the same seed on two platforms), by Student's t. Nothing below two pairs; `margin` is positive.
std::optional<Equivalence> equivalence(std::span<const double> differences, double margin);

}  // namespace trainmark::statistics

// Two independent samples: how far their means lie apart, without assuming equal variances (Welch, "The generalization of 'Student's' problem when
// several different population variances are involved", Biometrika 34 (1947)). Runs on other days or machines share no round, so nothing pairs them.
// The degrees of freedom of Satterthwaite are rounded down, which makes intervals wider, never narrower.
#pragma once

#include <optional>
#include <span>

#include "statistics/bootstrap.hpp"

namespace trainmark::statistics {

struct Welch {
  double difference = 0;      ///< mean of the second minus mean of the first
  double standard_error = 0;  ///< 0 where all values of each sample are equal
  int degrees = 1;

  Interval interval(double confidence = 0.95) const;
  double p() const;  ///< two-sided, of "there is no difference"
};

/// Nothing where either sample has fewer than two values.
std::optional<Welch> welch(std::span<const double> first, std::span<const double> second);

}  // namespace trainmark::statistics

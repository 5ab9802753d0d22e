#include "statistics/equivalence.hpp"

#include <algorithm>

#include "core/check.hpp"
#include "statistics/estimate.hpp"

namespace trainmark::statistics {

std::optional<Equivalence> equivalence(std::span<const double> differences, double margin) {
  CHECK(margin > 0, "equivalence needs a margin above 0");
  const auto mean = mean_of(differences);
  if (!mean) return std::nullopt;
  const Mean mirrored = {-mean->value, mean->standard_error, mean->n};
  Equivalence result;
  result.difference = mean->value;
  result.interval = student_interval(*mean, 0.90);
  result.p_equivalent = std::max(student_p_above(*mean, -margin), student_p_above(mirrored, -margin));
  result.p_different = student_p(*mean);
  return result;
}

}  // namespace trainmark::statistics

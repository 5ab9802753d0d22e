#include "statistics/welch.hpp"

#include <algorithm>
#include <cmath>

#include "statistics/distributions.hpp"
#include "statistics/estimate.hpp"

namespace trainmark::statistics {

std::optional<Welch> welch(std::span<const double> first, std::span<const double> second) {
  const auto a = mean_of(first), b = mean_of(second);
  if (!a || !b) return std::nullopt;
  const double va = a->standard_error * a->standard_error, vb = b->standard_error * b->standard_error;
  const double denominator = va * va / static_cast<double>(a->n - 1) + vb * vb / static_cast<double>(b->n - 1);
  const auto most = static_cast<double>(a->n + b->n - 2);
  const double degrees = denominator > 0 ? std::min((va + vb) * (va + vb) / denominator, most) : most;
  return Welch{b->value - a->value, std::sqrt(va + vb), std::max(1, static_cast<int>(degrees))};
}

Interval Welch::interval(double confidence) const {
  const double half = student_quantile(0.5 + 0.5 * confidence, degrees) * standard_error;
  return {difference - half, difference + half};
}

double Welch::p() const {
  if (standard_error == 0) return std::abs(difference) <= 1e-12 ? 1 : 0;
  return 2 * student_cdf(-std::abs(difference) / standard_error, degrees);
}

}  // namespace trainmark::statistics

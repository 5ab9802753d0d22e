// Student's t with whole degrees of freedom is a finite sum of powers of a cosine, so no special functions are needed.
#include "statistics/distributions.hpp"

#include <cmath>
#include <numbers>

#include "core/check.hpp"

namespace trainmark::statistics {

double normal_cdf(double z) { return 0.5 * std::erfc(-z / std::numbers::sqrt2); }

double student_cdf(double t, int degrees) {
  CHECK(degrees >= 1, "Student's t needs at least one degree of freedom");
  const double angle = std::atan(t / std::sqrt(static_cast<double>(degrees)));
  const double cosine = std::cos(angle);
  const double sine = std::sin(angle);
  const bool odd = degrees % 2 == 1;
  // Terms cos + (2/3) cos^3 + (2 4)/(3 5) cos^5 ... (odd) or 1 + (1/2) cos^2 + (1 3)/(2 4) cos^4 ... (even).
  double term = odd ? cosine : 1;
  double sum = degrees == 1 ? 0 : term;
  for (int power = odd ? 3 : 2; power <= degrees - 2; power += 2) {
    term *= cosine * cosine * (power - 1) / power;
    sum += term;
  }
  const double within = odd ? (angle + sine * sum) * 2 / std::numbers::pi : sine * sum;  // P(-|t| < T < |t|), signed
  return 0.5 * (1 + within);
}

double student_quantile(double probability, int degrees) {
  CHECK(probability > 0 && probability < 1, "a quantile's probability lies outside 0 to 1");
  if (probability < 0.5) return -student_quantile(1 - probability, degrees);
  double high = 1;
  while (student_cdf(high, degrees) < probability && high < 1e12) high *= 2;
  double low = 0;
  for (int step = 0; step < 200 && high - low > 1e-15 * high; ++step) {
    const double middle = 0.5 * (low + high);
    (student_cdf(middle, degrees) < probability ? low : high) = middle;
  }
  return 0.5 * (low + high);
}

}  // namespace trainmark::statistics

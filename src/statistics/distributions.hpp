// The two distributions that intervals and tests need: the normal one and Student's t.
#pragma once

namespace trainmark::statistics {

/// P(Z <= z) of the standard normal distribution.
double normal_cdf(double z);

/// P(T <= t) of Student's t with `degrees` >= 1 whole degrees of freedom, by the finite sums 26.7.3 and 26.7.4 of
/// Abramowitz and Stegun, "Handbook of Mathematical Functions" (1964).
double student_cdf(double t, int degrees);

/// The t with P(T <= t) = probability, 0 < probability < 1; correct to about 1e-12 relative.
double student_quantile(double probability, int degrees);

}  // namespace trainmark::statistics

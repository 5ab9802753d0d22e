// Summaries of a sample: the figures that every table shows for every timing.
//
// Nothing here is trimmed or smoothed: outliers of timings are real. Medians and quartiles head the tables because one
// disturbed block moves a mean; the mean and the standard deviation stand beside them because published tables use them.
#pragma once

#include <cstdint>
#include <limits>
#include <span>

namespace trainmark::statistics {

/// In the unit of the values. Unknown figures are NaN (null in JSON): all of them when n = 0, the standard deviation
/// also when n = 1.
struct Summary {
  int64_t n = 0;
  double median = std::numeric_limits<double>::quiet_NaN();
  double q1 = std::numeric_limits<double>::quiet_NaN();
  double q3 = std::numeric_limits<double>::quiet_NaN();
  double minimum = std::numeric_limits<double>::quiet_NaN();
  double mean = std::numeric_limits<double>::quiet_NaN();
  double standard_deviation = std::numeric_limits<double>::quiet_NaN();  // of the sample: divided by n - 1
};

Summary summarise(std::span<const double> values);

/// The quantile at `probability` (0 to 1) by linear interpolation between order statistics at (n - 1) p: type 7 of
/// Hyndman and Fan, "Sample Quantiles in Statistical Packages", The American Statistician 50 (1996), which is also
/// NumPy's and R's default. NaN for an empty sample. The values must not be NaN.
double quantile(std::span<const double> values, double probability);

/// The same for values that are already ascending; does not copy.
double quantile_of_sorted(std::span<const double> sorted, double probability);

double median(std::span<const double> values);

/// The median of `scratch`, whose order is lost: for inner loops that own their copy.
double median_in_place(std::span<double> scratch);

}  // namespace trainmark::statistics

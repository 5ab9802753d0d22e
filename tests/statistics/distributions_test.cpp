// Student's t and the normal distribution against SciPy 1.17.
#include "statistics/distributions.hpp"

#include <gtest/gtest.h>

namespace trainmark::statistics {
namespace {

TEST(Normal, MatchesSciPy) {
  // scipy.stats.norm.cdf
  EXPECT_NEAR(normal_cdf(-3), 0.0013498980316300933, 1e-15);
  EXPECT_NEAR(normal_cdf(-1.96), 0.024997895148220435, 1e-15);
  EXPECT_NEAR(normal_cdf(0), 0.5, 1e-15);
  EXPECT_NEAR(normal_cdf(1.5), 0.9331927987311419, 1e-15);
}

struct StudentCase {
  int degrees;
  double quantile_975, quantile_90, cdf_at_1_5;  // scipy.stats.t.ppf(.975), ppf(.9), cdf(1.5)
};
constexpr StudentCase kStudent[] = {
    {1, 12.706204736174694, 3.0776835371752544, 0.8128329581890011},  {2, 4.302652729749462, 1.8856180831641272, 0.8638034375544994},
    {3, 3.1824463052837078, 1.637744353696209, 0.8847080673775886},   {4, 2.7764451051977934, 1.533206274058944, 0.896},
    {7, 2.364624251592784, 1.4149239276505086, 0.911350756505015},    {30, 2.0422724563012378, 1.3104150253913955, 0.927967035435677},
    {100, 1.9839715185235518, 1.290074761346516, 0.9316174709376556},
};

TEST(Student, MatchesSciPyForOddAndEvenDegrees) {
  for (const StudentCase& expected : kStudent) {
    EXPECT_NEAR(student_cdf(1.5, expected.degrees), expected.cdf_at_1_5, 1e-13) << expected.degrees;
    EXPECT_NEAR(student_quantile(0.975, expected.degrees), expected.quantile_975, 1e-11) << expected.degrees;
    EXPECT_NEAR(student_quantile(0.9, expected.degrees), expected.quantile_90, 1e-11) << expected.degrees;
    EXPECT_NEAR(student_quantile(0.025, expected.degrees), -expected.quantile_975, 1e-11) << expected.degrees;
  }
}

}  // namespace
}  // namespace trainmark::statistics

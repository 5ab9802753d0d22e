// The rank test against SciPy 1.17 and under the hypothesis that there is no difference.
#include "statistics/rank_test.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "core/philox.hpp"

namespace trainmark::statistics {
namespace {

TEST(MannWhitney, MatchesSciPy) {
  // scipy.stats.mannwhitneyu(a, b, alternative='greater', method='asymptotic')
  const std::vector<double> a = {1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30};
  const std::vector<double> b = {0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29};
  EXPECT_NEAR(mann_whitney_greater(a, b), 0.06645972909265946, 1e-14);
}

TEST(MannWhitney, CorrectsForTiesAsSciPyDoes) {
  const std::vector<double> a = {3, 3, 4, 5, 5, 6, 7, 8, 8, 9};
  const std::vector<double> b = {1, 2, 3, 3, 4, 5, 5, 5, 6};
  EXPECT_NEAR(mann_whitney_greater(a, b), 0.031139882511943634, 1e-14);
  EXPECT_NEAR(mann_whitney_greater(b, a), 0.9742420095926191, 1e-14);
}

TEST(MannWhitney, SaysNothingAboutEmptyOrEqualSamples) {
  const std::vector<double> ones(10, 1.0);
  EXPECT_EQ(mann_whitney_greater(ones, ones), 1);
  EXPECT_EQ(mann_whitney_greater({}, ones), 1);
  EXPECT_EQ(mann_whitney_greater(ones, {}), 1);
}

TEST(MannWhitney, RejectsAsOftenAsItsLevelSays) {
  core::Philox random(3);
  int rejected = 0;
  constexpr int kTrials = 4000;
  for (int trial = 0; trial < kTrials; ++trial) {
    std::vector<double> a, b;
    for (int i = 0; i < 12; ++i) a.push_back(random.normal()), b.push_back(random.normal());
    rejected += mann_whitney_greater(a, b) < 0.05;
  }
  EXPECT_GE(rejected, 0.035 * kTrials);
  EXPECT_LE(rejected, 0.062 * kTrials);
}

}  // namespace
}  // namespace trainmark::statistics

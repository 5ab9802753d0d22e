// Summaries against closed forms and NumPy 2, and what happens to empty and tiny samples.
#include "statistics/summary.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace trainmark::statistics {
namespace {

const std::vector<double> kValues = {7.1, 3.2, 9.9, 1.5, 4.4, 4.4, 8.0};

TEST(Quantile, InterpolatesAsNumPyDoes) {
  // numpy.quantile(values, [0, .1, .25, .5, .75, .9, 1])
  const std::vector<std::pair<double, double>> expected = {{0, 1.5}, {0.1, 2.52}, {0.25, 3.8}, {0.5, 4.4}, {0.75, 7.55}, {0.9, 8.76}, {1, 9.9}};
  for (const auto& [probability, value] : expected) EXPECT_NEAR(quantile(kValues, probability), value, 1e-12) << probability;
}

TEST(Quantile, OfOneValueIsThatValue) {
  for (const double probability : {0.0, 0.3, 1.0}) EXPECT_EQ(quantile(std::vector<double>{3.5}, probability), 3.5);
}

TEST(Median, OfAnEvenCountIsTheMiddleOfTheTwo) {
  EXPECT_EQ(median(std::vector<double>{4, 1, 3, 2}), 2.5);
  EXPECT_EQ(median(std::vector<double>{4, 1, 3}), 3);
}

TEST(Median, InPlaceEqualsTheSortedOne) {
  for (int n = 1; n <= 40; ++n) {
    std::vector<double> values;
    for (int i = 0; i < n; ++i) values.push_back((i * 37 + n) % 23);  // unsorted, with ties
    std::vector<double> scratch = values;
    EXPECT_EQ(median_in_place(scratch), median(values)) << n;
  }
}

TEST(Summary, MatchesNumPy) {
  const Summary summary = summarise(kValues);
  EXPECT_EQ(summary.n, 7);
  EXPECT_NEAR(summary.median, 4.4, 1e-12);
  EXPECT_NEAR(summary.q1, 3.8, 1e-12);
  EXPECT_NEAR(summary.q3, 7.55, 1e-12);
  EXPECT_EQ(summary.minimum, 1.5);
  EXPECT_NEAR(summary.mean, 5.5, 1e-12);
  EXPECT_NEAR(summary.standard_deviation, 2.940521495698793, 1e-12);  // numpy.std(values, ddof=1)
}

TEST(Summary, KeepsTheDeviationOfSmallDifferencesOnALargeOffset) {
  // 1e9 + {0, 1, 2}: the sum of squares in one pass would lose every digit of the deviation.
  EXPECT_NEAR(summarise(std::vector<double>{1e9, 1e9 + 1, 1e9 + 2}).standard_deviation, 1, 1e-9);
}

TEST(Summary, OfNothingIsUnknown) {
  const Summary summary = summarise({});
  EXPECT_EQ(summary.n, 0);
  EXPECT_TRUE(std::isnan(summary.median) && std::isnan(summary.q1) && std::isnan(summary.q3) && std::isnan(summary.minimum) && std::isnan(summary.mean));
}

TEST(Summary, OfOneValueHasNoDeviation) {
  const Summary summary = summarise(std::vector<double>{2});
  EXPECT_EQ(summary.mean, 2);
  EXPECT_TRUE(std::isnan(summary.standard_deviation));
}

TEST(SummaryDeathTest, RefusesNaN) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(summarise(std::vector<double>{1, std::nan(""), 2}), "NaN");
}

}  // namespace
}  // namespace trainmark::statistics

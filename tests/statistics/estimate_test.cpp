// Medians and ratios over processes: closed forms, pairs, and what happens where there is only one process.
#include "statistics/estimate.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace trainmark::statistics {
namespace {

using Times = std::vector<std::vector<double>>;
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

TEST(StudentInterval, IsMeanAndQuantileTimesStandardError) {
  const std::vector<double> values = {1, 2, 3, 4, 5};  // scipy.stats.t.interval(0.95, 4, 3, sqrt(2.5 / 5)), ttest_1samp(values, 2)
  const Mean mean = *mean_of(values);
  EXPECT_DOUBLE_EQ(mean.value, 3);
  EXPECT_NEAR(mean.standard_error, std::sqrt(0.5), 1e-15);
  EXPECT_NEAR(student_interval(mean, 0.95).low, 1.036756838522439, 1e-9);
  EXPECT_NEAR(student_interval(mean, 0.95).high, 4.963243161477561, 1e-9);
  EXPECT_NEAR(student_p(mean, 2), 0.23019964108049873, 1e-12);
  EXPECT_NEAR(student_p_above(mean, 2), 0.11509982054024936, 1e-12);
  EXPECT_NEAR(student_p_above(mean, 4), 1 - 0.11509982054024936, 1e-12);
}

TEST(StudentInterval, OfEqualValuesHasNoWidth) {
  const Mean mean = *mean_of(std::vector<double>{0.1, 0.1, 0.1});
  EXPECT_EQ(student_interval(mean, 0.95).low, student_interval(mean, 0.95).high);
  EXPECT_EQ(student_p(mean), 0);
  EXPECT_EQ(student_p(mean, mean.value), 1);
  EXPECT_FALSE(mean_of(std::vector<double>{1}).has_value());
}

TEST(MedianInterval, OfProcessesIsThatOfTheLogarithmsOfTheirMedians) {
  const Times times = {{1, 9, 1}, {2, 2}, {4, kNaN, 4}};  // logs 0, 1, 2 in units of log 2: mean 1, standard error 1 / sqrt 3
  const auto interval = median_interval(times);
  ASSERT_TRUE(interval);
  const double half = 4.302652729749462 / std::sqrt(3.0);
  EXPECT_NEAR(std::log2(interval->low), 1 - half, 1e-9);
  EXPECT_NEAR(std::log2(interval->high), 1 + half, 1e-9);
}

TEST(MedianInterval, OfOneProcessIsThatOfItsBlocks) {
  const auto interval = median_interval(Times{{1, 2, 3, 4, 5}});
  ASSERT_TRUE(interval);
  EXPECT_GE(interval->low, 1);
  EXPECT_LE(interval->high, 5);
  EXPECT_FALSE(median_interval(Times{{1}}));
  EXPECT_FALSE(median_interval(Times{}));
}

TEST(PairedRatio, TakesTheMedianOverRoundsAndTheMeanOverProcesses) {
  // A burst in one round of one side changes nothing; the wave that both share cancels.
  const Times a = {{2, 20, 2.2, 2.4}, {8, 8.8, 9.6}};
  const Times b = {{1, 1, 1.1, 1.2}, {2, 2.2, 2.4}};
  const PairedRatio ratio(a, b);
  EXPECT_EQ(ratio.processes(), 2);
  EXPECT_NEAR(ratio.value(), std::sqrt(8.0), 1e-12);  // of 2 and 4
  EXPECT_NEAR(PairedRatio(b, a).value(), 1 / ratio.value(), 1e-12);
  EXPECT_NEAR(PairedRatio(b, a).interval()->low, 1 / ratio.interval()->high, 1e-12);
  EXPECT_NEAR(*PairedRatio(b, a).p(), *ratio.p(), 1e-12);
}

TEST(PairedRatio, LeavesOutProcessesThatOnlyOneSideHas) {
  const Times a = {{2}, {2.2}, {1000}, {2.1}};
  const Times b = {{1}, {1}, {}, {1}};
  EXPECT_EQ(PairedRatio(a, b).processes(), 3);
  EXPECT_NEAR(PairedRatio(a, b).value(), std::cbrt(2 * 2.2 * 2.1), 1e-12);
}

TEST(PairedRatio, TakesMediansWhereNoRoundIsCommon) {
  const Times a = {{2, kNaN, 4}, {3, kNaN}};
  const Times b = {{kNaN, 1}, {kNaN, 1}};
  EXPECT_NEAR(PairedRatio(a, b).value(), 3, 1e-12);
  EXPECT_NEAR(PairedRatio(Times{{2}, {}}, Times{{}, {1}}).value(), 2, 1e-12);  // not even a process is
  EXPECT_FALSE(PairedRatio(Times{{2}, {}}, Times{{}, {1}}).interval());
}

TEST(PairedRatio, OfOneProcessComesFromItsRounds) {
  Times a(1), b(1);
  for (int round = 0; round < 12; ++round) {
    a[0].push_back(2 + 0.01 * (round % 5));
    b[0].push_back(1 + 0.01 * (round % 3));
  }
  const PairedRatio ratio(a, b);
  ASSERT_TRUE(ratio.interval());
  EXPECT_LT(ratio.interval()->low, ratio.interval()->high);
  EXPECT_GE(ratio.interval()->high, ratio.value());
  EXPECT_LE(ratio.interval()->low, ratio.value());
  EXPECT_LT(*ratio.p(), 0.01);
  EXPECT_EQ(ratio.processes(), 1);
  EXPECT_FALSE(PairedRatio(Times{{1}}, Times{{1}}).interval());
  EXPECT_FALSE(PairedRatio(Times{{1}}, Times{{1}}).p());
}

// The interval at one minus the p-value just touches 1.
TEST(PairedRatio, HasPValuesThatAgreeWithItsIntervals) {
  const PairedRatio within(Times{{1.00, 1.05, 0.98, 1.06, 1.03}}, Times{{1, 1, 1, 1, 1}});
  EXPECT_NEAR(within.interval(1 - *within.p())->low, 1, 1e-9);
  const PairedRatio over(Times{{1.01}, {1.03}, {0.99}, {1.04}, {1.02}}, Times{{1}, {1}, {1}, {1}, {1}});
  EXPECT_NEAR(over.interval(1 - *over.p())->low, 1, 1e-9);
}

}  // namespace
}  // namespace trainmark::statistics

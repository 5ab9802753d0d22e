// The bootstrap: that its intervals hold the truth as often as they promise, respect processes and pairs, and repeat.
#include "statistics/bootstrap.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "core/philox.hpp"
#include "statistics/summary.hpp"

namespace trainmark::statistics {
namespace {

using Times = std::vector<std::vector<double>>;
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

/// `processes` x `rounds` normal times about `centre` with deviations between and within processes.
Times simulate(core::Philox& random, int processes, int rounds, double centre, double between, double within) {
  Times times;
  for (int process = 0; process < processes; ++process) {
    const double level = centre + between * random.normal();
    times.emplace_back();
    for (int round = 0; round < rounds; ++round) times.back().push_back(level + within * random.normal());
  }
  return times;
}

/// The share of `trials` simulated experiments whose 95 % interval of the median holds the truth.
double coverage_of_median(int trials, int processes, int rounds, double between, double within, bool expanded) {
  core::Philox random(1234, static_cast<uint64_t>(processes * 1000 + rounds));
  int held = 0;
  for (int trial = 0; trial < trials; ++trial) {
    const Times times = simulate(random, processes, rounds, 100, between, within);
    const auto interval = bootstrap_median(times, {.resamples = 400, .seed = static_cast<uint64_t>(trial), .expanded = expanded});
    held += interval->low <= 100 && 100 <= interval->high;
  }
  return static_cast<double>(held) / trials;
}

TEST(Bootstrap, CoversTheTruthWithFiveProcessesThatDiffer) {
  // Of 500 trials at 95 %, fewer than 92 % or more than 98.5 % has a chance below 1 in 300.
  const double coverage = coverage_of_median(500, 5, 20, 2, 2, true);
  RecordProperty("coverage", std::to_string(coverage));
  EXPECT_GE(coverage, 0.92);
  EXPECT_LE(coverage, 0.985);
}

TEST(Bootstrap, PlainPercentilesWouldCoverTooLittleWithFiveProcesses) {
  EXPECT_LT(coverage_of_median(500, 5, 20, 2, 2, false), 0.91);  // why `expanded` is the default
}

TEST(Bootstrap, CoversTheTruthWithinOneProcess) {
  const double coverage = coverage_of_median(500, 1, 20, 0, 2, true);
  EXPECT_GE(coverage, 0.92);
  EXPECT_LE(coverage, 0.99);
}

TEST(Bootstrap, CoversTheRatioOfTwoPlatforms) {
  core::Philox random(99);
  int held = 0;
  constexpr int kTrials = 400;
  for (int trial = 0; trial < kTrials; ++trial) {
    const Times a = simulate(random, 5, 20, 200, 3, 3);
    const Times b = simulate(random, 5, 20, 100, 1, 1);
    const auto interval = bootstrap_ratio(a, b, {.resamples = 400, .seed = static_cast<uint64_t>(trial)});
    held += interval->low <= 2 && 2 <= interval->high;
  }
  EXPECT_GE(held, kTrials * 0.92);
  EXPECT_LE(held, kTrials * 0.985);
}

TEST(Bootstrap, TreatsProcessesAsTheUnitNotTheirBlocks) {
  core::Philox random(5);
  const Times five = simulate(random, 5, 20, 100, 5, 0.5);
  Times one(1);  // the same hundred times as if they came from one process
  for (const auto& process : five) one[0].insert(one[0].end(), process.begin(), process.end());
  const Interval wide = *bootstrap_median(five);
  const Interval narrow = *bootstrap_median(one);
  EXPECT_GT(wide.high - wide.low, 2 * (narrow.high - narrow.low));
}

TEST(Bootstrap, PairsRoundsSoThatSharedDisturbanceCancels) {
  core::Philox random(6);
  Times a = simulate(random, 5, 20, 100, 5, 10);
  Times b = a;
  for (auto& process : b)
    for (double& time : process) time *= 0.5;
  const Interval paired = *bootstrap_ratio(a, b);
  EXPECT_DOUBLE_EQ(paired.low, 2);
  EXPECT_DOUBLE_EQ(paired.high, 2);
  for (auto& process : b) std::reverse(process.begin(), process.end());  // the pairs broken
  const Interval unpaired = *bootstrap_ratio(a, b);
  EXPECT_GT(unpaired.high - unpaired.low, 0.01);
}

TEST(Bootstrap, LeavesOutMissingRounds) {
  const Times with_gaps = {{10, kNaN, 11, 12}, {kNaN, kNaN}, {10.5, 11.5, kNaN, 13}};
  const Interval interval = *bootstrap_median(with_gaps);
  EXPECT_GE(interval.low, 10);
  EXPECT_LE(interval.high, 13);
  EXPECT_DOUBLE_EQ(median_of_processes(with_gaps), median(std::vector<double>{10, 11, 12, 10.5, 11.5, 13}));
}

TEST(Bootstrap, UsesWhatOnlyOneSideHas) {
  const Times a = {{2, 2.1, 2.2}, {2.3, 2.4, 2.5}};
  const Times b = {{1, kNaN, 1}, {}, {1, 1, 1, 1}};
  const auto interval = bootstrap_ratio(a, b);
  ASSERT_TRUE(interval);
  EXPECT_GE(interval->low, 2);
  EXPECT_LE(interval->high, 2.5);
  EXPECT_LT(interval->low, interval->high);
}

TEST(Bootstrap, HasNoIntervalForFewerThanTwoTimes) {
  EXPECT_FALSE(bootstrap_median(Times{}));
  EXPECT_FALSE(bootstrap_median(Times{{1}}));
  EXPECT_FALSE(bootstrap_median(Times{{1, kNaN}, {}}));
  EXPECT_FALSE(bootstrap_ratio(Times{{1, 2}}, Times{{1}}));
  EXPECT_TRUE(bootstrap_median(Times{{1}, {2}}));
}

TEST(Bootstrap, RepeatsBySeed) {
  core::Philox random(7);
  const Times times = simulate(random, 5, 20, 100, 1, 1);
  const Interval first = *bootstrap_median(times, {.seed = 1});
  const Interval again = *bootstrap_median(times, {.seed = 1});
  const Interval other = *bootstrap_median(times, {.seed = 2});
  EXPECT_EQ(first.low, again.low);
  EXPECT_EQ(first.high, again.high);
  EXPECT_TRUE(first.low != other.low || first.high != other.high);
}

TEST(Bootstrap, ScalesWithTheUnit) {
  core::Philox random(8);
  const Times seconds = simulate(random, 3, 10, 100, 1, 1);
  Times thousandfold = seconds;
  for (auto& process : thousandfold)
    for (double& time : process) time *= 1024;  // a power of two: exact
  EXPECT_DOUBLE_EQ(bootstrap_median(thousandfold)->low, 1024 * bootstrap_median(seconds)->low);
}

}  // namespace
}  // namespace trainmark::statistics

// The quick interval against the published ranks and against its promise on skewed times.
#include "statistics/median_interval.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/philox.hpp"

namespace trainmark::statistics {
namespace {

// Ranks of the 95 % interval of a median, e.g. Conover, table A3: n -> lower rank from 1.
TEST(MedianInterval, HasThePublishedRanks) {
  for (const auto& [n, lower] : std::vector<std::pair<int, int>>{{6, 1}, {8, 1}, {9, 2}, {10, 2}, {12, 3}, {20, 6}, {50, 18}, {100, 40}}) {
    std::vector<double> sorted;
    for (int i = 1; i <= n; ++i) sorted.push_back(i);
    const auto interval = median_interval_of_sorted(sorted);
    ASSERT_TRUE(interval) << n;
    EXPECT_EQ(interval->low, lower) << n;
    EXPECT_EQ(interval->high, n + 1 - lower) << n;
  }
}

TEST(MedianInterval, FiveValuesHaveNone) {
  EXPECT_FALSE(median_interval_of_sorted(std::vector<double>{}));
  EXPECT_FALSE(median_interval_of_sorted(std::vector<double>{1, 2, 3, 4, 5}));
}

TEST(MedianInterval, HoldsTheMedianOfSkewedTimesAtLeastAsOftenAsPromised) {
  int held = 0;
  constexpr int kTrials = 2000;
  core::Philox random(3, 1);
  for (int t = 0; t < kTrials; ++t) {
    std::vector<double> times(15);
    for (double& x : times) x = std::exp(-3 * std::log(1 - random.uniform()));
    std::sort(times.begin(), times.end());
    const auto interval = median_interval_of_sorted(times);
    held += interval->low <= 8 && 8 <= interval->high ? 1 : 0;  // the median of u^-3 is 8
  }
  EXPECT_GE(held, kTrials * 94 / 100);
  EXPECT_LT(held, kTrials * 99 / 100);
}

}  // namespace
}  // namespace trainmark::statistics

// Holm's correction, equivalence, change detection and the stop rule: closed forms, and what chance alone does.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/philox.hpp"
#include "statistics/change.hpp"
#include "statistics/equivalence.hpp"
#include "statistics/estimate.hpp"
#include "statistics/holm.hpp"
#include "statistics/stop_rule.hpp"

namespace trainmark::statistics {
namespace {

TEST(Holm, MatchesStatsmodels) {
  // statsmodels.stats.multitest.multipletests([0.01, 0.04, 0.03, 0.005], method="holm")
  const std::vector<double> corrected = holm(std::vector<double>{0.01, 0.04, 0.03, 0.005});
  const std::vector<double> expected = {0.03, 0.06, 0.06, 0.02};
  ASSERT_EQ(corrected.size(), 4u);
  for (size_t i = 0; i < 4; ++i) EXPECT_DOUBLE_EQ(corrected[i], expected[i]) << i;
  EXPECT_EQ(holm(std::vector<double>{0.7, 0.9}), (std::vector<double>{1, 1}));
  EXPECT_EQ(holm(std::vector<double>{0.03}), std::vector<double>{0.03});
  EXPECT_TRUE(holm({}).empty());
}

// Ten comparisons without any difference: some claim in about 5 % of runs, not in 40 %.
TEST(Holm, KeepsFalseClaimsOfManyComparisonsAtTheLevel) {
  core::Philox random(11);
  int wrong = 0, uncorrected = 0;
  constexpr int kRuns = 2000;
  for (int run = 0; run < kRuns; ++run) {
    std::vector<double> p;
    for (int i = 0; i < 10; ++i) {
      std::vector<double> values;
      for (int n = 0; n < 5; ++n) values.push_back(random.normal());
      p.push_back(student_p(*mean_of(values)));
    }
    const auto corrected = holm(p);
    const auto any = [](const std::vector<double>& all) { return *std::min_element(all.begin(), all.end()) <= 0.05; };
    wrong += any(corrected);
    uncorrected += any(p);
  }
  EXPECT_LT(wrong, kRuns * 0.07);
  EXPECT_GT(wrong, kRuns * 0.03);
  EXPECT_GT(uncorrected, kRuns * 0.3);
}

TEST(Equivalence, NeedsEvidenceAndNotOnlyTheLackOfADifference) {
  const auto alike = equivalence(std::vector<double>{0.001, -0.001, 0.0005, -0.0005, 0}, 0.005);
  EXPECT_LT(alike->p_equivalent, 0.001);
  EXPECT_NEAR(alike->p_different, 1, 1e-9);
  const auto scattered = equivalence(std::vector<double>{0.02, -0.02, 0.01, -0.01, 0}, 0.005);
  EXPECT_GT(scattered->p_equivalent, 0.05);
  EXPECT_GT(scattered->p_different, 0.05);
  const auto apart = equivalence(std::vector<double>{0.021, 0.019, 0.02, 0.0205, 0.0195}, 0.005);
  EXPECT_GT(apart->p_equivalent, 0.99);
  EXPECT_LT(apart->p_different, 0.001);
  EXPECT_FALSE(equivalence(std::vector<double>{0.1}, 0.005));
}

TEST(Equivalence, IsTheIntervalOf90PerCentWithinTheMargin) {
  const std::vector<double> differences = {0.004, 0.001, 0.003, 0.0, 0.002};
  const auto tested = equivalence(differences, 0.005);
  EXPECT_NEAR(tested->difference, 0.002, 1e-15);
  const double half = 2.13184678632665 * std::sqrt(2.5e-6 / 5);  // scipy.stats.t.ppf(0.95, 4)
  EXPECT_NEAR(tested->interval.high, 0.002 + half, 1e-12);
  EXPECT_NEAR(equivalence(differences, tested->interval.high)->p_equivalent, 0.05, 1e-9);
}

TEST(Equivalence, OfEqualDifferencesIsCertain) {
  EXPECT_EQ(equivalence(std::vector<double>{0, 0, 0}, 0.005)->p_equivalent, 0);
  EXPECT_EQ(equivalence(std::vector<double>{0.01, 0.01, 0.01}, 0.005)->p_equivalent, 1);
}

std::vector<double> series_with_step(core::Philox& random, size_t length, size_t at, double step) {
  std::vector<double> series;
  for (size_t i = 0; i < length; ++i) series.push_back((i < at ? 100 : 100 * (1 + step)) + random.normal());
  return series;
}

TEST(Change, FindsAStepAndItsPlace) {
  core::Philox random(3);
  const auto change = find_change(series_with_step(random, 40, 25, 0.05));
  ASSERT_TRUE(change);
  EXPECT_NEAR(static_cast<double>(change->first), 25, 1);
  EXPECT_LT(change->p, 0.001);
  EXPECT_NEAR(change->shift, 0.05, 0.01);
}

TEST(Change, MatchesPettittsStatistic) {
  // U after 4 of 8 is 2 (1 + 2 + 3 + 4) - 4 * 9 = -16; p = 2 exp(-6 * 256 / (512 + 64))
  const auto change = find_change(std::vector<double>{1, 2, 3, 4, 5, 6, 7, 8});
  EXPECT_EQ(change->first, 4u);
  EXPECT_NEAR(change->p, 2 * std::exp(-6.0 * 256 / 576), 1e-12);
  EXPECT_FALSE(find_change(std::vector<double>{1, 1, 1, 1, 2, 2, 2}));
}

TEST(Change, OneBurstIsNoStepAndChanceFindsFew) {
  std::vector<double> burst(30, 100);
  burst[12] = 500;
  EXPECT_GT(find_change(burst)->p, 0.5);
  core::Philox random(4);
  int found = 0;
  for (int i = 0; i < 1000; ++i) found += find_change(series_with_step(random, 30, 0, 0))->p < 0.05;
  EXPECT_LT(found, 60);
}

TEST(StopRule, IsTheUpperSideOfTheIntervalOfTheMedian) {
  std::vector<double> times = {1, 1.01, 0.99, 1.02, 0.98};
  std::vector<double> logs;
  for (const double time : times) logs.push_back(std::log(time));
  const double half = 2.7764451051977934 * mean_of(logs)->standard_error;
  EXPECT_NEAR(*relative_half_width(times), std::exp(half) - 1, 1e-12);
  EXPECT_TRUE(is_precise(times, std::exp(half) - 1 + 1e-9));
  EXPECT_FALSE(is_precise(times, std::exp(half) - 1 - 1e-9));
}

TEST(StopRule, NeedsFiveProcesses) {
  EXPECT_FALSE(is_precise(std::vector<double>{1, 1, 1, 1}, 0.02));
  EXPECT_TRUE(is_precise(std::vector<double>{1, 1, 1, 1, 1}, 0.02));
  EXPECT_FALSE(relative_half_width(std::vector<double>{1}));
}

}  // namespace
}  // namespace trainmark::statistics

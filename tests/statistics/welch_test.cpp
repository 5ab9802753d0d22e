// Welch's t against a worked example and at its edges.
#include "statistics/welch.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "core/philox.hpp"

namespace trainmark::statistics {
namespace {

// Variances 1/6 of {4, 5, 6} over n and 8/3 of {1, 5, 9, 5}: worked out by hand.
TEST(Welch, AgreesWithAWorkedExample) {
  const std::vector<double> a = {4, 5, 6}, b = {6, 10, 14, 10};
  const auto w = welch(a, b).value();
  const double va = 1.0 / 3, vb = (32.0 / 3) / 4;
  EXPECT_DOUBLE_EQ(w.difference, 5);
  EXPECT_DOUBLE_EQ(w.standard_error, std::sqrt(va + vb));
  EXPECT_EQ(w.degrees, static_cast<int>((va + vb) * (va + vb) / (va * va / 2 + vb * vb / 3)));
  EXPECT_NEAR(w.interval().low, 5 - 3.182446 * w.standard_error, 1e-5);  // t(3, 0.975)
  EXPECT_GT(w.p(), 0.01);
  EXPECT_LT(w.p(), 0.1);
}

TEST(Welch, NeedsTwoValuesOnEachSideAndKnowsEqualOnes) {
  const std::vector<double> one = {1}, two = {1, 1}, other = {2, 2};
  EXPECT_FALSE(welch(one, two).has_value());
  EXPECT_DOUBLE_EQ(welch(two, two)->p(), 1);
  EXPECT_DOUBLE_EQ(welch(two, other)->p(), 0);
  EXPECT_DOUBLE_EQ(welch(two, other)->interval().low, 1);
}

TEST(Welch, HoldsTheTruthAboutAsOftenAsItSays) {
  int held = 0;
  constexpr int kRuns = 2'000;
  for (int run = 0; run < kRuns; ++run) {
    core::Philox random(11, static_cast<uint64_t>(run));
    std::vector<double> a, b;
    for (int i = 0; i < 5; ++i) a.push_back(random.normal());
    for (int i = 0; i < 8; ++i) b.push_back(1 + 4 * random.normal());
    const auto interval = welch(a, b)->interval();
    held += interval.low <= 1 && 1 <= interval.high ? 1 : 0;
  }
  EXPECT_GT(held, 0.935 * kRuns);
  EXPECT_LT(held, 0.975 * kRuns);
}

}  // namespace
}  // namespace trainmark::statistics

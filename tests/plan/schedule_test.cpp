// Learning rates by hand.
#include "plan/schedule.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace trainmark::plan {
namespace {

TEST(Schedule, IsConstantByDefault) {
  for (const int64_t step : {0, 1, 1000}) EXPECT_EQ(learning_rate_at({}, 0.1, step), 0.1);
}

TEST(Schedule, StepsDownEveryPeriod) {
  const Schedule schedule{Schedule::Kind::kStep, 3, 0.5, 0, 0, 0};
  const double expected[] = {8, 8, 8, 4, 4, 4, 2};
  for (int64_t step = 0; step < 7; ++step) EXPECT_DOUBLE_EQ(learning_rate_at(schedule, 8, step), expected[step]);
}

TEST(Schedule, FallsAsACosineToTheMinimum) {
  const Schedule schedule{Schedule::Kind::kCosine, 4, 0, 0.5, 0, 0};
  EXPECT_DOUBLE_EQ(learning_rate_at(schedule, 2.5, 0), 2.5);
  EXPECT_DOUBLE_EQ(learning_rate_at(schedule, 2.5, 1), 0.5 + 1 + std::sqrt(0.5));
  EXPECT_DOUBLE_EQ(learning_rate_at(schedule, 2.5, 2), 1.5);
  EXPECT_DOUBLE_EQ(learning_rate_at(schedule, 2.5, 4), 0.5);
}

TEST(Schedule, RisesInALineAndThenBeginsTheOther) {
  const Schedule schedule{Schedule::Kind::kStep, 2, 0.1, 0, 4, 0.2};
  const double expected[] = {0.2, 0.4, 0.6, 0.8, 1, 1, 0.1, 0.1, 0.01};
  for (int64_t step = 0; step < 9; ++step) EXPECT_NEAR(learning_rate_at(schedule, 1, step), expected[step], 1e-15) << step;
}

}  // namespace
}  // namespace trainmark::plan

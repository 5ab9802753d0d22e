// Warm-up detection on series whose end of warm-up is known: constants, noise, ramps, steps, decays.
#include "statistics/warm_up.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <vector>

#include "core/philox.hpp"

namespace trainmark::statistics {
namespace {

using Shape = std::function<double(int)>;

std::vector<double> series(int n, const Shape& shape, double noise = 0, uint64_t seed = 1) {
  core::Philox random(seed);
  std::vector<double> times;
  for (int i = 0; i < n; ++i) times.push_back(shape(i) * std::exp(noise * random.normal()));
  return times;
}

/// The number of steps after which warm-up is over when asked after every step.
int settles_after(const Shape& shape, double noise, uint64_t seed) {
  const std::vector<double> times = series(4000, shape, noise, seed);
  for (size_t n = 1; n < times.size(); ++n)
    if (has_settled(std::span(times).first(n))) return static_cast<int>(n);
  return 4000;
}

TEST(WarmUp, NeedsEnoughStepsForATest) {
  EXPECT_FALSE(has_settled({}));
  EXPECT_FALSE(has_settled(series(23, [](int) { return 1.0; })));
  EXPECT_TRUE(has_settled(series(24, [](int) { return 1.0; })));
}

TEST(WarmUp, NoiseAloneIsRarelyTakenForAFall) {
  // Medians of windows of 20 under 10 % noise differ by more than 1 % all the time; the rank test lets 5 % through.
  int falling = 0;
  for (uint64_t seed = 0; seed < 400; ++seed)
    falling += !has_settled(series(
        60, [](int) { return 1.0; }, 0.1, seed));
  EXPECT_LE(falling, 34);  // mean 20, standard deviation 4.4
}

TEST(WarmUp, NoiseAloneSettlesSoon) {
  int late = 0;
  for (uint64_t seed = 0; seed < 100; ++seed) late += settles_after([](int) { return 1.0; }, 0.1, seed) > 40;
  EXPECT_LE(late, 10);
}

TEST(WarmUp, ARampKeepsItGoing) {
  for (const double noise : {0.0, 0.01, 0.03})
    EXPECT_EQ(warm_up_state(series(
                  60, [](int i) { return 2 - 0.01 * i; }, noise)),
              WarmUp::kGoing)
        << noise;
}

TEST(WarmUp, ASlowRampInNoiseIsSeenOnceTheWindowsAreLarge) {
  // 0.1 % a step under 5 % noise: invisible in 24 steps, 10 % between windows of 100.
  EXPECT_EQ(warm_up_state(series(
                300, [](int i) { return std::exp(-0.001 * i); }, 0.05)),
            WarmUp::kGoing);
}

TEST(WarmUp, AFallBelowOnePercentIsIgnored) {
  const auto tiny_step = [](int i) { return i < 20 ? 1.005 : 1.0; };
  EXPECT_EQ(warm_up_state(series(30, tiny_step)), WarmUp::kSettled);
  const auto step = [](int i) { return i < 20 ? 1.02 : 1.0; };
  EXPECT_EQ(warm_up_state(series(30, step)), WarmUp::kGoing);
}

TEST(WarmUp, AfterAStepDownItWaitsUntilTheStepIsPast) {
  const auto step = [](int i) { return i < 20 ? 2.0 : 1.0; };
  EXPECT_EQ(warm_up_state(series(36, step)), WarmUp::kGoing);    // windows 12 to 23 and 24 to 35
  EXPECT_EQ(warm_up_state(series(60, step)), WarmUp::kSettled);  // windows 20 to 39 and 40 to 59
}

TEST(WarmUp, ASlowFirstStepAloneDoesNotDelay) {
  EXPECT_EQ(settles_after([](int i) { return i == 0 ? 1000.0 : 1.0; }, 0.01, 3), 24);
}

TEST(WarmUp, ADecaySettlesWithinOnePercentOfItsEnd) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const auto decay = [](int i) { return 1 + std::exp(-i / 15.0); };
    const int n = settles_after(decay, 0.01, seed);
    EXPECT_GE(n, 60) << seed;  // decay(60) = 1.018
    EXPECT_LE(n, 200) << seed;
  }
}

TEST(WarmUp, RisingTimesAreNotWarmUp) {
  EXPECT_EQ(warm_up_state(series(60, [](int i) { return 1 + 0.01 * i; })), WarmUp::kSettled);
}

TEST(WarmUp, EndsAtTheCapAndSaysSo) {
  const auto falls_for_ever = [](int i) { return std::exp(-0.01 * i); };
  EXPECT_EQ(warm_up_state(series(2999, falls_for_ever)), WarmUp::kGoing);
  EXPECT_EQ(warm_up_state(series(3000, falls_for_ever)), WarmUp::kCapped);
  EXPECT_TRUE(has_settled(series(3000, falls_for_ever)));
  EXPECT_EQ(warm_up_state(series(10, falls_for_ever), {.cap = 10}), WarmUp::kCapped);
}

TEST(WarmUp, OutliersDoNotDecide) {
  // One step in ten takes fifty times as long, more of them early: medians and ranks barely notice.
  const auto outliers = [](int i) { return i % 10 == 3 && i < 40 ? 50.0 : 1.0; };
  EXPECT_EQ(warm_up_state(series(60, outliers, 0.005)), WarmUp::kSettled);
}

}  // namespace
}  // namespace trainmark::statistics

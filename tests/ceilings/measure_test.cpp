// Ceilings of this machine: what must hold on any. Other programs may run beside it, so what one measurement contradicts another may show.
#include "ceilings/measure.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "backends/cpu/targets.hpp"
#include "ceilings/bursts.hpp"
#include "ceilings/latency.hpp"
#include "ceilings/pinned.hpp"
#include "core/affinity.hpp"
#include "support/sanitizers.hpp"

namespace trainmark::ceilings {
namespace {

constexpr int kTries = 5;

Ceilings measured(const std::vector<int>& threads, bool full = false, double seconds = 0) {
  MeasureOptions options;
  options.threads = threads;
  options.full = full;
  options.seconds = seconds;
  return measure(options);
}

TEST(Measure, EveryKernelOfThisMachineRunsAndCountsItsOperations) {
  std::set<std::string> isas;
  for (const ArithmeticKernel& kernel : arithmetic_kernels()) {
    float sink = NAN;
    const int64_t once = kernel.run(1, &sink), thrice = kernel.run(3, &sink);
    EXPECT_GT(once, 0) << kernel.isa << " " << kernel.instruction;
    EXPECT_EQ(thrice, 3 * once);
    EXPECT_TRUE(std::isfinite(sink)) << kernel.isa << " " << kernel.instruction;
    isas.insert(kernel.isa);
  }
  for (const std::string& isa : backends::cpu::supported_isas()) EXPECT_EQ(isas.count(isa), 1u) << isa;
}

TEST(Measure, PatternsComputeWhatTheirNamesSay) {
  for (const std::string& isa : backends::cpu::supported_isas()) {
    for (const MemoryPattern& pattern : memory_patterns(isa)) {
      alignas(64) float a[kPassUnit], b[kPassUnit], c[kPassUnit];
      for (int64_t i = 0; i < kPassUnit; ++i) a[i] = 8, b[i] = static_cast<float>(i), c[i] = 2;
      const std::string name = pattern.name;
      const float bits = pattern.pass(a, b, c, kPassUnit);
      for (int64_t i = 0; i < kPassUnit; ++i) {
        const auto x = static_cast<float>(i);
        ASSERT_EQ(a[i], name == "load" ? 8 : name == "update" ? 8 + x / 2 : x + 1) << isa << " " << name << " " << i;
      }
      EXPECT_EQ(bits, name == "load" ? 8.0F : 0.0F);
    }
  }
}

TEST(Measure, NearerLevelsAreFasterAndMedianIsBelowTheUpperQuantile) {
  std::string trouble = "not tried";
  for (int attempt = 0; attempt < kTries && !trouble.empty(); ++attempt) {
    const Ceilings ceilings = measured({1});
    trouble = "";
    for (const Peak& p : ceilings.peaks) EXPECT_LE(p.median_gops, p.gops);
    double before = INFINITY;
    for (const char* level : {"L1", "L2", "L3", "memory"}) {
      const auto gbs = bandwidth_gbs(ceilings, level, 1);
      if (!gbs) continue;
      if (*gbs > 1.1 * before) trouble = std::string(level) + " is faster than the level before";
      before = *gbs;
    }
    EXPECT_TRUE(peak_gops(ceilings, "float32", 1) && peak_gops(ceilings, "float64", 1));
    if (!tests::kSanitized) {
      EXPECT_LT(ceilings.elapsed_s, 20);
    }
  }
  EXPECT_EQ(trouble, "");
}

TEST(Measure, TwoThreadsReachAboutTwiceThePeakOfOne) {
  const auto cpus = core::allowed_cpus();
  if (cpus.size() < 2) GTEST_SKIP() << "one CPU";
  if (tests::kSanitized) GTEST_SKIP() << "a sanitizer slows threads down, not alike";
  constexpr int kBurstUs = 300, kMostRounds = 2000;  // short, so that on a busy machine both threads run at the same time once in a while
  double one = 0, two = 0;
  with_pinned_threads({cpus[0], cpus[1]}, [&](core::ThreadPool& pair) {
    with_pinned_threads({cpus[0]}, [&](core::ThreadPool& single) {
      for (int round = 0; round < kMostRounds && (round < 10 || two <= 1.5 * one); ++round) {
        one = std::max(one, fma_burst(single, "", kBurstUs));
        two = std::max(two, fma_burst(pair, "", kBurstUs));
      }
    });
  });
  EXPECT_GT(two, 1.5 * one) << "siblings of one core would share its units: 1 to 1.2";
  EXPECT_LT(two, 2.3 * one);
}

TEST(Measure, SeveralThreadsHaveALatency) {
  if (core::allowed_cpus().size() < 2) GTEST_SKIP() << "one CPU";
  const Ceilings ceilings = measured({2}, false, 0.01);
  EXPECT_TRUE(peak_gops(ceilings, "float32", 2));
  if (ceilings.latencies.empty()) GTEST_SKIP() << "the two CPUs did not run at the same time";
  EXPECT_GT(ceilings.latencies[0].ns, 1);
  EXPECT_LE(ceilings.latencies[0].ns, ceilings.latencies[0].median_ns);
}

TEST(Measure, TheCallerKeepsItsCpus) {
  const auto before = core::allowed_cpus();
  measured({1}, false, 0.01);
  EXPECT_EQ(core::allowed_cpus(), before);
}

TEST(Measure, PairsOfCpusAreAllOrThoseOfTheFirst) {
  EXPECT_TRUE(cpu_pairs({3}, 28).empty());
  EXPECT_EQ(cpu_pairs({0, 1, 2}, 28), (std::vector<std::pair<int, int>>{{0, 1}, {0, 2}, {1, 2}}));
  EXPECT_EQ(cpu_pairs({0, 1, 2}, 2), (std::vector<std::pair<int, int>>{{0, 1}, {0, 2}}));
}

}  // namespace
}  // namespace trainmark::ceilings

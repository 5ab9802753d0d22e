// Memory by phase and component, and the rest.
#include "analysis/memory.hpp"

#include <gtest/gtest.h>

#include "analysis/comparison.hpp"
#include "support/scripted_run.hpp"

namespace trainmark::analysis {
namespace {

using tests::constantly;

constexpr int64_t kMiB = 1 << 20;

store::RunData run(const core::Json& components) {
  auto data = tests::scripted_run({{.platform = "cpu", .processes = 2, .step_ns = constantly(1'000'000)}}, "cpu");
  for (auto& t : data.trials) {
    const int64_t more = t.trial.repetition * kMiB;
    t.preparation->input_bytes = 10 * kMiB;
    t.outcome->memory = components;
    t.readings.push_back(
        {data.run.id,
         t.trial.id,
         "memory",
         0,
         {{"phases",
           {{"start", {{"peak_rss_bytes", 20 * kMiB + more}, {"rss_anon_bytes", 4 * kMiB}, {"rss_file_bytes", 15 * kMiB}, {"pss_bytes", 12 * kMiB}}},
            {"train", {{"peak_rss_bytes", 58 * kMiB + more}, {"rss_anon_bytes", 30 * kMiB}, {"rss_file_bytes", 20 * kMiB}, {"pss_bytes", nullptr}}}}},
          {"peaks_are_set_back", true}}});
  }
  return data;
}

PlatformResult platform(const store::RunData& data) { return compare(data).value().workloads.at(0).platforms.at(0); }

TEST(Memory, OverheadIsWhatComponentsLeaveOfTheTrainingsPeak) {
  const auto p = platform(run({{"parameters", 2 * kMiB}, {"activations", 8 * kMiB}, {"gradients", 4 * kMiB}, {"workspace", nullptr}}));
  EXPECT_EQ(p.memory.samples_bytes, 10 * kMiB);
  EXPECT_EQ(p.memory.total_bytes, 59 * kMiB);
  EXPECT_EQ(p.memory.overhead_bytes, (59 - 2 - 8 - 4 - 10) * kMiB);
  EXPECT_FALSE(p.memory.on_device);
}

TEST(Memory, PhasesAreTheLargestOverTrialsAndMeansAreOverBlocks) {
  const auto p = platform(run({{"parameters", kMiB}}));
  ASSERT_EQ(p.memory.phases.size(), 2u);
  EXPECT_EQ(p.memory.phases[0].first, "start");
  EXPECT_EQ(p.memory.phases[0].second.peak_rss_bytes, 21 * kMiB);
  EXPECT_EQ(p.memory.phases[0].second.pss_bytes, 12 * kMiB);
  EXPECT_EQ(p.memory.phases[1].second.pss_bytes, std::nullopt);
  EXPECT_EQ(p.memory.mean_rss_anon_bytes, (20 + 21 + 22 + 23) * kMiB / 4);
  EXPECT_EQ(p.memory.mean_rss_file_bytes, 10 * kMiB);
}

TEST(Memory, ComponentsOfAPlatformOnADeviceAreHeldAgainstTheDevicesMemory) {
  const auto p = platform(run({{"parameters", 2 * kMiB}, {"device_peak", 300 * kMiB}, {"device_process", 512 * kMiB}}));
  EXPECT_TRUE(p.memory.on_device);
  EXPECT_EQ(p.memory.total_bytes, 512 * kMiB);
  EXPECT_EQ(p.memory.overhead_bytes, 500 * kMiB);
}

TEST(Memory, ComponentsThatExceedTheWholeLeaveNoOverheadAndNoNegativeOne) {
  const auto p = platform(run({{"activations", 100 * kMiB}}));
  EXPECT_EQ(p.memory.overhead_bytes, std::nullopt);
  EXPECT_EQ(p.memory.total_bytes, 59 * kMiB);
}

TEST(Memory, WhoTellsNoComponentHasNoOverhead) { EXPECT_EQ(platform(run(nullptr)).memory.overhead_bytes, std::nullopt); }

}  // namespace
}  // namespace trainmark::analysis

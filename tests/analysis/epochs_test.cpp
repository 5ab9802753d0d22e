// Rows of study five-platforms: what belongs to an epoch, and how counted time becomes the time of an epoch.
#include "analysis/epochs.hpp"

#include <gtest/gtest.h>

#include "support/scripted_run.hpp"

namespace trainmark::analysis {
namespace {

using trial::BlockKind;

store::TrialData trial_of(std::vector<trial::BlockRecord> blocks) {
  store::TrialData trial;
  trial.blocks = std::move(blocks);
  return trial;
}

TEST(Epochs, ScaleCountedTimeToAllSteps) {
  const auto trial = tests::scripted_trial({.platform = "cpu", .step_ns = [](int64_t, int64_t round) { return round < 2 ? 100'000 : 300'000; }}, "w", 0);
  const auto rows = epoch_rows(trial, tests::scripted_workload());
  ASSERT_EQ(rows.size(), 2u);
  // 8 of 10 steps are counted, 100 us each; the two re-warming steps took 300 us each and are not.
  EXPECT_EQ(rows[0].epoch, 1);
  EXPECT_DOUBLE_EQ(rows[0].epoch_s.value(), 1e-3);
  EXPECT_DOUBLE_EQ(rows[0].samples_per_s.value(), 640e3);
  EXPECT_DOUBLE_EQ(rows[1].epoch_s.value(), 3e-3);
}

TEST(Epochs, TakeLossAndAccuracyOfEveryStepButWarmUp) {
  const auto trial = tests::scripted_trial({.platform = "cpu", .step_ns = tests::constantly(1000)}, "w", 0);
  const auto rows = epoch_rows(trial, tests::scripted_workload());
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_NEAR(rows[0].train_loss.value(), 2.0 - 0.05 * 4.5, 1e-12);  // mean over steps 0 to 9, re-warming ones too
  EXPECT_NEAR(rows[1].train_loss.value(), 2.0 - 0.05 * 14.5, 1e-12);
  EXPECT_DOUBLE_EQ(rows[0].train_accuracy.value(), 0.5);  // 32 of 64 in each
  EXPECT_DOUBLE_EQ(rows[0].test_accuracy.value(), 0.85);
  EXPECT_DOUBLE_EQ(rows[1].test_accuracy.value(), 0.95);
}

TEST(Epochs, GiveMemoryOfTheirOwnBlocks) {
  const auto trial = tests::scripted_trial({.platform = "cpu", .step_ns = tests::constantly(1000)}, "w", 0);
  const auto rows = epoch_rows(trial, tests::scripted_workload());
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_DOUBLE_EQ(rows[0].ram_mean_mib.value(), 30.5);  // 30 and 31
  EXPECT_DOUBLE_EQ(rows[0].ram_peak_mib.value(), 31);
  EXPECT_DOUBLE_EQ(rows[1].ram_peak_mib.value(), 33);
}

TEST(Epochs, TakeTheirTimeFromUndisturbedBlocksWhereThereAreAny) {
  const auto trial = tests::scripted_trial({.platform = "cpu",
                                            .step_ns = [](int64_t, int64_t round) { return round % 2 == 0 ? 100'000 : 700'000; },
                                            .disturbed = [](int64_t, int64_t round) { return round != 0; }},
                                           "w", 0);
  const auto rows = epoch_rows(trial, tests::scripted_workload());
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_DOUBLE_EQ(rows[0].epoch_s.value(), 1e-3);  // of the first block alone
  EXPECT_DOUBLE_EQ(rows[0].disturbed_share.value(), 0.5);
  EXPECT_DOUBLE_EQ(rows[1].epoch_s.value(), 4e-3);  // both are disturbed, and nothing else is left
  EXPECT_DOUBLE_EQ(rows[1].disturbed_share.value(), 1);
}

TEST(Epochs, TakeMemoryFromBlocksThatMeasuredIt) {
  auto trial = tests::scripted_trial({.platform = "cpu", .step_ns = tests::constantly(1000)}, "w", 0);
  for (auto& block : trial.blocks) {
    if (block.kind == BlockKind::kTimed && block.round == 1) block.rss_anon_bytes = block.rss_file_bytes = 0;
  }
  const auto rows = epoch_rows(trial, tests::scripted_workload());
  EXPECT_DOUBLE_EQ(rows[0].ram_mean_mib.value(), 30);  // not 15
  for (auto& block : trial.blocks) block.rss_anon_bytes = block.rss_file_bytes = 0;
  EXPECT_FALSE(epoch_rows(trial, tests::scripted_workload())[0].ram_mean_mib.has_value());
}

TEST(Epochs, ShareABlockThatSpansThem) {
  // Steps 0 to 14 in one block of 1.5 ms: 10 steps belong to the first epoch.
  const auto rows = epoch_rows(trial_of({tests::scripted_block("t", 0, BlockKind::kTimed, 0, 15, 100'000)}), tests::scripted_workload());
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_DOUBLE_EQ(rows[0].epoch_s.value(), 1e-3);
  EXPECT_DOUBLE_EQ(rows[1].epoch_s.value(), 1e-3);  // 5 steps of 100 us, scaled to 10
  EXPECT_NEAR(rows[1].train_loss.value(), 2.0 - 0.05 * 12, 1e-12);
}

TEST(Epochs, HaveNoTimeWhenNoStepWasCounted) {
  const auto rows = epoch_rows(trial_of({tests::scripted_block("t", 0, BlockKind::kRewarm, 0, 10, 100'000)}), tests::scripted_workload());
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_FALSE(rows[0].epoch_s.has_value());
  EXPECT_FALSE(rows[0].disturbed_share.has_value());
  EXPECT_FALSE(rows[0].samples_per_s.has_value());
  EXPECT_FALSE(rows[0].test_accuracy.has_value());
  EXPECT_TRUE(rows[0].train_loss.has_value());
}

TEST(Epochs, AreNoneWhenOnlyWarmUpRan) {
  EXPECT_TRUE(epoch_rows(trial_of({tests::scripted_block("t", 0, BlockKind::kWarmUp, 0, 5, 100'000)}), tests::scripted_workload()).empty());
}

}  // namespace
}  // namespace trainmark::analysis

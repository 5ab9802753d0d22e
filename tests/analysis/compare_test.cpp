// Figures against values worked out by hand: which blocks count, medians, ratios, rates, ranks.
#include "analysis/comparison.hpp"

#include <gtest/gtest.h>

#include "support/scripted_run.hpp"

namespace trainmark::analysis {
namespace {

using tests::constantly;
using tests::Script;
using tests::scripted_run;

Comparison compared(const std::vector<Script>& scripts, const std::string& baseline = "cpu") { return compare(scripted_run(scripts, baseline)).value(); }

const PlatformResult& platform(const Comparison& comparison, const std::string& name) {
  for (const PlatformResult& p : comparison.workloads.at(0).platforms) {
    if (p.platform == name) return p;
  }
  ADD_FAILURE() << name << " is missing";
  return comparison.workloads.at(0).platforms.at(0);
}

TEST(Compare, TakesTheMedianOfTimedBlocksOnly) {
  // Rounds of 100, 200, 300, 500 us a step; the warm-up takes 9 ms and re-warming three times as long.
  const std::vector<int64_t> times = {100'000, 200'000, 300'000, 500'000};
  const auto c = compared({{.platform = "cpu", .step_ns = [&](int64_t, int64_t round) { return times[static_cast<size_t>(round)]; }}});
  const PlatformResult& p = platform(c, "cpu");
  EXPECT_EQ(p.step_ns.n, 4);
  EXPECT_DOUBLE_EQ(p.step_ns.median, 250'000);
  EXPECT_DOUBLE_EQ(p.step_ns.minimum, 100'000);
  EXPECT_DOUBLE_EQ(p.step_ns.mean, 275'000);
  ASSERT_TRUE(p.step_interval);
  EXPECT_LE(p.step_interval->low, 250'000);
  EXPECT_GE(p.step_interval->high, 250'000);
}

TEST(Compare, LeavesDisturbedRoundsOutOfTheHeadlineAndShowsBoth) {
  const auto c = compared({{.platform = "cpu",
                            .step_ns = [](int64_t, int64_t round) { return round == 2 ? 900'000 : 100'000 + 10'000 * round; },
                            .disturbed = [](int64_t, int64_t round) { return round == 2; }}});
  const PlatformResult& p = platform(c, "cpu");
  EXPECT_EQ(p.blocks, 4);
  EXPECT_EQ(p.disturbed_blocks, 1);
  EXPECT_DOUBLE_EQ(p.step_ns.median, 110'000);                  // of 100, 110, 130
  EXPECT_DOUBLE_EQ(p.step_ns_with_disturbed.value(), 120'000);  // of 100, 110, 130, 900
}

TEST(Compare, UsesDisturbedRoundsWhereNothingElseIsLeft) {
  const auto c = compared({{.platform = "cpu", .step_ns = constantly(100'000), .disturbed = [](int64_t, int64_t) { return true; }}});
  EXPECT_DOUBLE_EQ(platform(c, "cpu").step_ns.median, 100'000);
  EXPECT_EQ(platform(c, "cpu").disturbed_blocks, 4);
}

TEST(Compare, PairsRatiosByRepetitionAndRound) {
  // What slows a round slows both: every ratio is exactly 3, though times vary by half.
  const auto wave = [](int64_t repetition, int64_t round) { return 100'000 + 10'000 * repetition + 12'000 * round; };
  const auto c = compared({{.platform = "cpu", .processes = 5, .step_ns = wave},
                           {.platform = "slow", .processes = 5, .step_ns = [&](int64_t r, int64_t round) { return 3 * wave(r, round); }}});
  const PlatformResult& slow = platform(c, "slow");
  ASSERT_TRUE(slow.ratio && slow.ratio->interval);
  EXPECT_DOUBLE_EQ(slow.ratio->value, 3);
  EXPECT_DOUBLE_EQ(slow.ratio->interval->low, 3);
  EXPECT_DOUBLE_EQ(slow.ratio->interval->high, 3);
  EXPECT_GT(slow.step_interval->high / slow.step_interval->low, 1.05);
  EXPECT_FALSE(platform(c, "cpu").ratio.has_value());
}

TEST(Compare, HasNoRatiosWithoutTheBaseline) {
  const auto c = compared({{.platform = "cpu", .step_ns = constantly(100'000)}}, "cuda");
  EXPECT_EQ(c.workloads.at(0).baseline, "");
  EXPECT_FALSE(platform(c, "cpu").ratio.has_value());
}

TEST(Compare, WorksOutRates) {
  const auto c = compared({{.platform = "cpu", .step_ns = constantly(1'000'000)}});
  const PlatformResult& p = platform(c, "cpu");
  EXPECT_DOUBLE_EQ(p.epoch_s.value(), 0.01);          // 10 steps of 1 ms
  EXPECT_DOUBLE_EQ(p.samples_per_s.value(), 64'000);  // 64 a millisecond
  EXPECT_DOUBLE_EQ(p.distinct_samples_per_s.value(), 64'000);
  EXPECT_DOUBLE_EQ(p.utilisation.value(), 0.75);
  // Forward and weights' gradients over all layers, gradients by data over all but the first; 2 FLOPs a product.
  const double all = 784 * 128 + 128 * 128 + 128 * 10, later = 128 * 128 + 128 * 10;
  const double flops = 2 * 64 * (2 * all + later);
  EXPECT_EQ(c.workloads.at(0).flops_per_step, static_cast<int64_t>(flops));
  EXPECT_DOUBLE_EQ(p.gflops.value(), flops / 1e6);  // in 1 ms
}

TEST(Compare, TellsProcessedFromDistinctSamples) {
  auto workload = tests::scripted_workload();
  workload.dataset.train_count = 600;  // padded to 640
  workload.recipe.last_batch = data::LastBatch::kPad;
  const auto c = compare(scripted_run({{.platform = "cpu", .step_ns = constantly(1'000'000)}}, "cpu", workload)).value();
  EXPECT_DOUBLE_EQ(platform(c, "cpu").samples_per_s.value(), 64'000);
  EXPECT_DOUBLE_EQ(platform(c, "cpu").distinct_samples_per_s.value(), 60'000);
}

TEST(Compare, SummarisesPreparationAccuracyAndMemoryOverProcesses) {
  const auto c = compared({{.platform = "cpu", .processes = 4, .step_ns = constantly(1'000'000)}});
  const PlatformResult& p = platform(c, "cpu");
  EXPECT_EQ(p.processes, 4);
  EXPECT_DOUBLE_EQ(p.start_ns.value(), 31'500'000);  // median of 30 to 33 ms
  EXPECT_DOUBLE_EQ(p.build_ns.value(), 1'000'000);
  EXPECT_DOUBLE_EQ(p.compile_ns.value(), 2'000'000);
  EXPECT_DOUBLE_EQ(p.input_ns.value(), 3'000'000);
  EXPECT_DOUBLE_EQ(p.first_step_ns.value(), 4'000'000);
  EXPECT_DOUBLE_EQ(p.final_accuracy.value(), 0.955);  // 95, 96, 95, 96 of 100
  EXPECT_DOUBLE_EQ(p.best_accuracy.value(), 0.955);
  EXPECT_EQ(p.peak_rss_bytes.value(), 63 << 20);  // the largest
  EXPECT_EQ(p.peak_rss_anon_bytes.value(), 23 << 20);
}

TEST(Compare, RanksOnlyVerifiedPlatforms) {
  const auto c =
      compared({{.platform = "cpu", .step_ns = constantly(200'000)},
                {.platform = "cheat", .step_ns = constantly(1'000), .verdict = "failed", .verdict_summary = "The weights never moved."},
                {.platform = "fast", .step_ns = constantly(100'000)},
                {.platform = "crasher", .step_ns = constantly(1'000), .verdict = "", .outcome = trial::OutcomeKind::kCrashed, .message = "Signal 11."}});
  const auto& platforms = c.workloads.at(0).platforms;
  ASSERT_EQ(platforms.size(), 4u);
  EXPECT_EQ(platforms[0].platform, "fast");
  EXPECT_EQ(platforms[0].rank, 1);
  EXPECT_EQ(platforms[1].platform, "cpu");
  EXPECT_EQ(platforms[1].rank, 2);
  EXPECT_EQ(platform(c, "cheat").rank, 0);
  EXPECT_EQ(platform(c, "cheat").verdict, "failed");
  EXPECT_EQ(platform(c, "cheat").verdict_reason, "The weights never moved.");
  EXPECT_EQ(platform(c, "crasher").rank, 0);
  EXPECT_EQ(platform(c, "crasher").outcome, "crashed");
  EXPECT_EQ(platform(c, "crasher").step_ns.n, 0);  // times of a trial that did not finish are no figures
}

TEST(Compare, OneFailedRepetitionFailsThePlatform) {
  auto data = scripted_run({{.platform = "cpu", .processes = 3, .step_ns = constantly(100'000)}}, "cpu");
  data.trials[1].verdict->verdict = "failed";
  data.trials[1].verdict->summary = "Repetition 1 went astray.";
  const auto c = compare(data).value();
  EXPECT_EQ(platform(c, "cpu").verdict, "failed");
  EXPECT_EQ(platform(c, "cpu").verdict_reason, "Repetition 1 went astray.");
  EXPECT_EQ(platform(c, "cpu").rank, 0);
}

using Outcomes = std::vector<std::pair<std::string, int64_t>>;

TEST(Compare, DoesNotRankUnequalWork) {
  const auto c = compared({{.platform = "cpu", .step_ns = constantly(200'000)},
                           {.platform = "part", .step_ns = constantly(100'000), .share = 0.02, .rounds = 2},
                           {.platform = "slow", .step_ns = constantly(300'000)}});
  const auto& platforms = c.workloads.at(0).platforms;
  EXPECT_EQ(platforms[0].platform, "cpu");
  EXPECT_EQ(platforms[1].platform, "slow");
  EXPECT_EQ(platforms[1].rank, 2);
  EXPECT_EQ(platforms[1].unranked, "");
  const PlatformResult& part = platforms[2];
  EXPECT_EQ(part.platform, "part");
  EXPECT_EQ(part.rank, 0);
  EXPECT_TRUE(part.partial);
  EXPECT_EQ(part.unranked, "ran 2 % of the training");
  EXPECT_EQ(part.verdict, "verified");
  ASSERT_TRUE(part.ratio);  // a step is a step
  EXPECT_DOUBLE_EQ(part.ratio->value, 0.5);
}

TEST(Compare, RanksPlatformsThatAllRanTheSamePart) {
  const auto c = compared({{.platform = "cpu", .step_ns = constantly(200'000), .share = 0.5, .rounds = 2},
                           {.platform = "twin", .step_ns = constantly(100'000), .share = 0.5, .rounds = 2}});
  EXPECT_EQ(platform(c, "twin").rank, 1);
  EXPECT_EQ(platform(c, "cpu").rank, 2);
}

// What did not run through, or was not verified, is no rival: the part alone is then the ranking.
TEST(Compare, RanksAPartWhenNobodyRanMore) {
  const auto c = compared({{.platform = "cpu", .step_ns = constantly(200'000), .verdict = "failed"},
                           {.platform = "crasher", .step_ns = constantly(1'000), .verdict = "", .outcome = trial::OutcomeKind::kCrashed},
                           {.platform = "reference", .step_ns = constantly(900'000), .share = 0.5, .rounds = 2}});
  EXPECT_EQ(platform(c, "reference").rank, 1);
  EXPECT_EQ(platform(c, "cpu").unranked, "failed");
  EXPECT_EQ(platform(c, "crasher").unranked, "crashed");
}

TEST(Compare, AnInterruptedRepetitionLeavesTheVerdictToTheOthers) {
  for (const auto kind : {trial::OutcomeKind::kInterrupted, trial::OutcomeKind::kCrashed, trial::OutcomeKind::kTimedOut}) {
    auto data = scripted_run({{.platform = "cpu", .processes = 5, .step_ns = constantly(100'000)}}, "cpu");
    data.trials[1].outcome->kind = kind;
    data.trials[1].outcome->message = "it ended";
    data.trials[1].verdict.reset();
    const auto c = compare(data).value();
    const PlatformResult& p = platform(c, "cpu");
    EXPECT_EQ(p.verdict, "verified");
    EXPECT_EQ(p.rank, 1);
    EXPECT_EQ(p.processes, 4);
    EXPECT_EQ(p.trials, 5);
    EXPECT_EQ(p.outcome, trial::outcome_name(kind));
    EXPECT_EQ(p.outcome_reason, "it ended");
    EXPECT_EQ(p.outcomes, (Outcomes{{"finished", 4}, {std::string(trial::outcome_name(kind)), 1}}));
  }
}

TEST(Compare, AFinishedRepetitionWithoutAVerdictLeavesThePlatformUnchecked) {
  auto data = scripted_run({{.platform = "cpu", .processes = 3, .step_ns = constantly(100'000)}}, "cpu");
  data.trials[1].verdict.reset();
  EXPECT_EQ(platform(compare(data).value(), "cpu").verdict, "unchecked");
}

TEST(Compare, AFailedProofCountsHoweverItsTrialEnded) {
  for (const bool with_outcome : {true, false}) {
    auto data = scripted_run({{.platform = "cpu", .processes = 3, .step_ns = constantly(100'000)}}, "cpu");
    data.trials[1].verdict->verdict = "failed";
    data.trials[1].outcome->kind = trial::OutcomeKind::kCrashed;
    if (!with_outcome) data.trials[1].outcome.reset();
    data.trials.push_back(data.trials[0]);  // run again, and well
    data.trials.back().trial.key = data.trials[1].trial.key;
    EXPECT_EQ(platform(compare(data).value(), "cpu").verdict, "failed");
  }
}

TEST(Compare, CountsTrialsThatWereCutOff) {
  for (const bool marked : {true, false}) {
    auto data = scripted_run({{.platform = "cpu", .processes = 2, .step_ns = [](int64_t r, int64_t) { return r == 0 ? 900'000 : 100'000; }}}, "cpu");
    data.trials[0].verdict.reset();
    data.trials[0].outcome->kind = trial::OutcomeKind::kAbandoned;
    if (!marked) data.trials[0].outcome.reset();
    const auto c = compare(data).value();
    const PlatformResult& p = platform(c, "cpu");
    EXPECT_EQ(p.processes, 1);
    EXPECT_EQ(p.trials, 2);
    EXPECT_EQ(p.outcome, "cut_off");
    EXPECT_EQ(p.outcomes, (Outcomes{{"cut_off", 1}, {"finished", 1}}));
    EXPECT_EQ(p.verdict, "verified");
    EXPECT_DOUBLE_EQ(p.step_ns.median, 100'000);
  }
}

TEST(Compare, ShowsAPlatformOfWhichEveryTrialWasCutOff) {
  auto data = scripted_run({{.platform = "cpu", .processes = 2, .step_ns = constantly(100'000)}}, "cpu");
  for (auto& t : data.trials) {
    t.outcome.reset();
    t.verdict.reset();
  }
  const auto c = compare(data).value();
  EXPECT_EQ(platform(c, "cpu").outcomes, (Outcomes{{"cut_off", 2}}));
  EXPECT_EQ(platform(c, "cpu").unranked, "cut off");
  EXPECT_EQ(platform(c, "cpu").step_ns.n, 0);
}

TEST(Compare, DoesNotCountTrialsThatWereRunAgain) {
  for (const auto kind : {trial::OutcomeKind::kAbandoned, trial::OutcomeKind::kInterrupted}) {
    auto data = scripted_run({{.platform = "cpu", .processes = 2, .step_ns = constantly(100'000)}}, "cpu");
    data.trials.push_back(data.trials[0]);
    data.trials.back().trial.id = "again";
    data.trials[0].outcome->kind = kind;
    data.trials[0].verdict.reset();
    const auto c = compare(data).value();
    EXPECT_EQ(platform(c, "cpu").trials, 2);
    EXPECT_EQ(platform(c, "cpu").outcomes, (Outcomes{{"finished", 2}}));
    EXPECT_EQ(platform(c, "cpu").outcome, "finished");
  }
}

TEST(Compare, AnEvaluationOfNothingGivesNoAccuracy) {
  auto data = scripted_run({{.platform = "cpu", .step_ns = constantly(100'000)}}, "cpu");
  data.run.study_json = {{"target_accuracy", 0.5}};
  auto last = data;
  last.trials[0].evaluations.back().count = 0;
  const auto before = compare(last).value();
  EXPECT_DOUBLE_EQ(platform(before, "cpu").final_accuracy.value(), 0.85);  // the last one that says something
  for (auto& e : data.trials[0].evaluations) e.count = e.correct = 0;
  const auto c = compare(data).value();
  EXPECT_FALSE(platform(c, "cpu").final_accuracy.has_value());
  EXPECT_FALSE(platform(c, "cpu").best_accuracy.has_value());
  EXPECT_FALSE(platform(c, "cpu").to_target.has_value());
}

TEST(Compare, SumsTheTimeOfAllExecutions) {
  auto data = scripted_run({{.platform = "cpu", .step_ns = constantly(100'000)}}, "cpu");
  EXPECT_EQ(compare(data).value().executions, 1);
  data.ends.insert(data.ends.begin(), {data.run.id, 0, true, 1'000, 100, 200, 300, 40, 50, 60});
  const auto c = compare(data).value();
  EXPECT_EQ(c.executions, 2);
  ASSERT_TRUE(c.end);
  EXPECT_FALSE(c.end->interrupted);  // the last one was not
  EXPECT_EQ(c.end->total_ns, 100'000'001'000);
  EXPECT_EQ(c.end->start_ns, 10'000'000'100);
  EXPECT_EQ(c.end->warm_up_ns, 20'000'000'200);
  EXPECT_EQ(c.end->blocks_ns, 60'000'000'300);
  EXPECT_EQ(c.end->sentinel_ns, 1'000'000'040);
  EXPECT_EQ(c.end->evaluation_ns, 2'000'000'050);
  EXPECT_EQ(c.end->proof_ns, 6'000'000'060);
}

TEST(Compare, KeepsThreadCountsApart) {
  const auto c =
      compared({{.platform = "cpu", .step_ns = constantly(100'000), .threads = 1}, {.platform = "cpu", .step_ns = constantly(60'000), .threads = 2}});
  ASSERT_EQ(c.workloads.size(), 2u);
  EXPECT_EQ(c.workloads[0].threads, 1);
  EXPECT_DOUBLE_EQ(c.workloads[0].platforms.at(0).step_ns.median, 100'000);
  EXPECT_EQ(c.workloads[1].threads, 2);
  EXPECT_DOUBLE_EQ(c.workloads[1].platforms.at(0).step_ns.median, 60'000);
}

TEST(Compare, RefusesAWorkloadThatItCannotRead) {
  auto data = scripted_run({{.platform = "cpu", .step_ns = constantly(100'000)}}, "cpu");
  data.workloads[0].json = {{"nonsense", true}};
  EXPECT_FALSE(compare(data).ok());
}

}  // namespace
}  // namespace trainmark::analysis

// What ends the repetitions of an experiment: precision, the limit, the budget; and that a resumed run knows of its earlier trials.
#include "trial/repetitions.hpp"

#include <cmath>
#include <tuple>

#include "trial/supervisor_testing.hpp"

namespace trainmark::trial {
namespace {

using Trials = std::vector<MeasuredTrial>;

Trials times_of(const std::string& platform, const std::vector<double>& times, bool verified = true, int64_t steps = 100) {
  Trials trials;
  for (const double time : times) trials.push_back({platform, time, verified, steps});
  return trials;
}

Trials operator+(Trials a, const Trials& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

const std::vector<double> kNarrow = {100, 100.1, 99.9, 100, 100.1}, kWide = {100, 150, 80, 120, 95};

TEST(HalfWidths, AreThoseOfRankedPlatformsOnly) {
  const auto widths = half_widths(times_of("a", kNarrow) + times_of("failed", kNarrow, false) + times_of("part", kNarrow, true, 50) + times_of("b", {1, 2}));
  ASSERT_EQ(widths.size(), 2u);
  EXPECT_LT(*widths.at("a"), 0.002);
  EXPECT_FALSE(widths.at("b").has_value());  // fewer than five processes
}

TEST(HalfWidths, OneTrialThatWasNotVerifiedTakesThePlatformOut) { EXPECT_TRUE(half_widths(times_of("a", kNarrow) + times_of("a", {100}, false)).empty()); }

TEST(HalfWidths, EveryRankedPlatformMustBePrecise) {
  EXPECT_TRUE(is_enough(half_widths(times_of("a", kNarrow)), 0.02));
  EXPECT_FALSE(is_enough(half_widths(times_of("a", kNarrow) + times_of("b", kWide)), 0.02));
  EXPECT_FALSE(is_enough(half_widths(times_of("a", {1, 1, 1, 1})), 0.02));
  EXPECT_FALSE(is_enough({}, 0.02));
}

TEST(MeasuredTrials, TakeUndisturbedBlocksWhereThereAreAny) {
  StepTimes times;
  BlockRecord block;
  block.steps = 10;
  for (const auto& [elapsed_ns, disturbed, kind] :
       {std::tuple{1000, false, BlockKind::kTimed}, {9000, true, BlockKind::kTimed}, {5000, false, BlockKind::kRewarm}}) {
    block.elapsed_ns = elapsed_ns;
    block.disturbed = disturbed;
    block.kind = kind;
    add_step_time(block, times);
  }
  EXPECT_EQ(measured_trial("a", times, "verified", 1).step_ns, 100);
  times.calm.clear();
  EXPECT_EQ(measured_trial("a", times, "verified", 1).step_ns, 900);
  EXPECT_TRUE(std::isnan(measured_trial("a", {}, "verified", 1).step_ns));
}

class StopRuleTest : public WithSupervisor {
 protected:
  /// Up to `most` short repetitions, of which those of `earlier` have been done before.
  RunPlan plan_with(double precision, int64_t most, const std::vector<double>& earlier = {}) {
    add("a", {"--step-us", "50"});
    RunPlan made = plan(20, 1);
    made.experiments[0].repetitions = most;
    made.experiments[0].precision = precision;
    const std::string hash = workload::workload_hash(made.experiments[0].workload);
    for (size_t repetition = 0; repetition < earlier.size(); ++repetition) {
      const std::string key = trial_key(hash, "a", 1, static_cast<int64_t>(repetition));
      made.finished_keys.insert(key);
      made.measured[key] = {"a", earlier[repetition], true, 20};
    }
    return made;
  }
  const core::Json& stop() const {
    for (const ReadingRecord& reading : sink_.readings) {
      if (reading.kind == kStopReading) return reading.figures;
    }
    ADD_FAILURE() << "nothing says what ended the repetitions";
    static const core::Json none = core::Json::object();
    return none;
  }
};

TEST_F(StopRuleTest, AResumedRunThatIsPreciseMakesNoFurtherRepetition) {
  ASSERT_TRUE(run(plan_with(0.02, 10, kNarrow)).ok());
  EXPECT_TRUE(sink_.trials.empty());
  EXPECT_EQ(stop().at("reason"), "precise");
  EXPECT_EQ(stop().at("repetitions"), 5);
  EXPECT_LT(stop().at("half_widths").at("a").get<double>(), 0.02);
}

// The wide first five must not be called precise with the help of the trials that came after them.
TEST_F(StopRuleTest, AResumedRunStopsWhereTheFirstExecutionDid) {
  std::vector<double> earlier = kWide;
  earlier.resize(12, 100);
  ASSERT_TRUE(run(plan_with(0.15, 12, earlier)).ok());
  EXPECT_TRUE(sink_.trials.empty());
  EXPECT_EQ(stop().at("reason"), "precise");
  EXPECT_GT(stop().at("repetitions"), 7);
  EXPECT_LT(stop().at("repetitions"), 12);
}

TEST_F(StopRuleTest, WideIntervalsAskForMoreUpToTheLimit) {
  ASSERT_TRUE(run(plan_with(0.02, 7, kWide)).ok());
  ASSERT_EQ(sink_.trials.size(), 2u);
  EXPECT_EQ(sink_.trials[0].repetition, 5);
  EXPECT_EQ(stop().at("reason"), "repetitions");
  EXPECT_EQ(stop().at("repetitions"), 7);
  EXPECT_GT(stop().at("half_widths").at("a").get<double>(), 0.02);
}

TEST_F(StopRuleTest, EndsBeforeTheLimitWhenItIsPrecise) {
  ASSERT_TRUE(run(plan_with(0.5, 12)).ok());  // sleeping workers are seldom that uneven
  EXPECT_GE(sink_.trials.size(), 5u);
  EXPECT_LT(sink_.trials.size(), 12u);
  EXPECT_EQ(stop().at("reason"), "precise");
}

TEST_F(StopRuleTest, WithoutAPrecisionNothingStopsIt) {
  ASSERT_TRUE(run(plan_with(0, 7, kNarrow)).ok());
  EXPECT_EQ(sink_.trials.size(), 2u);
  for (const ReadingRecord& reading : sink_.readings) EXPECT_NE(reading.kind, kStopReading);
}

TEST_F(StopRuleTest, TheBudgetEndsItToo) {
  options_.budget_s = 1e-9;
  ASSERT_TRUE(run(plan_with(0.02, 10, {100, 101, 99})).ok());
  EXPECT_EQ(stop().at("reason"), "budget");
  EXPECT_EQ(stop().at("repetitions"), 0);
}

TEST_F(StopRuleTest, EndsWhenNothingCanBecomePrecise) {
  options_.prove = nullptr;  // every verdict is "unchecked"
  ASSERT_TRUE(run(plan_with(0.02, 12)).ok());
  EXPECT_EQ(sink_.trials.size(), 5u);
  EXPECT_EQ(stop().at("reason"), "nothing_ranked");
}

// 5 of at most 12 repetitions: the work is done all the same.
TEST_F(StopRuleTest, ProgressForgetsWhatWillNotBeRun) {
  Progress last;
  options_.on_progress = [&](const Progress& progress) { last = progress; };
  auto made = plan_with(0.5, 12);
  made.experiments.push_back(made.experiments[0]);
  made.experiments[1].repetitions = 1;
  made.experiments[1].precision = 0;
  made.experiments[1].workload.seed += 100;  // another workload
  ASSERT_TRUE(run(made).ok());
  EXPECT_EQ(last.done_steps, last.total_steps);
}

}  // namespace
}  // namespace trainmark::trial

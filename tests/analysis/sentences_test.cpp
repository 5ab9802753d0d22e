// Sentences claim what the sample carries and no more.
#include <gtest/gtest.h>

#include "analysis/comparison.hpp"
#include "support/scripted_run.hpp"

namespace trainmark::analysis {
namespace {

using tests::constantly;
using tests::Script;

std::string said(const std::vector<Script>& scripts, const std::string& baseline = "cpu") {
  const auto comparison = compare(tests::scripted_run(scripts, baseline)).value();
  std::string all;
  for (const std::string& sentence : comparison.workloads.at(0).sentences) all += sentence + "\n";
  return all;
}

// About 1 % of noise that differs from round to round and between platforms.
auto noisy(int64_t step_ns, int64_t seed) {
  return [=](int64_t repetition, int64_t round) { return step_ns + step_ns / 500 * ((repetition * 7 + round * 5 + seed * 3) % 11 - 5); };
}

void expect_says(const std::string& text, const std::string& part) { EXPECT_NE(text.find(part), std::string::npos) << text; }
void expect_does_not_say(const std::string& text, const std::string& part) { EXPECT_EQ(text.find(part), std::string::npos) << text; }

TEST(Sentences, NameTheFastestAndTheFactor) {
  const std::string text =
      said({{.platform = "cpu", .processes = 5, .step_ns = noisy(1'000'000, 0)}, {.platform = "slow", .processes = 5, .step_ns = noisy(2'000'000, 1)}});
  expect_says(text, "cpu is the fastest verified platform: 1.00 ms a step.");
  expect_says(text, "slow takes 2.01 times as long a step as cpu (95 % interval");
  expect_does_not_say(text, ", within");
}

TEST(Sentences, TurnTheFactorRoundWhenTheBaselineIsSlower) {
  const std::string text =
      said({{.platform = "cpu", .processes = 5, .step_ns = noisy(2'000'000, 0)}, {.platform = "fast", .processes = 5, .step_ns = noisy(1'000'000, 1)}});
  expect_says(text, "cpu takes 1.99 times as long a step as fast");
}

TEST(Sentences, SayHowFarFewProcessesReach) {
  expect_says(said({{.platform = "cpu", .processes = 1, .step_ns = noisy(1'000'000, 0)}, {.platform = "slow", .processes = 5, .step_ns = noisy(2'000'000, 1)}}),
              "within one process each");
  expect_says(said({{.platform = "cpu", .processes = 4, .step_ns = noisy(1'000'000, 0)}, {.platform = "slow", .processes = 5, .step_ns = noisy(2'000'000, 1)}}),
              "within 4 processes each (5 would carry a claim)");
}

TEST(Sentences, CannotTellEqualPlatformsApart) {
  const std::string text =
      said({{.platform = "cpu", .processes = 5, .step_ns = noisy(1'000'000, 0)}, {.platform = "twin", .processes = 5, .step_ns = noisy(1'001'000, 4)}});
  expect_says(text, "twin and cpu cannot be told apart");
  expect_says(text, "twin has the shortest median step of the verified platforms, 1.00 ms, but the intervals do not make it the fastest.");
}

TEST(Sentences, DoNotClaimLessThanOnePerCentHoweverSure) {
  const std::string text =
      said({{.platform = "cpu", .processes = 5, .step_ns = constantly(1'000'000)}, {.platform = "twin", .processes = 5, .step_ns = constantly(1'009'000)}});
  expect_says(text, "cannot be told apart: time ratio 1.009, 95 % interval 1.009 to 1.009, and below 1.0 % a difference is noise");
  expect_says(
      said({{.platform = "cpu", .processes = 5, .step_ns = constantly(1'000'000)}, {.platform = "twin", .processes = 5, .step_ns = constantly(1'011'000)}}),
      "twin takes 1.01 times as long a step as cpu");
}

// One block each: no interval, and the same to say of all.
TEST(Sentences, SayOnceWhatHoldsForSeveralPlatforms) {
  const std::string text = said({{.platform = "cpu", .step_ns = constantly(1'000'000), .rounds = 1},
                                 {.platform = "a", .step_ns = constantly(2'000'000), .rounds = 1},
                                 {.platform = "b", .step_ns = constantly(3'000'000), .rounds = 1}});
  expect_says(text, "a and b were compared with cpu in too few blocks for an interval");
  expect_does_not_say(text, "is the fastest");
  expect_does_not_say(text, "a was compared");
}

TEST(Sentences, SayWhyAPlatformIsNotRanked) {
  const std::string text =
      said({{.platform = "cpu", .step_ns = constantly(1'000'000)},
            {.platform = "cheat", .step_ns = constantly(1'000), .verdict = "failed", .verdict_summary = "the weights never moved"},
            {.platform = "crasher", .step_ns = constantly(1'000), .verdict = "", .outcome = trial::OutcomeKind::kCrashed, .message = "signal 11"}});
  expect_says(text, "cpu is the only verified platform");
  expect_says(text, "cheat is not ranked (failed: the weights never moved)");
  expect_says(text, "crasher is not ranked (crashed: signal 11)");
}

TEST(Sentences, RankNothingWhenNothingIsVerified) {
  expect_says(said({{.platform = "cpu", .step_ns = constantly(1'000'000), .verdict = "unchecked"}}), "No platform is verified");
}

TEST(Sentences, TellOfDisturbedBlocksAndOfParts) {
  const std::string text = said({{.platform = "cpu", .step_ns = constantly(1'000'000), .disturbed = [](int64_t, int64_t round) { return round == 3; }},
                                 {.platform = "reference", .step_ns = constantly(9'000'000), .share = 0.5, .rounds = 2}});
  expect_says(text, "1 of 4 blocks of cpu were disturbed");
  expect_says(text, "cpu is the only ranked platform");
  expect_says(text, "reference is verified but not ranked: it ran 50 % of the training, 10 steps, so its time to train and its accuracy are not comparable");
  expect_says(text, "reference takes 9.00 times as long a step as cpu");
}

TEST(Sentences, TellOfTrialsThatDidNotFinish) {
  auto data = tests::scripted_run({{.platform = "cpu", .processes = 5, .step_ns = constantly(1'000'000)}}, "cpu");
  for (const size_t i : {1u, 2u}) data.trials[i].verdict.reset();
  data.trials[1].outcome->kind = trial::OutcomeKind::kTimedOut;
  data.trials[1].outcome->message = "no answer in 5 s.";
  data.trials[2].outcome.reset();
  const auto comparison = compare(data).value();
  std::string all;
  for (const std::string& sentence : comparison.workloads.at(0).sentences) all += sentence + "\n";
  expect_says(all, "cpu: 3 of 5 trials finished; 1 timed out, 1 cut off (no answer in 5 s).\n");
}

TEST(Sentences, EndInOneFullStop) {
  const std::string text =
      said({{.platform = "cpu", .step_ns = constantly(1'000'000), .verdict = "failed", .verdict_summary = "It cheated."},
            {.platform = "crasher", .step_ns = constantly(1), .verdict = "", .outcome = trial::OutcomeKind::kCrashed, .message = "Signal 11."}});
  expect_says(text, "cpu is not ranked (failed: It cheated).");
  expect_says(text, "crasher is not ranked (crashed: Signal 11).");
}

TEST(Durations, HaveThreeDigitsAndTheUnitThatFits) {
  EXPECT_EQ(duration_text(950), "950 ns");
  EXPECT_EQ(duration_text(95'300), "95.3 us");
  EXPECT_EQ(duration_text(999'900), "1.00 ms");
  EXPECT_EQ(duration_text(14'150'000), "14.2 ms");
  EXPECT_EQ(duration_text(1.25e9), "1.25 s");
  EXPECT_EQ(duration_text(1234e9), "1234 s");
  EXPECT_EQ(duration_text(std::nan("")), "-");
}

}  // namespace
}  // namespace trainmark::analysis

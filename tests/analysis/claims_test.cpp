// What may be claimed of a run: Holm's correction, the noise floor, twins, the fastest, accuracies, what ended it, threads.
#include <gtest/gtest.h>

#include <cmath>

#include "analysis/ratios.hpp"
#include "core/philox.hpp"
#include "support/scripted_run.hpp"

namespace trainmark::analysis {
namespace {

using tests::constantly;
using tests::Script;
using tests::scripted_run;

const PlatformResult& platform(const WorkloadResult& result, const std::string& name) {
  for (const PlatformResult& p : result.platforms) {
    if (p.platform == name) return p;
  }
  ADD_FAILURE() << name << " is missing";
  return result.platforms.at(0);
}

WorkloadResult compared(const store::RunData& data) { return compare(data).value().workloads.at(0); }
WorkloadResult compared(const std::vector<Script>& scripts) { return compared(scripted_run(scripts, "cpu")); }

bool says(const WorkloadResult& result, const std::string& part) {
  for (const std::string& sentence : result.sentences) {
    if (sentence.find(part) != std::string::npos) return true;
  }
  return false;
}

// Processes that differ by about `deviation` and lie `shift` off.
auto scattered(double shift, double deviation, uint64_t seed) {
  return [=](int64_t repetition, int64_t) {
    core::Philox random(seed, static_cast<uint64_t>(repetition));
    return static_cast<int64_t>(1e6 * (1 + shift + deviation * random.normal()));
  };
}

TEST(Claims, AreCorrectedForTheNumberOfVerifiedPlatforms) {
  std::vector<Script> scripts = {{.platform = "cpu", .processes = 5, .step_ns = constantly(1'000'000)}};
  for (int i = 0; i < 4; ++i)
    scripts.push_back({.platform = std::string(1, static_cast<char>('a' + i)), .processes = 5, .step_ns = scattered(0.02 * (i + 1), 0.02, 5)});
  scripts.push_back({.platform = "cheat", .processes = 5, .step_ns = constantly(1'000), .verdict = "failed"});
  const WorkloadResult result = compared(scripts);
  std::vector<double> p;
  for (const char* name : {"a", "b", "c", "d"}) p.push_back(platform(result, name).ratio->p.value());
  EXPECT_GT(p[0], p[1]);
  EXPECT_NEAR(platform(result, "d").ratio->p_corrected.value(), 4 * p[3], 1e-12);
  EXPECT_NEAR(platform(result, "c").ratio->p_corrected.value(), std::max(4 * p[3], 3 * p[2]), 1e-12);
  EXPECT_FALSE(platform(result, "cheat").ratio->p_corrected.has_value());
  EXPECT_FALSE(platform(result, "cheat").ratio->different);
}

TEST(Claims, NeedADifferenceAboveTheTwinsNoise) {
  const auto run = [](double twin_shift) {
    return compared({{.platform = "cpu", .processes = 5, .step_ns = constantly(1'000'000)},
                     {.platform = "cpu#2", .processes = 5, .step_ns = scattered(twin_shift, 0.001, 3)},
                     {.platform = "other", .processes = 5, .step_ns = constantly(1'030'000)}});
  };
  const WorkloadResult quiet = run(0), noisy = run(0.04);
  EXPECT_EQ(quiet.noise.source, NoiseFloor::kTwin);
  EXPECT_EQ(quiet.noise.twin, "cpu#2");
  EXPECT_DOUBLE_EQ(quiet.noise.difference, kSmallestDifference);
  EXPECT_TRUE(platform(quiet, "other").ratio->different);
  EXPECT_GT(noisy.noise.difference, 0.04);
  EXPECT_FALSE(platform(noisy, "other").ratio->different);
  EXPECT_TRUE(says(noisy, "other and cpu cannot be told apart")) << noisy.sentences[1];
  EXPECT_TRUE(says(noisy, "a difference is noise"));
  EXPECT_TRUE(says(noisy, "Differences below 4."));
}

TEST(Claims, ATwinIsNeverOneAndTakesTheFirstPlaceFromNobody) {
  const WorkloadResult result = compared({{.platform = "cpu", .processes = 5, .step_ns = constantly(1'000'000)},
                                          {.platform = "cpu#2", .processes = 5, .step_ns = constantly(1'200'000)},
                                          {.platform = "slow", .processes = 5, .step_ns = constantly(2'000'000)}});
  EXPECT_FALSE(platform(result, "cpu#2").ratio->different);
  EXPECT_TRUE(says(result, "cpu#2 is cpu again: their time ratio is 1.200"));
  EXPECT_FALSE(says(result, "cpu#2 takes"));
  EXPECT_TRUE(result.first_is_fastest);
  EXPECT_TRUE(says(result, "slow takes 2.00 times as long"));
}

TEST(Claims, NoiseOfTheRoundsIsTheFloorWhereThereIsNoTwin) {
  const auto shaky = [](int64_t, int64_t round) { return round % 2 == 0 ? 1'000'000 : 1'060'000; };
  const WorkloadResult result =
      compared({{.platform = "cpu", .processes = 5, .step_ns = shaky}, {.platform = "b", .processes = 5, .step_ns = constantly(1'080'000)}});
  EXPECT_EQ(result.noise.source, NoiseFloor::kRounds);
  EXPECT_NEAR(result.noise.difference, 0.06, 1e-6);
  EXPECT_FALSE(platform(result, "b").ratio->different);  // 1.05 times the median round of cpu
}

// Close behind in every round, though both are far from the baseline.
TEST(Claims, TheFastestIsFasterThanEveryOtherNotOnlyThanTheBaseline) {
  const auto run = [](int64_t second) {
    return compared({{.platform = "cpu", .processes = 5, .step_ns = scattered(0, 0.1, 9)},
                     {.platform = "a", .processes = 5, .step_ns = constantly(100'000)},
                     {.platform = "b", .processes = 5, .step_ns = constantly(second)}});
  };
  EXPECT_TRUE(run(120'000).first_is_fastest);
  EXPECT_FALSE(run(100'500).first_is_fastest);
}

// Evaluations of the script: 80 + 5 round + repetition % 2 of 100.
store::RunData with_accuracies(const std::function<int64_t(const std::string&, int64_t)>& correct) {
  auto data = scripted_run(
      {{.platform = "cpu", .processes = 5, .step_ns = constantly(1'000'000)}, {.platform = "b", .processes = 5, .step_ns = constantly(1'000'000)}}, "cpu");
  for (auto& trial : data.trials) {
    trial.evaluations.back().count = 10'000;
    trial.evaluations.back().correct = correct(trial.trial.platform, trial.trial.repetition);
  }
  return data;
}

TEST(Accuracies, AreEquivalentDifferentOrUndecided) {
  const auto alike = compared(with_accuracies([](const std::string& p, int64_t r) { return 9700 + 50 * r + (p == "b" ? r % 3 : 0); }));
  EXPECT_EQ(platform(alike, "b").accuracy_comparison->verdict, AccuracyComparison::Verdict::kEquivalent);
  EXPECT_TRUE(says(alike, "The accuracy of b is equivalent to that of cpu within +-0.5 points (5 trainings each)."));
  const auto apart = compared(with_accuracies([](const std::string& p, int64_t r) { return 9700 + 5 * r - (p == "b" ? 200 + r : 0); }));
  EXPECT_TRUE(says(apart, "The accuracy of b differs from that of cpu: by -2.02 points"));
  const auto scattered = compared(with_accuracies([](const std::string& p, int64_t r) { return 9700 + (p == "b" ? 200 * (r % 2) - 80 : 0); }));
  EXPECT_TRUE(says(scattered, "is undecided: 5 trainings each are too few for their scatter"));
}

TEST(Ending, SaysWhatEndedTheRepetitions) {
  auto data = scripted_run({{.platform = "cpu", .processes = 5, .step_ns = constantly(1'000'000)}}, "cpu");
  const auto ended = [&](const core::Json& more) {
    core::Json figures = {
        {"workload", data.workloads[0].hash}, {"threads", 2}, {"reason", "precise"}, {"repetitions", 7}, {"most_repetitions", 30}, {"precision", 0.02},
        {"half_widths", {{"cpu", 0.031}}}};
    figures.update(more);
    data.readings = {{data.run.id, "", "stop", 0, figures}};
    return compared(data);
  };
  EXPECT_TRUE(says(ended(core::Json::object()),
                   "The run ended after 7 repetitions, with a 95 % interval of +-2 % of each ranked platform's median step, as was asked for."));
  EXPECT_TRUE(says(ended({{"reason", "repetitions"}}), "the most that it may make, without a 95 % interval of +-2 %"));
  EXPECT_TRUE(says(ended({{"reason", "repetitions"}}), ": that of cpu is still +-3.1 %."));
  EXPECT_TRUE(says(ended({{"reason", "budget"}}), "when its time budget was spent"));
  EXPECT_TRUE(says(ended({{"reason", "budget"}, {"precision", nullptr}}), "The time budget was spent after 7 repetitions of 30."));
  EXPECT_TRUE(says(ended({{"reason", "nothing_ranked"}}), "no platform is verified"));
  EXPECT_FALSE(ended({{"threads", 3}}).ending.has_value());  // of other trials
  EXPECT_NO_THROW(ended({{"reason", 3}, {"repetitions", "x"}, {"half_widths", 7}}));
}

store::RunData with_threads(const std::vector<int64_t>& cpu_ns, const core::Json& device = "CPU") {
  auto data = scripted_run({{.platform = "cpu", .processes = 1, .step_ns = constantly(1'000'000)}}, "cpu");
  auto& trial = data.trials[0];
  trial.trial.hello = {{"device", device}};
  trial.readings.push_back({data.run.id, trial.trial.id, "threads", 0, {{"threads_asked", 2}, {"elapsed_ns", 1000}, {"thread_cpu_ns", cpu_ns}}});
  return data;
}

TEST(Threads, FewerOrMoreThanAskedForAreTold) {
  EXPECT_TRUE(says(compared(with_threads({990, 20})), "cpu kept only one thread busy of the 2 asked for; in all it used 75 % of their time."));
  EXPECT_TRUE(says(compared(with_threads({900, 800, 700})), "cpu kept 3 threads busy, more than the 2 asked for"));
  const WorkloadResult right = compared(with_threads({990, 980, 3}));
  EXPECT_FALSE(says(right, "busy"));
  EXPECT_EQ(platform(right, "cpu").thread_use->busy, 2);
  EXPECT_DOUBLE_EQ(platform(right, "cpu").thread_use->shares.at(1), 0.98);
  EXPECT_FALSE(says(compared(with_threads({20}, "NVIDIA H100")), "busy"));
  EXPECT_TRUE(says(compared(with_threads({90, 20})), "cpu kept none busy of the 2 asked for"));
  auto disturbed = with_threads({90, 20});
  for (auto& block : disturbed.trials[0].blocks) block.disturbed = true;
  EXPECT_FALSE(says(compared(disturbed), "busy")) << "others may have had the processor";
}

TEST(Changes, OfTheMachineWithinAProcessAreTold) {
  const auto step = [](int64_t repetition, int64_t round) { return repetition == 1 && round >= 9 ? 1'080'000 + round : 1'000'000 + round * 7 % 5; };
  const WorkloadResult result = compared({{.platform = "cpu", .processes = 3, .step_ns = step, .rounds = 20}});
  EXPECT_EQ(platform(result, "cpu").changes.processes, 1);
  EXPECT_EQ(platform(result, "cpu").changes.of, 3);
  EXPECT_TRUE(says(result, "The step time of cpu took a step within 1 of 3 processes, by +8 % at most"));
}

}  // namespace
}  // namespace trainmark::analysis

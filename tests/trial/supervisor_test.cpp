// The supervisor on workers that behave: what is run, in which order, and what is recorded of it.
#include "trial/supervisor.hpp"

#include <algorithm>
#include <fstream>
#include <map>
#include <set>

#include "trial/interrupt.hpp"
#include "trial/supervisor_testing.hpp"

namespace trainmark::trial {
namespace {

using SupervisorTest = WithSupervisor;

TEST_F(SupervisorTest, RunsEveryStepOnceAndRecordsIt) {
  add("a", {"--step-us", "100"});
  add("b", {"--step-us", "200"});
  const auto summary = run();
  ASSERT_TRUE(summary.ok()) << summary.error().message;
  ASSERT_EQ(summary->trials.size(), 2u);
  for (const std::string platform : {"a", "b"}) {
    EXPECT_EQ(outcome_of(platform), OutcomeKind::kFinished);
    const auto timed = sink_.blocks_of(platform, BlockKind::kTimed);
    const auto rewarm = sink_.blocks_of(platform, BlockKind::kRewarm);
    ASSERT_GE(timed.size(), 4u);
    std::map<int64_t, int64_t> stretches;  // first step -> steps
    for (const auto* blocks : {&timed, &rewarm}) {
      for (const auto& block : *blocks) {
        EXPECT_TRUE(stretches.emplace(block.first_step, block.steps).second);
        EXPECT_EQ(static_cast<int64_t>(block.losses.size()), block.steps);
        EXPECT_EQ(block.times_ns.size(), 1u);
        EXPECT_EQ(block.samples, 2 * block.steps);
        EXPECT_EQ(block.first_step / 100, (block.first_step + block.steps - 1) / 100) << "a block crosses the end of an epoch";
        EXPECT_EQ(block.epoch, block.first_step / 100);
      }
    }
    int64_t step = 0;
    for (const auto& [first, steps] : stretches) {
      EXPECT_EQ(first, step);
      step += steps;
    }
    EXPECT_EQ(step, 400);
  }
}

TEST_F(SupervisorTest, EveryBlockAfterAPauseIsPrecededByRewarmingStepsThatAreNotCounted) {
  add("a", {});
  add("b", {});
  ASSERT_TRUE(run().ok());
  const auto timed = sink_.blocks_of("a", BlockKind::kTimed);
  const auto rewarm = sink_.blocks_of("a", BlockKind::kRewarm);
  ASSERT_EQ(rewarm.size(), timed.size());
  for (size_t i = 0; i < timed.size(); ++i) {
    EXPECT_EQ(rewarm[i].first_step + rewarm[i].steps, timed[i].first_step);
    EXPECT_LT(rewarm[i].index, timed[i].index);
    EXPECT_EQ(rewarm[i].round, timed[i].round);
    EXPECT_LE(rewarm[i].steps, timed[i].steps / 5);
  }
}

TEST_F(SupervisorTest, TakesTheCeilingsOnceBeforeAnyWorker) {
  add("a", {});
  int calls = 0;
  options_.measure_ceilings = [&](const std::vector<int>& threads) {
    ++calls;
    EXPECT_EQ(threads, std::vector<int>{1});
    EXPECT_TRUE(sink_.trials.empty());
    return core::Json{{"form", "made up"}};
  };
  ASSERT_TRUE(run().ok());
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(std::count_if(sink_.readings.begin(), sink_.readings.end(), [](const auto& reading) { return reading.kind == "ceilings"; }), 1);
  ASSERT_FALSE(sink_.readings.empty());
  EXPECT_EQ(sink_.readings[0].kind, "ceilings");
  EXPECT_EQ(sink_.readings[0].trial_id, "");
  EXPECT_EQ(sink_.readings[0].run_id, sink_.runs.at(0).id);
  EXPECT_EQ(sink_.readings[0].figures["form"], "made up");
}

TEST_F(SupervisorTest, RecordsPreparationEvaluationsMemoryVerdictAndEnd) {
  add("a", {});
  const auto summary = run();
  ASSERT_TRUE(summary.ok()) << summary.error().message;
  ASSERT_EQ(sink_.runs.size(), 1u);
  EXPECT_EQ(sink_.runs[0].id.size(), 16u);
  EXPECT_TRUE(sink_.runs[0].environment.contains("cpu"));
  ASSERT_EQ(sink_.workloads.size(), 1u);
  ASSERT_EQ(sink_.trials.size(), 1u);
  EXPECT_EQ(sink_.trials[0].key, sink_.workloads[0].hash + "/a/1/0");
  EXPECT_EQ(sink_.trials[0].planned_steps, 400);
  ASSERT_EQ(sink_.preparations.size(), 1u);
  EXPECT_EQ(sink_.preparations[0].compile_ns, 2);
  EXPECT_GT(sink_.preparations[0].start_ns, 0);
  EXPECT_GT(sink_.preparations[0].first_step_ns, 100'000);
  ASSERT_EQ(sink_.evaluations.size(), 4u);
  for (int64_t epoch = 1; epoch <= 4; ++epoch) {
    EXPECT_EQ(sink_.evaluations[static_cast<size_t>(epoch - 1)].epoch, epoch);
    EXPECT_EQ(sink_.evaluations[static_cast<size_t>(epoch - 1)].step, 100 * epoch);
    EXPECT_EQ(sink_.evaluations[static_cast<size_t>(epoch - 1)].count, 32);
  }
  ASSERT_EQ(sink_.verdicts.size(), 1u);
  EXPECT_EQ(sink_.verdicts[0].verdict, "verified");
  ASSERT_EQ(sink_.outcomes.size(), 1u);
  EXPECT_GT(sink_.outcomes[0].peak_rss_bytes, 1 << 20);
  EXPECT_GT(sink_.outcomes[0].peak_rss_anon_bytes, 1 << 16);
  EXPECT_EQ(sink_.outcomes[0].memory["parameters"], 1000);
  EXPECT_TRUE(sink_.outcomes[0].memory["workspace"].is_null());
  ASSERT_EQ(sink_.ends.size(), 1u);
  EXPECT_EQ(summary->trials[0].verdict, "verified");
  EXPECT_FALSE(sink_.ends[0].interrupted);
}

TEST_F(SupervisorTest, KeepsWhatTheDriverSaysOfTheDeviceMemoryOfEachWorker) {
  add("gpu", {});
  options_.device_platforms = {"gpu"};
  options_.nvml_library = STUB_NVML;
  const auto shown = folder() / "nvml.txt";
  ::setenv("STUB_NVML_FILE", shown.c_str(), 1);
  std::ofstream(shown) << "devices 1\n";
  int64_t rounds = 0;
  options_.on_progress = [&](const Progress& progress) {
    if (progress.phase != "train") return;
    std::string text = "devices 1\nprocess 0 1 5000\n";
    const int64_t bytes = ++rounds == 2 ? 300 : 100;  // the peak is neither the first nor the last
    for (const pid_t pid : left_over_processes()) text += "process 0 " + std::to_string(pid) + " " + std::to_string(bytes) + "\n";
    std::ofstream(shown) << text;
  };
  ASSERT_TRUE(run().ok());
  ASSERT_EQ(sink_.outcomes.size(), 1u);
  EXPECT_EQ(sink_.outcomes[0].memory["device_process"], 300);
  EXPECT_EQ(sink_.outcomes[0].memory["parameters"], 1000);

  options_.device_platforms.clear();
  ASSERT_TRUE(run().ok());
  EXPECT_FALSE(sink_.outcomes.back().memory.contains("device_process")) << "no platform of the run has a device";
}

TEST_F(SupervisorTest, StartsWorkersWithACompilerCacheOnceMoreOnWhatTheFirstTrialFilled) {
  add("caching", {"--compiler-cache", "{compiler_cache}"});
  add("plain", {});
  auto twice = plan(100, 1);
  twice.experiments[0].repetitions = 2;
  const auto summary = run(twice);
  ASSERT_TRUE(summary.ok()) << summary.error().message;
  ASSERT_EQ(sink_.preparations.size(), 4u);
  for (const auto& preparation : sink_.preparations) EXPECT_NE(preparation.compile_ns, 7) << "a trial began with a filled cache";
  ASSERT_EQ(sink_.warm_starts.size(), 1u);
  EXPECT_EQ(sink_.warm_starts[0].trial_id, sink_.trial_of("caching")->id);
  EXPECT_EQ(sink_.warm_starts[0].compile_ns, 7);
  EXPECT_GT(sink_.warm_starts[0].start_ns, 0);
  EXPECT_GT(sink_.warm_starts[0].first_step_ns, 100'000);
  for (const auto& entry : std::filesystem::directory_iterator(options_.folder)) EXPECT_EQ(entry.path().filename(), "logs");
}

TEST_F(SupervisorTest, StartsNothingOnceMoreWhenTheTrialFailedOrWarmStartsAreNotWanted) {
  add("caching", {"--compiler-cache", "{compiler_cache}", "--do", "crash", "--at", "6"});
  ASSERT_TRUE(run().ok());
  EXPECT_NE(outcome_of("caching"), OutcomeKind::kFinished);
  EXPECT_TRUE(sink_.warm_starts.empty());
  options_.commands["caching"].resize(3);  // without the crash
  options_.warm_starts = false;
  ASSERT_TRUE(run().ok());
  EXPECT_TRUE(sink_.warm_starts.empty());
}

// Nothing of a killed worker may stay, whatever it had compiled: it could not remove it itself.
TEST_F(SupervisorTest, TheCompilerCacheOfAKilledWorkerGoesWithItsTrial) {
  add("killed", {"--compiler-cache", "{compiler_cache}", "--do", "kill-self", "--at", "6"});
  ASSERT_TRUE(run().ok());
  EXPECT_EQ(outcome_of("killed"), OutcomeKind::kCrashed);
  for (const auto& entry : std::filesystem::directory_iterator(options_.folder)) EXPECT_EQ(entry.path().filename(), "logs");
}

TEST_F(SupervisorTest, GivesTheProofAllStretchesAndAFewEdges) {
  add("a", {});
  proof::TimedEvidence seen;
  options_.prove = [&](worker::Client&, const workload::Materials&, const proof::TimedEvidence& evidence, const proof::ProofOptions& options) {
    seen = evidence;
    EXPECT_EQ(options.dtype, "float32");
    return proof::ProofReport{};
  };
  ASSERT_TRUE(run().ok());
  int64_t step = 0;
  for (const auto& stretch : seen.stretches) {
    EXPECT_EQ(stretch.first_step, step);
    EXPECT_EQ(stretch.indices_crc, 42u);
    step += static_cast<int64_t>(stretch.losses.size());
  }
  EXPECT_EQ(step, 400);
  ASSERT_GE(seen.edges.size(), 3u);
  EXPECT_LE(seen.edges.size(), 4u);
  EXPECT_EQ(seen.edges.front().step, 100);
  EXPECT_EQ(seen.edges.back().step, 400);
  for (const auto& edge : seen.edges) EXPECT_EQ(edge.state.at("step").as_double().at(0), static_cast<double>(edge.step));
  EXPECT_EQ(seen.final_predictions.size(), 32u);
  EXPECT_EQ(seen.final_loss, 2.0);
}

TEST_F(SupervisorTest, WarmUpStepsAreOneByOneAndTheTrainingBeginsAnewAfterThem) {
  options_.warm_up_limit_s = 5;
  add("a", {"--step-us", "200"});
  ASSERT_TRUE(run(plan(20, 1)).ok());  // fewer steps than a warm-up takes: it begins again
  EXPECT_EQ(outcome_of("a"), OutcomeKind::kFinished) << sink_.outcomes[0].message;
  const auto warm = sink_.blocks_of("a", BlockKind::kWarmUp);
  int64_t steps = 0;
  for (const auto& block : warm) {
    EXPECT_EQ(static_cast<int64_t>(block.times_ns.size()), block.steps);
    steps += block.steps;
  }
  EXPECT_GT(steps, 20);
  EXPECT_EQ(warm.front().first_step, 0);
  EXPECT_EQ(warm.front().steps, 1);
}

TEST_F(SupervisorTest, RunsPlatformsInRandomOrderWithinRounds) {
  for (const char* platform : {"a", "b", "c"}) add(platform, {"--step-us", "20"});
  ASSERT_TRUE(run(plan(50, 30)).ok());
  std::map<int64_t, std::vector<std::pair<int64_t, std::string>>> rounds;
  for (const auto& trial : sink_.trials) {
    for (const auto& block : sink_.blocks_of(trial.platform, BlockKind::kTimed)) rounds[block.round].emplace_back(block.started_wall_ns, trial.platform);
  }
  EXPECT_GE(rounds.size(), 30u);
  std::map<std::string, int> first;
  std::set<std::vector<std::string>> orders;
  for (auto& [round, blocks] : rounds) {
    std::sort(blocks.begin(), blocks.end());
    std::vector<std::string> order;
    for (const auto& block : blocks) order.push_back(block.second);
    if (order.size() == 3) orders.insert(order);
    ++first[order[0]];
  }
  EXPECT_GE(orders.size(), 5u) << "of six";
  for (const auto& [platform, count] : first) EXPECT_GE(count, 3) << platform;
}

TEST_F(SupervisorTest, OthersAreStoppedWhileOneTrains) {
  add("spinner", {"--spin"});
  add("b", {"--step-us", "1000"});
  int looked = 0;
  options_.on_progress = [&](const Progress& progress) {
    if (progress.phase != "train") return;  // said before the platform's worker is continued
    for (const auto& process : all_processes()) {
      const auto command = core::read_file("/proc/" + std::to_string(process.pid) + "/cmdline");
      const bool is_worker = process.group == process.pid && command && command->find("fake_worker") == command->rfind("fake_worker");
      ProcessStat parent;
      if (!is_worker || !read_process_stat(process.parent, parent) || parent.parent != getpid()) continue;
      ++looked;
      EXPECT_TRUE(eventually(
          [&] {
            ProcessStat now;
            return !read_process_stat(process.pid, now) || now.state == 'T' || now.state == 'Z';
          },
          0.5));
    }
  };
  ASSERT_TRUE(run().ok());
  EXPECT_GT(looked, 8);
  int64_t cpu_ns = 0;
  for (const auto& block : sink_.blocks_of("spinner", BlockKind::kTimed)) cpu_ns += block.cpu_ns;
  EXPECT_GT(cpu_ns, 0);
}

TEST_F(SupervisorTest, AShareRunsOnlyItsSteps) {
  add("a", {});
  add("slow", {"--step-us", "400"}, 0.1);
  const auto summary = run();
  ASSERT_TRUE(summary.ok());
  EXPECT_EQ(sink_.trial_of("slow")->planned_steps, 40);
  EXPECT_EQ(outcome_of("slow"), OutcomeKind::kFinished);
  EXPECT_EQ(outcome_of("a"), OutcomeKind::kFinished);
  int64_t steps = 0;
  for (const auto kind : {BlockKind::kTimed, BlockKind::kRewarm}) {
    for (const auto& block : sink_.blocks_of("slow", kind)) steps += block.steps;
  }
  EXPECT_EQ(steps, 40);
  int evaluations = 0;
  for (const auto& evaluation : sink_.evaluations) {
    if (evaluation.trial_id != sink_.trial_of("slow")->id) continue;
    ++evaluations;
    EXPECT_EQ(evaluation.step, 40);
    EXPECT_EQ(evaluation.epoch, 0);
  }
  EXPECT_EQ(evaluations, 1);
}

TEST_F(SupervisorTest, RepetitionsHaveTheirOwnSeedsAndProcesses) {
  add("a", {});
  auto made = plan(20, 1);
  made.experiments[0].repetitions = 3;
  ASSERT_TRUE(run(made).ok());
  ASSERT_EQ(sink_.trials.size(), 3u);
  for (int64_t repetition = 0; repetition < 3; ++repetition) {
    EXPECT_EQ(sink_.trials[static_cast<size_t>(repetition)].repetition, repetition);
    EXPECT_EQ(sink_.trials[static_cast<size_t>(repetition)].seed, 7u + static_cast<uint64_t>(repetition));
  }
  EXPECT_EQ(sink_.workloads.size(), 1u);
}

TEST_F(SupervisorTest, FinishedTrialsAreNotRunAgain) {
  add("a", {});
  add("b", {});
  auto made = plan(20, 1);
  made.experiments[0].repetitions = 2;
  made.resumed = true;
  const auto hash = workload::workload_hash(made.experiments[0].workload);
  made.finished_keys = {trial_key(hash, "a", 1, 0), trial_key(hash, "b", 1, 1)};
  ASSERT_TRUE(run(made).ok());
  ASSERT_EQ(sink_.trials.size(), 2u);
  EXPECT_EQ(sink_.trials[0].key, hash + "/b/1/0");
  EXPECT_EQ(sink_.trials[1].key, hash + "/a/1/1");
  EXPECT_TRUE(sink_.runs.empty());
  EXPECT_EQ(sink_.ends.size(), 1u);
}

TEST_F(SupervisorTest, UnavailablePlatformsAreSkippedOnce) {
  add("a", {});
  add("b", {"--unavailable"});
  auto made = plan(20, 1);
  made.experiments[0].repetitions = 2;
  const auto summary = run(made);
  ASSERT_TRUE(summary.ok());
  ASSERT_EQ(sink_.skips.size(), 1u);
  EXPECT_EQ(sink_.skips[0].platform, "b");
  EXPECT_EQ(sink_.skips[0].reason, "there is no such device; buy one");
  EXPECT_EQ(sink_.trials.size(), 2u);
  EXPECT_EQ(summary->skips.size(), 1u);
}

TEST_F(SupervisorTest, UnavailablePlatformNamedByHandIsAnError) {
  add("a", {});
  add("b", {"--unavailable"});
  platforms_.back().by_hand = true;
  const auto summary = run();
  ASSERT_FALSE(summary.ok());
  EXPECT_EQ(summary.error().kind, core::ErrorKind::kUnavailable);
  EXPECT_NE(summary.error().message.find("'b' cannot run here: there is no such device; buy one"), std::string::npos);
  EXPECT_EQ(sink_.ends.size(), 1u);
}

TEST_F(SupervisorTest, RefusesMoreThreadsThanCpus) {
  add("a", {});
  auto made = plan(20, 1);
  made.experiments[0].threads = 100'000;
  const auto summary = run(made);
  ASSERT_FALSE(summary.ok());
  EXPECT_EQ(summary.error().kind, core::ErrorKind::kUsage);
}

TEST_F(SupervisorTest, ASinkThatRefusesEndsTheRun) {
  add("a", {});
  sink_.fail_after = 12;
  const auto summary = run();
  ASSERT_FALSE(summary.ok());
  EXPECT_EQ(summary.error().message, "the disk is full");
}

TEST_F(SupervisorTest, NoRepetitionIsBegunAfterTheBudget) {
  add("a", {});
  auto made = plan(20, 1);
  made.experiments[0].repetitions = 3;
  options_.budget_s = 1e-9;
  const auto summary = run(made);
  ASSERT_TRUE(summary.ok());
  EXPECT_TRUE(summary->budget_spent);
  EXPECT_TRUE(sink_.trials.empty());
}

}  // namespace
}  // namespace trainmark::trial

// What goes in comes out: every member of every record, over several runs in one file.
#include <bit>
#include <cmath>

#include "store_testing.hpp"

namespace trainmark::store {
namespace {
using namespace testing;

TEST(RoundTrip, KeepsEveryMember) {
  const auto dir = folder();
  Store store = open_in(dir);
  add_everything(store);
  const RunData data = store.load_run("").value();

  const auto run = run_record();
  EXPECT_EQ(data.run.id, run.id);
  EXPECT_EQ(data.run.study, run.study);
  EXPECT_EQ(data.run.study_hash, run.study_hash);
  EXPECT_EQ(data.run.study_json, run.study_json);
  EXPECT_EQ(data.run.baseline, run.baseline);
  EXPECT_EQ(data.run.command_line, run.command_line);
  EXPECT_EQ(data.run.version, run.version);
  EXPECT_EQ(data.run.started_wall_ns, run.started_wall_ns);
  EXPECT_EQ(data.run.environment, run.environment);

  ASSERT_EQ(data.workloads.size(), 1u);
  const auto workload = workload_record();
  EXPECT_EQ(data.workloads[0].hash, workload.hash);
  EXPECT_EQ(data.workloads[0].network, workload.network);
  EXPECT_EQ(data.workloads[0].dataset, workload.dataset);
  EXPECT_TRUE(data.workloads[0].synthetic);
  EXPECT_EQ(data.workloads[0].json, workload.json);

  ASSERT_EQ(data.trials.size(), 1u);
  const trial::TrialRecord& trial = data.trials[0].trial;
  const auto t = trial_record();
  EXPECT_EQ(trial.id, t.id);
  EXPECT_EQ(trial.run_id, t.run_id);
  EXPECT_EQ(trial.key, t.key);
  EXPECT_EQ(trial.workload_hash, t.workload_hash);
  EXPECT_EQ(trial.platform, t.platform);
  EXPECT_EQ(trial.threads, t.threads);
  EXPECT_EQ(trial.repetition, t.repetition);
  EXPECT_EQ(trial.seed, t.seed);
  EXPECT_EQ(trial.share, t.share);
  EXPECT_EQ(trial.planned_steps, t.planned_steps);
  EXPECT_EQ(trial.started_wall_ns, t.started_wall_ns);
  EXPECT_EQ(trial.hello, t.hello);

  ASSERT_TRUE(data.trials[0].preparation);
  const trial::PreparationRecord& preparation = *data.trials[0].preparation;
  EXPECT_EQ(preparation.start_ns, 1);
  EXPECT_EQ(preparation.build_ns, 2);
  EXPECT_EQ(preparation.compile_ns, 3);
  EXPECT_EQ(preparation.input_ns, 4);
  EXPECT_EQ(preparation.input_bytes, 5);
  EXPECT_EQ(preparation.first_step_ns, 6);
  EXPECT_EQ(preparation.kernels, preparation_record().kernels);
  EXPECT_EQ(preparation.fit_ns, 7);

  ASSERT_TRUE(data.trials[0].warm_start);
  const trial::WarmStartRecord& warm = *data.trials[0].warm_start;
  EXPECT_EQ(warm.trial_id, warm_start_record().trial_id);
  EXPECT_EQ(warm.start_ns, 11);
  EXPECT_EQ(warm.build_ns, 12);
  EXPECT_EQ(warm.compile_ns, 13);
  EXPECT_EQ(warm.input_ns, 14);
  EXPECT_EQ(warm.first_step_ns, 15);

  ASSERT_EQ(data.trials[0].blocks.size(), 1u);
  const trial::BlockRecord& block = data.trials[0].blocks[0];
  const auto b = block_record();
  EXPECT_EQ(block.trial_id, b.trial_id);
  EXPECT_EQ(block.index, b.index);
  EXPECT_EQ(block.round, b.round);
  EXPECT_EQ(block.kind, b.kind);
  EXPECT_EQ(block.started_wall_ns, b.started_wall_ns);
  EXPECT_EQ(block.first_step, b.first_step);
  EXPECT_EQ(block.steps, b.steps);
  EXPECT_EQ(block.epoch, b.epoch);
  EXPECT_EQ(block.samples, b.samples);
  EXPECT_EQ(block.elapsed_ns, b.elapsed_ns);
  EXPECT_EQ(block.times_ns, b.times_ns);
  EXPECT_EQ(block.losses, b.losses);
  EXPECT_EQ(block.correct, b.correct);
  EXPECT_EQ(block.indices_crc, b.indices_crc);
  EXPECT_EQ(block.cpu_ns, b.cpu_ns);
  EXPECT_EQ(block.rss_anon_bytes, b.rss_anon_bytes);
  EXPECT_EQ(block.rss_file_bytes, b.rss_file_bytes);
  EXPECT_EQ(block.disturbed, b.disturbed);
  EXPECT_EQ(block.disturbance, b.disturbance);

  ASSERT_EQ(data.trials[0].evaluations.size(), 1u);
  const trial::EvaluationRecord& evaluation = data.trials[0].evaluations[0];
  EXPECT_EQ(evaluation.trial_id, t.id);
  EXPECT_EQ(evaluation.epoch, 1);
  EXPECT_EQ(evaluation.step, 50);
  EXPECT_EQ(evaluation.correct, 9'000);
  EXPECT_EQ(evaluation.count, 10'000);
  EXPECT_EQ(evaluation.loss, 0.25);
  EXPECT_EQ(evaluation.elapsed_ns, 1'234);

  ASSERT_TRUE(data.trials[0].verdict);
  EXPECT_EQ(data.trials[0].verdict->verdict, "verified");
  EXPECT_EQ(data.trials[0].verdict->summary, "All checks passed.");
  EXPECT_EQ(data.trials[0].verdict->evidence, verdict_record().evidence);

  ASSERT_TRUE(data.trials[0].outcome);
  const trial::OutcomeRecord& outcome = *data.trials[0].outcome;
  const auto o = outcome_record();
  EXPECT_EQ(outcome.kind, o.kind);
  EXPECT_EQ(outcome.message, o.message);
  EXPECT_EQ(outcome.log_tail, o.log_tail);
  EXPECT_EQ(outcome.ended_wall_ns, o.ended_wall_ns);
  EXPECT_EQ(outcome.peak_rss_bytes, o.peak_rss_bytes);
  EXPECT_EQ(outcome.peak_rss_anon_bytes, o.peak_rss_anon_bytes);
  EXPECT_EQ(outcome.memory, o.memory);

  ASSERT_EQ(data.trials[0].readings.size(), 1u);
  EXPECT_EQ(data.trials[0].readings[0].trial_id, t.id);
  EXPECT_EQ(data.trials[0].readings[0].kind, "energy");
  EXPECT_EQ(data.trials[0].readings[0].taken_wall_ns, reading_record().taken_wall_ns);
  EXPECT_EQ(data.trials[0].readings[0].figures, reading_record().figures);
  EXPECT_TRUE(data.readings.empty());

  ASSERT_EQ(data.skips.size(), 1u);
  EXPECT_EQ(data.skips[0].platform, "cuda");
  EXPECT_EQ(data.skips[0].reason, skip_record().reason);
  ASSERT_EQ(data.ends.size(), 1u);
  const trial::RunEndRecord& end = data.ends[0];
  EXPECT_EQ(end.ended_wall_ns, end_record().ended_wall_ns);
  EXPECT_TRUE(end.interrupted);
  EXPECT_EQ((std::vector<int64_t>{end.total_ns, end.start_ns, end.warm_up_ns, end.blocks_ns, end.sentinel_ns, end.evaluation_ns, end.proof_ns}),
            (std::vector<int64_t>{100, 1, 2, 3, 4, 5, 6}));
}

TEST(RoundTrip, AReadingOfTheMachineBelongsToNoTrial) {
  const auto dir = folder();
  Store store = open_in(dir);
  store.add(run_record()).value();
  store.add(reading_record("")).value();
  const RunData data = store.load_run("").value();
  ASSERT_EQ(data.readings.size(), 1u);
  EXPECT_EQ(data.readings[0].trial_id, "");
  EXPECT_EQ(data.readings[0].run_id, run_record().id);
}

TEST(RoundTrip, ATrainingHasNoTimeOfFitting) {
  const auto dir = folder();
  Store store = open_in(dir);
  store.add(run_record()).value();
  store.add(workload_record()).value();
  store.add(trial_record()).value();
  auto preparation = preparation_record();
  preparation.fit_ns.reset();
  store.add(preparation).value();
  EXPECT_EQ(store.load_run("")->trials[0].preparation->fit_ns, std::nullopt);
}

TEST(RoundTrip, KeepsNaNLossesToTheBit) {
  const auto dir = folder();
  Store store = open_in(dir);
  add_everything(store);
  auto block = block_record("00000000000000bb", 1);
  const auto nan = std::bit_cast<double>(uint64_t{0x7FF8'0000'0000'1234});
  block.losses = {nan, -0.0, std::numeric_limits<double>::infinity()};
  block.times_ns.clear();
  block.correct.clear();
  store.add(block).value();
  auto evaluation = evaluation_record();
  evaluation.loss = std::nan("");
  store.add(evaluation).value();
  const RunData data = store.load_run("").value();
  const auto& losses = data.trials[0].blocks[1].losses;
  ASSERT_EQ(losses.size(), 3u);
  EXPECT_EQ(std::bit_cast<uint64_t>(losses[0]), uint64_t{0x7FF8'0000'0000'1234});
  EXPECT_TRUE(std::signbit(losses[1]));
  EXPECT_TRUE(data.trials[0].blocks[1].times_ns.empty());
  EXPECT_TRUE(std::isnan(data.trials[0].evaluations[1].loss));
}

TEST(RoundTrip, KeepsTextThatIsNotUtf8) {
  const auto dir = folder();
  Store store = open_in(dir);
  add_everything(store);
  store.add(trial_record("cc", 1)).value();
  auto outcome = outcome_record("cc", trial::OutcomeKind::kCrashed);
  outcome.log_tail = std::string("cut \xC3 and a zero \0 byte", 22);
  outcome.memory = {{"note", "half \xC3"}};
  store.add(outcome).value();
  const RunData data = store.load_run("").value();
  EXPECT_EQ(data.trials[1].outcome->log_tail, outcome.log_tail);
  EXPECT_EQ(data.trials[1].outcome->kind, trial::OutcomeKind::kCrashed);
}

TEST(RoundTrip, KeepsRunsApart) {
  const auto dir = folder();
  Store store = open_in(dir);
  add_everything(store);
  store.add(run_record("11aa")).value();
  store.add(run_record("12bb")).value();
  store.add(workload_record()).value();  // the same again: nothing happens
  store.add(trial_record("dd", 0, "11aa")).value();
  store.add(block_record("dd", 0)).value();
  EXPECT_EQ(store.runs().value().size(), 3u);
  EXPECT_EQ(store.load_run("").value().run.id, "12bb");
  EXPECT_EQ(store.load_run("11").value().trials.at(0).trial.id, "dd");
  EXPECT_EQ(store.load_run("00").value().trials.at(0).blocks.size(), 1u);
  EXPECT_NE(store.load_run("1").error().message.find("begins the names of 2 runs"), std::string::npos);
  EXPECT_NE(store.load_run("77").error().message.find("holds no run '77'"), std::string::npos);
}

TEST(RoundTrip, RefusesOrphansAndSecondOutcomes) {
  const auto dir = folder();
  Store store = open_in(dir);
  add_everything(store);
  EXPECT_FALSE(store.add(block_record("no such trial", 0)).ok());
  EXPECT_FALSE(store.add(trial_record("ee", 0, "no such run")).ok());
  EXPECT_FALSE(store.add(block_record()).ok());  // the same index again
  const auto second = store.add(outcome_record("00000000000000bb", trial::OutcomeKind::kCrashed));
  ASSERT_FALSE(second.ok());
  EXPECT_NE(second.error().message.find("append-only"), std::string::npos) << second.error().message;
}

}  // namespace
}  // namespace trainmark::store

// Records for tests of the store: complete ones, every member different from its default.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <limits>
#include <string>

#include "core/file.hpp"
#include "store/store.hpp"

namespace trainmark::store::testing {

/// In memory where the system has such a place: each test flushes a dozen times, which takes seconds on a busy disk.
inline core::TemporaryFolder folder() {
  auto in_memory = core::TemporaryFolder::make("/dev/shm", "trainmark-store-");
  if (in_memory) return *std::move(in_memory);
  return core::TemporaryFolder::make(std::filesystem::temp_directory_path(), "trainmark-store-").value();
}

inline trial::RunRecord run_record(const std::string& id = "00000000000000aa") {
  return {id,
          "quick",
          "hash-of-study",
          {{"name", "quick"}, {"repetitions", 2}},
          "cpu",
          "trainmark run quick",
          "0.1.0",
          1'700'000'000'000'000'000,
          {{"machine", {{"cpu", "Fake CPU"}}}}};
}

inline trial::WorkloadRecord workload_record() { return {"workload-hash", "mnist-mlp", "synthetic-digits", true, {{"seed", 1}}}; }

inline trial::TrialRecord trial_record(const std::string& id = "00000000000000bb", int64_t repetition = 0, const std::string& run_id = "00000000000000aa") {
  trial::TrialRecord r;
  r.id = id;
  r.run_id = run_id;
  r.key = "workload-hash/cpu/2/" + std::to_string(repetition);
  r.workload_hash = "workload-hash";
  r.platform = "cpu";
  r.threads = 2;
  r.repetition = repetition;
  r.seed = std::numeric_limits<uint64_t>::max() - 1;
  r.share = 0.5;
  r.planned_steps = 100;
  r.started_wall_ns = 1'700'000'000'000'000'001;
  r.hello = {{"framework", "trainmark"}};
  return r;
}

inline trial::PreparationRecord preparation_record(const std::string& trial_id = "00000000000000bb") {
  return {trial_id, 1, 2, 3, 4, 5, 6, {{"conv1", "direct"}}, 7};
}

inline trial::WarmStartRecord warm_start_record(const std::string& trial_id = "00000000000000bb") { return {trial_id, 11, 12, 13, 14, 15}; }

inline trial::BlockRecord block_record(const std::string& trial_id = "00000000000000bb", int64_t index = 0) {
  trial::BlockRecord r;
  r.trial_id = trial_id;
  r.index = index;
  r.round = index / 2;
  r.kind = trial::BlockKind::kRewarm;
  r.started_wall_ns = 1'700'000'000'000'000'002;
  r.first_step = 3 * index;
  r.steps = 3;
  r.epoch = 1;
  r.samples = 192;
  r.elapsed_ns = 3'000'000;
  r.times_ns = {1'000'000, 1'000'100, 999'900};
  r.losses = {2.3, 2.2, 2.1};
  r.correct = {10, 20, 30};
  r.indices_crc = 0xFFFF'FFFE;
  r.cpu_ns = 6'000'000;
  r.rss_anon_bytes = 20 << 20;
  r.rss_file_bytes = 50 << 20;
  r.disturbed = true;
  r.disturbance = {{"steal_ns", 7}};
  return r;
}

inline trial::EvaluationRecord evaluation_record(const std::string& trial_id = "00000000000000bb") { return {trial_id, 1, 50, 9'000, 10'000, 0.25, 1'234}; }
inline trial::VerdictRecord verdict_record(const std::string& trial_id = "00000000000000bb") {
  return {trial_id, "verified", "All checks passed.", {{"findings", core::Json::array()}}};
}
inline trial::OutcomeRecord outcome_record(const std::string& trial_id = "00000000000000bb", trial::OutcomeKind kind = trial::OutcomeKind::kFinished) {
  return {trial_id, kind, "", "last line", 1'700'000'000'000'000'009, 70 << 20, 20 << 20, {{"parameters", 440}}};
}
inline trial::ReadingRecord reading_record(const std::string& trial_id = "00000000000000bb") {
  return {"00000000000000aa", trial_id, "energy", 1'700'000'000'000'000'008, {{"package_j", 12.5}}};
}
inline trial::SkipRecord skip_record() { return {"00000000000000aa", "cuda", "No NVIDIA driver was found; install one."}; }
inline trial::RunEndRecord end_record() { return {"00000000000000aa", 1'700'000'000'000'000'010, true, 100, 1, 2, 3, 4, 5, 6}; }

/// A run with one trial that has one of everything.
inline void add_everything(Store& store) {
  store.add(run_record()).value();
  store.add(workload_record()).value();
  store.add(trial_record()).value();
  store.add(preparation_record()).value();
  store.add(warm_start_record()).value();
  store.add(block_record()).value();
  store.add(evaluation_record()).value();
  store.add(verdict_record()).value();
  store.add(outcome_record()).value();
  store.add(reading_record()).value();
  store.add(skip_record()).value();
  store.add(end_record()).value();
}

/// Opens DIR/trainmark.sqlite or fails the test.
inline Store open_in(const core::TemporaryFolder& folder, Access access = Access::kReadWrite) {
  auto store = Store::open(folder.path() / kFileName, {access, 10'000});
  EXPECT_TRUE(store.ok()) << (store.ok() ? "" : store.error().message);
  return *std::move(store);
}

}  // namespace trainmark::store::testing

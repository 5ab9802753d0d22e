// Instruments: CPU time, switches, sentinel, rule of disturbance, environment.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "core/clock.hpp"
#include "core/file.hpp"
#include "trial/cpu_reading.hpp"
#include "trial/disturbance.hpp"
#include "trial/environment.hpp"
#include "trial/records.hpp"
#include "trial/thread_use.hpp"

namespace trainmark::trial {
namespace {

TEST(CpuReading, CountsThisProcessInNanoseconds) {
  const std::vector self = {getpid()};
  const auto before = read_cpu(self);
  const int64_t own_before_ns = core::process_cpu_ns();
  volatile double sum = 0;
  for (int i = 0; i < 2'000'000; ++i) sum = sum + i;
  const int64_t own_ns = core::process_cpu_ns() - own_before_ns;
  const auto difference = read_cpu(self) - before;
  EXPECT_GE(difference.cpu_ns, own_ns);
  EXPECT_LT(difference.cpu_ns, own_ns + 5'000'000);
  EXPECT_GE(difference.involuntary_switches, 0);
}

TEST(CpuReading, EndedProcessesCountNothing) {
  const std::vector nobody = {2'000'000'000};
  EXPECT_EQ(read_cpu(nobody).cpu_ns, 0);
  EXPECT_EQ(read_cpu(nobody).involuntary_switches, 0);
}

TEST(Sentinel, TakesAboutAMillisecondAndKnowsItsMinimum) {
  Sentinel sentinel;
  int64_t least = INT64_MAX;
  for (int i = 0; i < 20; ++i) least = std::min(least, sentinel.run());
  EXPECT_EQ(sentinel.minimum_ns(), least);
  EXPECT_GT(least, 50'000);
  EXPECT_LT(least, 5'000'000);
  EXPECT_DOUBLE_EQ(sentinel.slowdown(2 * least), 2);
  EXPECT_DOUBLE_EQ(sentinel.slowdown(least / 2), 1);
}

TEST(Disturbance, EachReasonIsNoticedAndQuietBlocksAreNot) {
  DisturbanceReading quiet;
  quiet.elapsed_ns = 1'000'000'000;
  quiet.threads = 2;
  quiet.cpu.involuntary_switches = 20;
  quiet.wall_ns = 1'100'000'000;
  quiet.allowed_cpus = 2;
  quiet.cpu.cpu_ns = 1'900'000'000;
  quiet.cpu.major_faults = 5;
  quiet.machine.steal_ns = 10'000'000;
  quiet.machine.busy_ns = 2'000'000'000;
  quiet.own_cpu_ns = 10'000'000;
  quiet.machine.thermal_throttles = 0;
  quiet.machine.cgroup_throttled_ns = 10'000'000;
  quiet.frequency_mhz = 2700;
  quiet.best_frequency_mhz = 3000;
  quiet.slowdown_before = 1.1;
  EXPECT_EQ(disturbance(quiet), "");
  auto slow = quiet;
  slow.slowdown_after = 1.5;
  EXPECT_EQ(disturbance(slow), "the sentinel ran 1.50 times slower than at its best");
  auto stolen = quiet;
  stolen.machine.steal_ns = 100'000'000;
  EXPECT_EQ(disturbance(stolen), "the hypervisor took 5.0 % of the CPU time");
  auto switched = quiet;
  switched.cpu.involuntary_switches = 400;
  EXPECT_EQ(disturbance(switched), "each thread lost its CPU to others 200 times per second");
  auto shared = quiet;
  shared.machine.busy_ns += 300'000'000;  // 0.39 of 2.2 s
  EXPECT_EQ(disturbance(shared), "other processes used 18 % of the CPUs");
  auto throttled = quiet;
  throttled.frequency_mhz = 2500;
  EXPECT_EQ(disturbance(throttled), "the CPUs ran at 2500 MHz, after 3000 MHz before");
  throttled.cpu.cpu_ns = throttled.machine.busy_ns = 100'000'000;  // a worker that waits lets the clock fall: a platform on a GPU
  EXPECT_EQ(disturbance(throttled), "");
  auto hot = quiet;
  hot.machine.thermal_throttles = 1;
  EXPECT_EQ(disturbance(hot), "the CPUs were slowed for heat 1 time");
  auto limited = quiet;
  limited.machine.cgroup_throttled_ns = 200'000'000;
  EXPECT_EQ(disturbance(limited), "the control group waited for its CPU quota for 10.0 % of the time");
  auto swapping = quiet;
  swapping.cpu.major_faults = 40;
  EXPECT_EQ(disturbance(swapping), "memory was read back from a disk 40 times per second");
}

// Ticks of 10 ms: what they say of a short block is nothing.
TEST(Disturbance, OtherProcessesNeedThreeTicks) {
  DisturbanceReading reading;
  reading.elapsed_ns = reading.wall_ns = 50'000'000;
  reading.machine.busy_ns = 20'000'000;
  EXPECT_EQ(disturbance(reading), "");
  reading.machine.busy_ns = 30'000'000;
  EXPECT_EQ(disturbance(reading), "other processes used 60 % of the CPUs");
}

TEST(Disturbance, ReadingsThatCouldNotBeHadAreNull) {
  const core::Json json = to_json(DisturbanceReading{});
  for (const char* key : {"frequency_mhz", "thermal_throttles", "cgroup_throttled_ns"}) EXPECT_TRUE(json.at(key).is_null()) << key;
  EXPECT_EQ(json.at("other_cpu_ns"), 0);
}

// A tree of files in place of /proc, with names that try to confuse.
TEST(CpuReading, FindsFaultsSwitchesAndThreadsInProc) {
  const auto folder = core::TemporaryFolder::make(std::filesystem::temp_directory_path(), "trainmark-proc").value();
  const auto write = [&](const std::string& path, const std::string& text) {
    std::filesystem::create_directories((folder.path() / path).parent_path());
    core::write_file(folder.path() / path, text).value();
  };
  write("77/stat", "77 (a (b) c) S 1 2 3 4 5 6 100 200 33 400 50 60 0 0\n");
  write("77/task/77/status", "Name:\tx\nvoluntary_ctxt_switches:\t5\nnonvoluntary_ctxt_switches:\t7\n");
  write("77/task/78/status", "Name:\tx\nnonvoluntary_ctxt_switches:\t10\n");
  write("77/task/77/schedstat", "123456789 5 6\n");
  write("77/task/78/stat", "78 (x) S 1 2 3 4 5 6 100 200 300 400 3 4 0 0\n");
  const std::vector<pid_t> processes = {77};
  const CpuReading reading = read_cpu(processes, folder.path().string());
  EXPECT_EQ(reading.major_faults, 33);
  EXPECT_EQ(reading.involuntary_switches, 17);
  EXPECT_EQ(read_threads(processes, folder.path().string()), (std::map<pid_t, int64_t>{{77, 123456789}, {78, 70'000'000}}));
}

TEST(ThreadUse, AddsWhatEveryThreadDidInEachBlock) {
  ThreadUse use;
  add_block(use, {{1, 100}, {2, 50}}, {{1, 1100}, {2, 50}, {3, 500}}, 1000);  // thread 3 began in the block
  add_block(use, {{1, 2000}, {3, 600}}, {{1, 2900}, {3, 700}}, 1000);         // 2 has ended
  TrialRecord trial;
  trial.id = "t";
  trial.run_id = "r";
  trial.threads = 2;
  const ReadingRecord record = thread_reading(trial, use);
  EXPECT_EQ(record.kind, "threads");
  EXPECT_EQ(record.figures.at("thread_cpu_ns"), (core::Json{1900, 600}));
  EXPECT_EQ(record.figures.at("elapsed_ns"), 2000);
  EXPECT_EQ(record.figures.at("threads_asked"), 2);
}

TEST(Environment, NamesCpuMemorySystemBuildAndTimeAsStrictJson) {
  const auto found = environment();
  for (const char* key : {"cpu", "memory", "system", "build", "time"}) EXPECT_TRUE(found.contains(key)) << key;
  EXPECT_GE(found["cpu"]["threads"].get<int>(), 1);
  EXPECT_GE(found["cpu"]["allowed"].size(), 1u);
  EXPECT_GT(found["memory"]["total_bytes"].get<int64_t>(), 1 << 20);
  EXPECT_FALSE(found["system"]["kernel"].get<std::string>().empty());
  EXPECT_FALSE(found["build"]["compiler"].get<std::string>().empty());
  EXPECT_FALSE(found["build"]["git_commit"].get<std::string>().empty());
  EXPECT_EQ(found["time"]["utc"].get<std::string>().size(), 20u);
  EXPECT_NO_THROW(core::Json::parse(found.dump()));
}

TEST(Names, OfKindsAreDistinct) {
  EXPECT_EQ(block_kind_name(BlockKind::kRewarm), "rewarm");
  EXPECT_EQ(outcome_name(OutcomeKind::kOutOfMemory), "out_of_memory");
  EXPECT_EQ(outcome_name(OutcomeKind::kAbandoned), "abandoned");
}

}  // namespace
}  // namespace trainmark::trial

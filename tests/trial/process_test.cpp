// Processes: started in groups of their own, stopped, killed with all that they started, and dead when we are.
#include "trial/process.hpp"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <fstream>

#include "core/affinity.hpp"
#include "support/sanitizers.hpp"
#include "trial/cpu_reading.hpp"
#include "trial/memory_reading.hpp"
#include "trial/process_testing.hpp"

namespace trainmark::trial {
namespace {

using ProcessTest = WithProcesses;

char state_of(pid_t pid) {
  ProcessStat stat;
  return read_process_stat(pid, stat) ? stat.state : '-';
}

bool has_ended(pid_t pid) {
  const char state = state_of(pid);
  return state == '-' || state == 'Z' || state == 'X';
}

TEST_F(ProcessTest, RunsTheWorkerInAGroupOfItsOwn) {
  auto process = Process::start(fake({}));
  ASSERT_TRUE(process.ok()) << process.error().message;
  ProcessStat stat;
  ASSERT_TRUE(read_process_stat(process->group(), stat));
  EXPECT_EQ(stat.group, process->group());
  EXPECT_NE(stat.group, getpgrp());
}

TEST_F(ProcessTest, StopsEveryProcessOfTheGroupAndContinuesIt) {
  auto process = Process::start(fake({"--fork-child", "--spin"}));
  ASSERT_TRUE(process.ok()) << process.error().message;
  ASSERT_TRUE(eventually([&] { return members_of_group(process->group()).size() == 2; }));
  const auto members = members_of_group(process->group());
  process->stop();
  const auto all_stopped = [&] { return std::all_of(members.begin(), members.end(), [](pid_t pid) { return state_of(pid) == 'T'; }); };
  EXPECT_TRUE(eventually(all_stopped));
  const auto before = read_cpu(members);
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  EXPECT_EQ(read_cpu(members).cpu_ns, before.cpu_ns) << "a stopped worker used the CPU";
  process->resume();
  EXPECT_TRUE(eventually([&] { return (read_cpu(members) - before).cpu_ns > 1'000'000; })) << "a continued worker did not go on";
}

// More spinning threads than CPUs, so that some have yet to take the signal when kill() returns.
TEST_F(ProcessTest, NoThreadRunsWhenStopReturns) {
  auto process = Process::start(fake({"--spin", "--spin", "--spin", "--spin", "--spin", "--spin"}));
  ASSERT_TRUE(process.ok()) << process.error().message;
  const std::vector worker = {process->group()};
  ASSERT_TRUE(eventually([&] { return read_cpu(worker).cpu_ns > 20'000'000; }));
  for (int round = 0; round < 50; ++round) {
    process->stop();
    const auto stopped = read_cpu(worker);
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    ASSERT_EQ(read_cpu(worker).cpu_ns, stopped.cpu_ns) << "a thread ran on after stop() in round " << round;
    process->resume();
    std::this_thread::sleep_for(std::chrono::milliseconds(3));
  }
}

TEST_F(ProcessTest, BindsTheWorkerToTheGivenCpus) {
  auto options = fake({});
  options.cpus = {core::allowed_cpus().back()};
  auto process = Process::start(options);
  ASSERT_TRUE(process.ok());
  const auto bound = [&] {
    const auto status = core::read_file("/proc/" + std::to_string(process->group()) + "/status");
    return status && status->find("Cpus_allowed_list:\t" + std::to_string(options.cpus[0]) + "\n") != std::string::npos;
  };
  EXPECT_TRUE(eventually(bound));
}

TEST_F(ProcessTest, ReportsTheExitCode) {
  auto options = fake({});
  options.command = {"/bin/sh", "-c", "exit 7"};
  auto process = Process::start(options);
  ASSERT_TRUE(process.ok());
  const auto end = process->wait(5);
  ASSERT_TRUE(end.has_value());
  EXPECT_EQ(describe(*end), "ended with exit code 7");
  EXPECT_EQ(classify(*end), worker::FailureKind::kCrashed);
}

TEST_F(ProcessTest, ReportsTheSignalInWords) {
  auto options = fake({});
  options.command = {"/bin/sh", "-c", "kill -SEGV $$"};
  auto process = Process::start(options);
  ASSERT_TRUE(process.ok());
  const auto end = process->wait(5);
  ASSERT_TRUE(end.has_value());
  EXPECT_EQ(describe(*end), "was killed by signal 11 (Segmentation fault)");
}

TEST_F(ProcessTest, ALauncherThatDiesAtOnceIsAnEndLikeAnyOther) {
  auto options = fake({});
  options.program = "/bin/false";
  auto process = Process::start(options);
  ASSERT_TRUE(process.ok()) << process.error().message;
  process->stop();
  process->resume();
  const auto end = process->wait(5);
  ASSERT_TRUE(end.has_value());
  EXPECT_FALSE(end->known);
  EXPECT_EQ(classify(*end), worker::FailureKind::kCrashed);
}

TEST_F(ProcessTest, SaysInTheLogThatAProgramIsMissing) {
  auto options = fake({});
  options.command = {"/no/such/program"};
  auto process = Process::start(options);
  ASSERT_TRUE(process.ok());
  const auto end = process->wait(5);
  ASSERT_TRUE(end.has_value());
  EXPECT_EQ(describe(*end), "ended with exit code 127");
  EXPECT_NE(tail_of(options.log, 5).find("cannot start '/no/such/program': No such file or directory"), std::string::npos);
}

// The supervisor's memory must not show in the worker's: both this test and the launcher's parent hold 300 MB.
TEST_F(ProcessTest, PeakMemoryOfADeadWorkerIsItsOwn) {
  std::vector<char> large(300 << 20, 1);
  ASSERT_EQ(large[large.size() / 2], 1);
  auto process = Process::start(fake({}));
  ASSERT_TRUE(process.ok());
  ASSERT_TRUE(eventually([&] { return read_memory(std::vector{process->group()}).rss_file_bytes > (2 << 20); })) << "a worker that has begun";
  process->kill();
  const auto end = process->wait(5);
  ASSERT_TRUE(end && end->known);
  EXPECT_GT(end->max_rss_bytes, 1 << 20);
  EXPECT_LT(end->max_rss_bytes, 60 << 20);
}

TEST_F(ProcessTest, PeakOfALivingWorkerCanBeReset) {
  if (tests::kSanitized) GTEST_SKIP() << "sanitizers keep memory that was freed";
  const std::vector self = {getpid()};
  {
    std::vector<char> large(64 << 20, 1);
    ASSERT_EQ(large[large.size() / 2], 1);
    EXPECT_GT(read_memory(self).peak_rss_bytes, 64 << 20);
  }
  const int64_t before = read_memory(self).peak_rss_bytes;
  reset_peak_memory(self);
  EXPECT_LT(read_memory(self).peak_rss_bytes, before - (32 << 20));
}

TEST_F(ProcessTest, KillLeavesNoChildBehindInTheGroupOrOutsideOfIt) {
  auto process = Process::start(fake({"--fork-child", "--leave-child", "--ignore-sigterm"}));
  ASSERT_TRUE(process.ok());
  ASSERT_TRUE(eventually([] { return left_over_processes().size() >= 4; })) << "worker, launcher and two children";
  process->kill();
  EXPECT_TRUE(process->wait(5).has_value());
  EXPECT_TRUE(left_over_processes().empty());
}

TEST_F(ProcessTest, ChildrenOfAWorkerThatEndsByItselfAreKilled) {
  auto options = fake({});
  options.command = {"/bin/sh", "-c", "sleep 1000 & setsid sleep 1000 & exit 0"};
  auto process = Process::start(options);
  ASSERT_TRUE(process.ok());
  EXPECT_TRUE(process->wait(5).has_value());
  EXPECT_TRUE(left_over_processes().empty());
}

TEST_F(ProcessTest, DestructionKills) {
  pid_t group = 0;
  {
    auto process = Process::start(fake({}));
    ASSERT_TRUE(process.ok());
    group = process->group();
    process->stop();
  }
  EXPECT_TRUE(has_ended(group));
}

TEST_F(ProcessTest, WorkerDiesWithTheSupervisorEvenWhenStopped) {
  int report[2];
  ASSERT_EQ(pipe(report), 0);
  const pid_t supervisor = fork();
  if (supervisor == 0) {
    auto process = Process::start(fake({"--fork-child", "--ignore-sigterm"}));
    const pid_t group = process.ok() ? process->group() : -1;
    if (process.ok()) process->stop();
    [[maybe_unused]] const auto written = write(report[1], &group, sizeof group);
    pause();
    _exit(0);
  }
  pid_t group = 0;
  ASSERT_EQ(read(report[0], &group, sizeof group), static_cast<ssize_t>(sizeof group));
  ASSERT_GT(group, 0);
  kill(supervisor, SIGKILL);
  waitpid(supervisor, nullptr, 0);
  EXPECT_TRUE(eventually([&] { return has_ended(group) && members_of_group(group).empty(); }, 1));
  close(report[0]);
  close(report[1]);
}

TEST_F(ProcessTest, WorkerDiesWithItsLauncher) {
  auto process = Process::start(fake({}));
  ASSERT_TRUE(process.ok());
  ProcessStat stat;
  ASSERT_TRUE(read_process_stat(process->group(), stat));
  kill(stat.parent, SIGKILL);
  EXPECT_TRUE(eventually([&] { return has_ended(process->group()); }, 1));
  const auto end = process->wait(5);
  ASSERT_TRUE(end.has_value());
  EXPECT_FALSE(end->known);
}

TEST(ProcessEnd, MemoryRanOutOnlyWithTheKernelsWord) {
  ProcessEnd end;
  end.known = true;
  end.status = SIGKILL;
  EXPECT_EQ(classify(end), worker::FailureKind::kCrashed);
  end.memory_evidence = true;
  EXPECT_EQ(classify(end), worker::FailureKind::kOutOfMemory);
  end.killed_by_us = true;
  EXPECT_EQ(classify(end), worker::FailureKind::kCrashed);
  end.killed_by_us = false;
  end.status = SIGSEGV;
  EXPECT_EQ(classify(end), worker::FailureKind::kCrashed);
}

TEST(ProcessEnd, TailHoldsTheLastLinesOnly) {
  auto folder = core::TemporaryFolder::make(std::filesystem::temp_directory_path(), "trainmark-test-");
  ASSERT_TRUE(folder.ok());
  const auto path = folder->path() / "log";
  std::ofstream(path) << "one\ntwo\nthree\a\n\n";
  EXPECT_EQ(tail_of(path, 2), "two\nthree?");
  EXPECT_EQ(tail_of(path, 20), "one\ntwo\nthree?");
  EXPECT_EQ(tail_of(folder->path() / "missing", 2), "");
  std::ofstream(path) << std::string(100'000, 'x') << "\nlast";
  EXPECT_EQ(tail_of(path, 1), "last");
  EXPECT_LE(tail_of(path, 9).size(), 4096u);
}

}  // namespace
}  // namespace trainmark::trial

// Instruments: CPU time, switches, sentinel, rule of disturbance, environment.
#include <gtest/gtest.h>
#include <unistd.h>

#include "core/clock.hpp"
#include "trial/cpu_reading.hpp"
#include "trial/disturbance.hpp"
#include "trial/environment.hpp"
#include "trial/records.hpp"

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
  quiet.cpu.steal_ns = 10'000'000;
  quiet.slowdown_before = 1.1;
  EXPECT_EQ(disturbance(quiet), "");
  auto slow = quiet;
  slow.slowdown_after = 1.5;
  EXPECT_EQ(disturbance(slow), "the sentinel ran 1.50 times slower than at its best");
  auto stolen = quiet;
  stolen.cpu.steal_ns = 100'000'000;
  EXPECT_EQ(disturbance(stolen), "the hypervisor took 5.0 % of the CPU time");
  auto switched = quiet;
  switched.cpu.involuntary_switches = 400;
  EXPECT_EQ(disturbance(switched), "each thread lost its CPU to others 200 times per second");
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

// The machine's counters from a tree of files that the test makes and changes.
#include "instruments/machine_reading.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include "core/file.hpp"

namespace trainmark::instruments {
namespace {

namespace fs = std::filesystem;

class MachineReadings : public testing::Test {
 protected:
  void write(const std::string& path, const std::string& text) {
    fs::create_directories((folder_.path() / path).parent_path());
    core::write_file(folder_.path() / path, text).value();
  }
  MachineFiles files() const {
    const std::string root = folder_.path().string();
    return {root, {1}, {0, 1}, throttle_files(root)};
  }
  core::TemporaryFolder folder_ = core::TemporaryFolder::make(fs::temp_directory_path(), "trainmark-machine").value();
};

TEST_F(MachineReadings, BusyTimeIsThatOfTheAllowedCpusAndStolenTimeThatOfTheWorkers) {
  write("proc/stat", "cpu  9 9 9 9 9 9 9 9 0 0\ncpu0 100 10 20 999 50 3 4 7 0 0\ncpu1 200 0 30 999 50 0 0 9 0 0\ncpu2 5000 0 0 0 0 0 0 80 0 0\nintr 1 cpu7\n");
  const MachineReading reading = read_machine(files());
  EXPECT_EQ(reading.busy_ns, int64_t{100 + 10 + 20 + 3 + 4 + 200 + 30} * 10'000'000);
  EXPECT_EQ(reading.steal_ns, int64_t{9} * 10'000'000);
}

TEST_F(MachineReadings, HeatIsCountedPerCoreAndPackage) {
  EXPECT_FALSE(read_machine(files()).thermal_throttles.has_value());
  write("sys/devices/system/cpu/cpu0/thermal_throttle/core_throttle_count", "1000\n");  // none of the worker's
  write("sys/devices/system/cpu/cpu1/thermal_throttle/core_throttle_count", "3\n");
  write("sys/devices/system/cpu/cpu1/thermal_throttle/package_throttle_count", "4\n");
  const MachineReading before = read_machine(files());
  EXPECT_EQ(before.thermal_throttles, 7);
  write("sys/devices/system/cpu/cpu1/thermal_throttle/package_throttle_count", "6\n");
  EXPECT_EQ((read_machine(files()) - before).thermal_throttles, 2);
}

TEST_F(MachineReadings, QuotaOfVersionTwoIsSummedOverTheGroupAndThoseAboveIt) {
  write("proc/self/cgroup", "0::/outer/inner\n");
  write("sys/fs/cgroup/outer/inner/cpu.stat", "usage_usec 5\nnr_throttled 1\nthrottled_usec 20\n");
  write("sys/fs/cgroup/outer/cpu.stat", "usage_usec 5\nnr_throttled 3\nthrottled_usec 300\n");
  write("sys/fs/cgroup/cpu.stat", "usage_usec 5\n");
  EXPECT_EQ(read_machine(files()).cgroup_throttled_ns, 320'000);
}

TEST_F(MachineReadings, QuotaOfVersionOneIsInNanosecondsUnderItsControllers) {
  write("proc/self/cgroup", "7:cpu,cpuacct:/docker/abc\n6:memory:/docker/abc\n0::/\n");
  write("sys/fs/cgroup/cpu,cpuacct/cpu.stat", "nr_periods 9\nnr_throttled 2\nthrottled_time 777\n");  // the mount of the container is its own group
  EXPECT_EQ(read_machine(files()).cgroup_throttled_ns, 777);
}

TEST_F(MachineReadings, WithoutControlGroupsThereIsNoReading) {
  EXPECT_FALSE(read_machine(files()).cgroup_throttled_ns.has_value());
  EXPECT_FALSE((read_machine(files()) - MachineReading{}).cgroup_throttled_ns.has_value());
}

TEST_F(MachineReadings, FrequencyIsThatOfCpufreqOrOfCpuinfo) {
  EXPECT_FALSE(frequency_mhz(files()).has_value());
  write("proc/cpuinfo", "processor\t: 0\ncpu MHz\t\t: 1000.5\n\nprocessor\t: 1\ncpu MHz\t\t: 2596.122\n");
  EXPECT_DOUBLE_EQ(frequency_mhz(files()).value(), 2596.122);
  write("sys/devices/system/cpu/cpu1/cpufreq/scaling_cur_freq", "3100000\n");
  EXPECT_DOUBLE_EQ(frequency_mhz(files()).value(), 3100);
}

// The machine that the test runs on.
TEST(MachineReading, GrowsWithOurOwnWork) {
  const MachineFiles files = {"", {0}, {0, 1, 2, 3, 4, 5, 6, 7}, throttle_files("")};
  const MachineReading before = read_machine(files);
  volatile double sum = 0;
  for (int i = 0; i < 30'000'000; ++i) sum = sum + i;
  EXPECT_GE((read_machine(files) - before).busy_ns, 0);
  EXPECT_GT(read_machine(files).busy_ns, 0);
}

}  // namespace
}  // namespace trainmark::instruments

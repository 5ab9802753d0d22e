// The environment of machines that are made of files.
#include "trial/environment.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "core/file.hpp"
#include "instruments/system_files.hpp"

namespace trainmark::trial {
namespace {

namespace fs = std::filesystem;

/// A root folder with proc, sys and etc.
class FakeMachine : public ::testing::Test {
 protected:
  void write(const fs::path& path, const std::string& text) const {
    fs::create_directories((options_.root / path).parent_path());
    std::ofstream(options_.root / path) << text;
  }
  core::Json cpu() const { return describe_cpu(options_); }
  core::Json system() const { return describe_system(options_); }

  core::TemporaryFolder folder_ = core::TemporaryFolder::make(fs::temp_directory_path(), "trainmark-machine-").value();
  EnvironmentOptions options_{folder_.path(), {0, 1}, "", "libthere-is-none.so.1"};
};

TEST_F(FakeMachine, NothingReadableIsNullAndNothingElse) {
  const auto found = environment(options_);
  for (const char* path :
       {"/label", "/cpu/model", "/cpu/microcode", "/cpu/governor", "/cpu/turbo", "/cpu/performance_cpus", "/memory/total_bytes", "/memory/swap_used_bytes",
        "/system/kernel", "/system/host", "/system/distribution", "/system/virtualisation", "/system/translation", "/system/container", "/system/limits/cpus",
        "/system/limits/memory_bytes", "/system/load_1_minute", "/system/running", "/gpu_driver"}) {
    ASSERT_TRUE(found.contains(core::Json::json_pointer(path))) << path;
    EXPECT_TRUE(found[core::Json::json_pointer(path)].is_null()) << path;
  }
  EXPECT_EQ(found["gpu_reason"], "there is no NVIDIA driver here (no libthere-is-none.so.1)");
  EXPECT_TRUE(found["gpus"].empty());
}

TEST_F(FakeMachine, CoresCachesMicrocodeGovernorsAndTurbo) {
  std::string cpuinfo;
  for (int n = 0; n < 4; ++n) {
    cpuinfo += "processor\t: " + std::to_string(n) + "\nmodel name\t: Fast CPU\nmicrocode\t: 0xab\nphysical id\t: 0\ncore id\t: " + std::to_string(n / 2) +
               "\nflags\t: fpu avx2 fma\n";
    const std::string folder = "sys/devices/system/cpu/cpu" + std::to_string(n);
    write(folder + "/cpufreq/scaling_governor", n == 3 ? "powersave\n" : "performance\n");
    write(folder + "/topology/thread_siblings_list", n < 2 ? "0-1\n" : "2,3\n");
  }
  write("proc/cpuinfo", cpuinfo);
  write("sys/devices/system/cpu/intel_pstate/no_turbo", "0\n");
  write("sys/devices/cpu_core/cpus", "0-1\n");
  write("sys/devices/cpu_atom/cpus", "2-3\n");
  write("sys/devices/system/cpu/cpu0/cache/index0/level", "2\n");
  write("sys/devices/system/cpu/cpu0/cache/index0/type", "Unified\n");
  write("sys/devices/system/cpu/cpu0/cache/index0/size", "2M\n");
  write("sys/devices/system/cpu/cpu0/cache/index0/shared_cpu_list", "0-1\n");
  const auto found = cpu();
  EXPECT_EQ(found["model"], "Fast CPU");
  EXPECT_EQ(found["microcode"], "0xab");
  EXPECT_EQ(found["threads"], 4);
  EXPECT_EQ(found["cores"], 2);
  EXPECT_EQ(found["performance_cpus"], (core::Json{0, 1}));
  EXPECT_EQ(found["efficiency_cpus"], (core::Json{2, 3}));
  EXPECT_EQ(found["siblings"], (core::Json{{0, 1}, {2, 3}}));
  EXPECT_EQ(found["governors"], (core::Json{"performance", "powersave"}));
  EXPECT_TRUE(found["governor"].is_null()) << "there are two";
  EXPECT_EQ(found["turbo"], true);
  EXPECT_EQ(found["allowed"], (core::Json{0, 1}));
  EXPECT_EQ(found["caches"], (core::Json{{{"level", 2}, {"type", "Unified"}, {"bytes", 2 << 20}, {"shared_by", 2}}}));
  EXPECT_EQ(found["flags"], (core::Json{"avx2", "fma"}));
}

TEST_F(FakeMachine, ArmsKindsOfCoresAreToldByTheirCapacity) {
  write("proc/cpuinfo", "processor : 0\nprocessor : 1\nprocessor : 2\n");
  for (const auto& [n, capacity] : {std::pair{0, "400"}, {1, "1024"}, {2, "1024"}}) {
    write("sys/devices/system/cpu/cpu" + std::to_string(n) + "/cpu_capacity", capacity);
  }
  write("sys/devices/system/cpu/cpufreq/boost", "0\n");
  EXPECT_EQ(cpu()["performance_cpus"], (core::Json{1, 2}));
  EXPECT_EQ(cpu()["efficiency_cpus"], core::Json{0});
  EXPECT_EQ(cpu()["turbo"], false);
}

TEST_F(FakeMachine, MemoryAndSwapInUse) {
  write("proc/meminfo", "MemTotal: 1000 kB\nMemAvailable: 400 kB\nSwapTotal: 200 kB\nSwapFree: 150 kB\n");
  EXPECT_EQ(describe_memory(options_), (core::Json{{"total_bytes", 1024000}, {"available_bytes", 409600}, {"swap_bytes", 204800}, {"swap_used_bytes", 51200}}));
}

TEST_F(FakeMachine, LimitsAreTheTightestOfTheGroupAndThoseAboveIt) {
  write("proc/self/cgroup", "0::/pods/one\n");
  write("sys/fs/cgroup/cpu.max", "max 100000\n");
  write("sys/fs/cgroup/pods/cpu.max", "150000 100000\n");
  write("sys/fs/cgroup/pods/one/cpu.max", "400000 100000\n");
  write("sys/fs/cgroup/pods/one/memory.max", "3000000\n");
  write("sys/fs/cgroup/pods/memory.max", "max\n");
  EXPECT_EQ(system()["limits"], (core::Json{{"cpus", 1.5}, {"memory_bytes", 3000000}}));
}

TEST_F(FakeMachine, LimitsOfTheFirstVersionOfControlGroups) {
  write("proc/self/cgroup", "3:cpu,cpuacct:/docker/abc\n4:memory:/docker/abc\n1:name=systemd:/x\n");
  write("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "50000\n");  // within the container its own group is the mount
  write("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
  write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
  EXPECT_EQ(system()["limits"]["cpus"], 0.5);
  EXPECT_TRUE(system()["limits"]["memory_bytes"].is_null());
}

TEST_F(FakeMachine, KernelHostContainerHypervisorTranslationAndLoad) {
  write("proc/sys/kernel/ostype", "Linux\n");
  write("proc/sys/kernel/osrelease", "5.15.0-microsoft-standard-WSL2\n");
  write("proc/sys/kernel/hostname", "somebodys\n");
  write("proc/loadavg", "3.50 2.00 1.00 4/200 77\n");
  write("proc/cpuinfo", "processor : 0\nflags : fpu hypervisor\n");
  write(".dockerenv", "");
  write("etc/os-release", "NAME=x\nPRETTY_NAME=\"Some Linux 12\"\n");
  const auto found = system();
  EXPECT_EQ(found["kernel"], "Linux 5.15.0-microsoft-standard-WSL2");
  EXPECT_EQ(found["host"], "somebodys");
  EXPECT_EQ(found["translation"], "Windows Subsystem for Linux");
  EXPECT_EQ(found["virtualisation"], "a hypervisor (CPU flag)");
  EXPECT_EQ(found["container"], "docker");
  EXPECT_EQ(found["distribution"], "Some Linux 12");
  EXPECT_EQ(found["load_1_minute"], 3.5);
  EXPECT_EQ(found["running"], 3) << "one of the four is the one who reads";
  write("proc/cpuinfo", "processor : 0\nmodel name : VirtualApple @ 2.50GHz\n");
  write("proc/sys/kernel/osrelease", "6.1\n");
  EXPECT_EQ(system()["translation"], "Rosetta");
}

TEST_F(FakeMachine, DevicesAndDriverAsTheDriverTells) {
  const fs::path shown = folder_.path() / "nvml.txt";
  ::setenv("STUB_NVML_FILE", shown.c_str(), 1);
  std::ofstream(shown) << "devices 1\ndriver 550.54\nname 0 T4\nmemory 0 16000000000\nlimit 0 70000\n";
  options_.nvml_library = STUB_NVML;
  options_.label = "cloud, 4 vCPU";
  const auto found = environment(options_);
  EXPECT_EQ(found["gpu_driver"], "550.54");
  EXPECT_EQ(found["gpus"], (core::Json{{{"index", 0}, {"name", "T4"}, {"memory_bytes", 16000000000}, {"power_limit_w", 70.0}}}));
  EXPECT_TRUE(found["gpu_reason"].is_null());
  EXPECT_EQ(found["label"], "cloud, 4 vCPU");
}

TEST(NumbersInList, RangesSinglesAndRubbish) {
  EXPECT_EQ(instruments::numbers_in_list("0-3,8"), (std::vector<int>{0, 1, 2, 3, 8}));
  EXPECT_EQ(instruments::numbers_in_list(""), std::vector<int>{});
  EXPECT_EQ(instruments::numbers_in_list("x,2,5-4"), std::vector<int>{2});
  EXPECT_LE(instruments::numbers_in_list("0-2000000000").size(), 4096u);
}

}  // namespace
}  // namespace trainmark::trial

// NVIDIA's management library, played by a stub that reads from a file what it shows.
#include "instruments/nvml.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "core/file.hpp"

namespace trainmark::instruments {
namespace {

class NvmlTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto made = core::TemporaryFolder::make(std::filesystem::temp_directory_path(), "trainmark-nvml-");
    ASSERT_TRUE(made.ok());
    folder_ = std::move(*made);
    file_ = folder_.path() / "nvml.txt";
    ::setenv("STUB_NVML_FILE", file_.c_str(), 1);
  }
  Nvml show(const std::string& text) {
    std::ofstream(file_) << text;
    return Nvml::open(STUB_NVML).value();
  }
  core::TemporaryFolder folder_;
  std::filesystem::path file_;
};

TEST_F(NvmlTest, SaysThatThereIsNoDriver) {
  const auto opened = Nvml::open("libthere-is-none.so.1");
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().message, "there is no NVIDIA driver here (no libthere-is-none.so.1)");
}

TEST_F(NvmlTest, TellsTheCodeOfALibraryThatDoesNotStart) {
  std::ofstream(file_) << "fail nvmlInit 9\n";
  const auto opened = Nvml::open(STUB_NVML);
  ASSERT_FALSE(opened.ok());
  EXPECT_NE(opened.error().message.find("nvmlInit gives error 9"), std::string::npos) << opened.error().message;
}

TEST_F(NvmlTest, AnotherLibraryIsNotTakenForNvml) {
  const auto opened = Nvml::open("libc.so.6");
  ASSERT_FALSE(opened.ok());
  EXPECT_NE(opened.error().message.find("lacks functions"), std::string::npos);
}

TEST_F(NvmlTest, AddsTheMemoryOfTheProcessesOverAllDevicesAndOfNobodyElse) {
  const Nvml nvml = show("devices 2\nprocess 0 100 1000\nprocess 0 101 20\nprocess 0 999 7\nprocess 1 100 300\n");
  EXPECT_EQ(nvml.device_count(), 2);
  const std::vector<pid_t> processes = {100, 101, 102};
  EXPECT_EQ(nvml.bytes_of(processes), 1320);
}

TEST_F(NvmlTest, ProcessesThatTheDriverDoesNotListHaveNoFigureInsteadOfZero) {
  const Nvml nvml = show("devices 1\nprocess 0 999 7\nprocess 0 100 ?\n");
  const std::vector<pid_t> processes = {100};
  EXPECT_EQ(nvml.bytes_of(processes), std::nullopt);
  const Nvml failing = show("devices 1\nprocess 0 100 7\nfail nvmlDeviceGetComputeRunningProcesses 4\n");
  EXPECT_EQ(failing.bytes_of(processes), std::nullopt);
}

TEST_F(NvmlTest, FindsItsProcessAmongManyOthers) {
  std::string text = "devices 1\n";
  for (int pid = 1000; pid < 1300; ++pid) text += "process 0 " + std::to_string(pid) + " 1\n";
  const Nvml nvml = show(text + "process 0 100 42\n");
  const std::vector<pid_t> processes = {100};
  EXPECT_EQ(nvml.bytes_of(processes), 42);
}

TEST_F(NvmlTest, TellsNameLimitsPowerAndUseOfADevice) {
  const Nvml nvml = show("devices 2\ndriver 550.54\nname 1 T4\nenergy 1 5000\npower 1 30500\nlimit 1 70000\nbusy 1 93\nmemory 1 16000\n");
  EXPECT_EQ(nvml.driver_version().value(), "550.54");
  EXPECT_EQ(nvml.name(1).value(), "T4");
  EXPECT_EQ(nvml.total_energy_mj(1).value(), 5000);
  EXPECT_EQ(nvml.power_mw(1).value(), 30500);
  EXPECT_EQ(nvml.power_limit_mw(1).value(), 70000);
  EXPECT_DOUBLE_EQ(nvml.kernel_time_share(1).value(), 0.93);
  EXPECT_EQ(nvml.memory_bytes(1).value(), 16000);
  EXPECT_EQ(nvml.kernel_time_share(0).error().message, "nvmlDeviceGetUtilizationRates gives error 3 (not supported by this device)");
}

TEST_F(NvmlTest, KnowsOnWhichDevicesProcessesAre) {
  const Nvml nvml = show("devices 3\nprocess 0 999 7\nprocess 2 100 ?\n");
  const std::vector<pid_t> processes = {100, 101};
  EXPECT_EQ(nvml.devices_of(processes), std::vector<int64_t>{2});
}

}  // namespace
}  // namespace trainmark::instruments

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

}  // namespace
}  // namespace trainmark::instruments

// Helpers of tests that start fake workers.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "core/file.hpp"
#include "trial/interrupt.hpp"
#include "trial/process.hpp"
#include "trial/process_tree.hpp"

namespace trainmark::trial {

/// The fake worker's program: it lies beside the test's.
inline std::filesystem::path fake_worker() { return std::filesystem::read_symlink("/proc/self/exe").parent_path() / "fake_worker"; }

/// Whether `condition` comes true within `timeout_s`.
inline bool eventually(const std::function<bool()>& condition, double timeout_s = 5) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(timeout_s);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

/// Processes of the fake worker's program that have not ended and descend from this test, launchers and orphans too: found by the
/// environment variable that the test sets for itself.
inline std::vector<pid_t> left_over_processes() {
  std::vector<pid_t> left;
  for (const auto& process : all_processes()) {
    if (process.state == 'Z' || process.pid == getpid()) continue;
    const auto environment = core::read_file("/proc/" + std::to_string(process.pid) + "/environ");
    if (environment && environment->find("TRAINMARK_TEST_MARK=" + std::to_string(getpid())) != std::string::npos) left.push_back(process.pid);
  }
  return left;
}

class WithProcesses : public ::testing::Test {
 protected:
  void SetUp() override {
    auto folder = core::TemporaryFolder::make(std::filesystem::temp_directory_path(), "trainmark-test-");
    ASSERT_TRUE(folder.ok());
    folder_ = std::move(*folder);
    ::setenv("TRAINMARK_TEST_MARK", std::to_string(getpid()).c_str(), 1);
    ::setenv("ASAN_OPTIONS", "handle_segv=0:handle_abort=0", 1);  // workers shall die of their signals
    clear_interrupt();
  }
  void TearDown() override {
    clear_interrupt();
    EXPECT_TRUE(eventually([] { return left_over_processes().empty(); }, 2)) << "processes are left behind";
  }
  const std::filesystem::path& folder() const { return folder_.path(); }

  ProcessOptions fake(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), fake_worker().string());
    return {fake_worker(), arguments, {}, folder() / "worker.log"};
  }

 private:
  core::TemporaryFolder folder_;
};

}  // namespace trainmark::trial

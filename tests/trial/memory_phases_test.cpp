// Peaks of phases of this very process.
#include "trial/memory_phases.hpp"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>

namespace trainmark::trial {
namespace {

constexpr int64_t kMiB = 1 << 20;

/// Takes and gives back so much memory.
void touch(int64_t bytes) {
  void* memory = mmap(nullptr, static_cast<size_t>(bytes), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(memory, MAP_FAILED);
  std::memset(memory, 1, static_cast<size_t>(bytes));
  munmap(memory, static_cast<size_t>(bytes));
}

class MemoryPhasesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!reset_peak_memory(self_)) GTEST_SKIP() << "this kernel does not set VmHWM back";
  }
  int64_t peak_of(MemoryPhase phase) const { return memory_.phases[static_cast<size_t>(phase)].peak_rss_bytes.value_or(-1); }

  std::vector<pid_t> self_ = {getpid()};
  MemoryPhases memory_;
};

TEST_F(MemoryPhasesTest, EachPhaseHasAPeakOfItsOwn) {
  const int64_t before = read_memory(self_).rss_anon_bytes + read_memory(self_).rss_file_bytes;
  touch(64 * kMiB);
  end_phase(memory_, MemoryPhase::kCompile, self_);
  touch(16 * kMiB);
  end_phase(memory_, MemoryPhase::kTrain, self_);
  EXPECT_NEAR(static_cast<double>(peak_of(MemoryPhase::kCompile) - before), 64.0 * kMiB, 4.0 * kMiB);
  EXPECT_NEAR(static_cast<double>(peak_of(MemoryPhase::kTrain) - before), 16.0 * kMiB, 4.0 * kMiB);
  EXPECT_TRUE(memory_.resets);
  EXPECT_EQ(memory_.highest_peak_rss_bytes, peak_of(MemoryPhase::kCompile));
}

TEST_F(MemoryPhasesTest, APhaseThatComesAgainKeepsItsLargestPeakAndWhatIsSkippedIsNobodys) {
  touch(8 * kMiB);
  end_phase(memory_, MemoryPhase::kTrain, self_);
  touch(32 * kMiB);
  end_phase(memory_, MemoryPhase::kTrain, self_);
  const int64_t largest = peak_of(MemoryPhase::kTrain);
  touch(4 * kMiB);
  end_phase(memory_, MemoryPhase::kTrain, self_);
  EXPECT_EQ(peak_of(MemoryPhase::kTrain), largest);
  touch(128 * kMiB);
  skip_phase(memory_, self_);
  end_phase(memory_, MemoryPhase::kEvaluate, self_);
  EXPECT_LT(peak_of(MemoryPhase::kEvaluate), largest);
}

TEST_F(MemoryPhasesTest, WherePeaksCannotBeSetBackOnlyAHigherOneIsAPhasesOwn) {
  memory_.resets = false;
  touch(32 * kMiB);
  end_phase(memory_, MemoryPhase::kCompile, self_);
  EXPECT_GT(peak_of(MemoryPhase::kCompile), 32 * kMiB);
  memory_.highest_peak_rss_bytes = INT64_MAX;  // as though the compiler had taken all there is
  end_phase(memory_, MemoryPhase::kTrain, self_);
  EXPECT_EQ(peak_of(MemoryPhase::kTrain), -1);
}

TEST_F(MemoryPhasesTest, TellsPhasesThatCameAsJson) {
  end_phase(memory_, MemoryPhase::kStart, self_);
  const auto json = to_json(memory_);
  ASSERT_EQ(json.size(), 1u);
  const auto& start = json["start"];
  EXPECT_GT(start["pss_bytes"].get<int64_t>(), kMiB / 4);
  EXPECT_LE(start["pss_bytes"].get<int64_t>(), start["peak_rss_bytes"].get<int64_t>());
  EXPECT_GT(start["rss_file_bytes"].get<int64_t>(), 0);
}

TEST(MemoryReading, EndedProcessesHaveNoPss) {
  const std::vector<pid_t> nobody = {2'000'000'000};
  EXPECT_EQ(read_pss(nobody), std::nullopt);
  EXPECT_TRUE(reset_peak_memory(nobody)) << "there is nothing that could be refused";
}

}  // namespace
}  // namespace trainmark::trial

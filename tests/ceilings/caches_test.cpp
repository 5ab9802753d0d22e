// Which caches there are, what threads share of them, and which working sets tell a level from its neighbours.
#include "ceilings/caches.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "ceilings/measure.hpp"
#include "core/file.hpp"

namespace trainmark::ceilings {
namespace {

namespace fs = std::filesystem;

class Caches : public testing::Test {
 protected:
  core::TemporaryFolder folder_ = core::TemporaryFolder::make(fs::temp_directory_path(), "trainmark-caches").value();
  void add(int cpu, int index, const std::string& level, const std::string& type, const std::string& size, const std::string& shared) {
    const fs::path base = folder_.path() / ("cpu" + std::to_string(cpu)) / "cache" / ("index" + std::to_string(index));
    fs::create_directories(base);
    for (const auto& [name, text] : {std::pair{"level", level}, {"type", type}, {"size", size}, {"shared_cpu_list", shared}}) {
      core::write_file(base / name, text + "\n").value();
    }
  }
  // Four CPUs, two of them siblings on each core; one last level for all.
  std::vector<Cache> two_cores(const std::vector<int>& cpus) {
    for (int cpu = 0; cpu < 4; ++cpu) {
      const std::string core = cpu < 2 ? "0-1" : "2-3";
      add(cpu, 0, "1", "Data", "32K", core);
      add(cpu, 1, "1", "Instruction", "64K", core);
      add(cpu, 2, "2", "Unified", "1M", core);
      add(cpu, 3, "3", "Unified", "16M", "0-3");
    }
    return data_caches(cpus, folder_.path().string());
  }
};

TEST_F(Caches, EveryDataCacheIsListedOnceWithoutThoseOfInstructions) {
  const auto caches = two_cores({0, 1, 2, 3});
  ASSERT_EQ(caches.size(), 5u);
  EXPECT_EQ(caches[0].bytes, 32 << 10);
  EXPECT_EQ(caches[1].cpus, (std::vector<int>{2, 3}));
  EXPECT_EQ(caches[4].level, 3);
  EXPECT_EQ(last_level_bytes(caches, {0}), 16 << 20);
}

TEST_F(Caches, ThreadsThatShareACacheHavePartOfIt) {
  const auto caches = two_cores({0, 1, 2, 3});
  EXPECT_EQ(share_of(caches, 2, {0}), 1 << 20);
  EXPECT_EQ(share_of(caches, 2, {0, 2}), 1 << 20);
  EXPECT_EQ(share_of(caches, 2, {0, 1, 2}), 512 << 10) << "siblings on the first core";
  EXPECT_EQ(share_of(caches, 3, {0, 1, 2, 3}), 4 << 20);
  EXPECT_EQ(share_of(caches, 4, {0}), 0);
}

TEST_F(Caches, NothingIsKnownWhereTheSystemDoesNotTell) {
  EXPECT_TRUE(data_caches({0, 1}, "/no/such/folder").empty());
  EXPECT_EQ(last_level_bytes({}, {0}), 0);
  const auto windows = level_windows({}, {0, 1}, int64_t{8} << 30);
  ASSERT_EQ(windows.size(), 1u);
  EXPECT_EQ(windows[0].name, "memory");
  EXPECT_EQ(windows[0].low, 64 << 20) << "for each of two threads";
}

TEST_F(Caches, WindowsDoNotReachIntoTheirNeighbours) {
  const auto windows = level_windows(two_cores({0, 1, 2, 3}), {0}, int64_t{8} << 30);
  ASSERT_EQ(windows.size(), 4u);
  int64_t before = 0;
  for (const LevelWindow& window : windows) {
    EXPECT_EQ(window.missing, "") << window.name;
    EXPECT_GT(window.low, before) << window.name << ": above what the level before holds";
    EXPECT_LE(window.low, window.high) << window.name;
    if (window.capacity > 0) {
      EXPECT_LT(window.high, window.capacity) << window.name;
    }
    before = window.capacity;
  }
  EXPECT_GE(windows.back().low, 4 * (16 << 20)) << "no cache serves much of it";
}

TEST_F(Caches, AShareThatIsNoLargerThanTheLevelBeforeIsSaid) {
  std::vector<Cache> caches = {{1, 32 << 10, {0, 1, 2, 3, 4, 5, 6, 7}}, {2, 64 << 10, {0, 1, 2, 3, 4, 5, 6, 7}}};
  caches[0] = {1, 32 << 10, {0}};
  const auto windows = level_windows(caches, {0, 1, 2, 3, 4, 5, 6, 7}, int64_t{8} << 30);
  EXPECT_NE(windows[1].missing.find("8 threads have 8 KiB of it each, beside 32 KiB"), std::string::npos) << windows[1].missing;
}

TEST_F(Caches, MemoryIsLeftOutWhereItDoesNotSuffice) {
  const auto windows = level_windows({}, {0}, 64 << 20);
  EXPECT_NE(windows[0].missing.find("64 MiB may be taken here"), std::string::npos) << windows[0].missing;
  EXPECT_TRUE(sweep_sizes(windows, true).empty());
}

TEST_F(Caches, TheShortSweepHasOneSetForEachLevelAndTheFullOneMany) {
  const auto windows = level_windows(two_cores({0, 1, 2, 3}), {0}, int64_t{8} << 30);
  const auto few = sweep_sizes(windows, false), many = sweep_sizes(windows, true);
  ASSERT_EQ(few.size(), windows.size());
  for (size_t i = 0; i < few.size(); ++i) EXPECT_TRUE(few[i] >= windows[i].low && few[i] <= windows[i].high) << windows[i].name;
  EXPECT_GT(many.size(), 20u);
  EXPECT_TRUE(std::is_sorted(many.begin(), many.end()));
  EXPECT_EQ(many.back(), few.back());
}

TEST_F(Caches, ThreadCountsArePowersOfTwoAndAll) {
  EXPECT_EQ(usual_thread_counts(1), (std::vector<int>{1}));
  EXPECT_EQ(usual_thread_counts(2), (std::vector<int>{1, 2}));
  EXPECT_EQ(usual_thread_counts(12), (std::vector<int>{1, 2, 4, 8, 12}));
}

}  // namespace
}  // namespace trainmark::ceilings

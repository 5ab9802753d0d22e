// Linux: /sys/devices/system/cpu/cpuN/cache/indexK. Elsewhere no cache is known, and only memory is measured.
#include "ceilings/caches.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <set>

#include "instruments/system_files.hpp"

namespace trainmark::ceilings {
namespace {

/// "48K" or "2M" in bytes.
int64_t size_bytes(const std::string& text) {
  char* end = nullptr;
  const int64_t value = std::strtoll(text.c_str(), &end, 10);
  return *end == 'K' ? value << 10 : *end == 'M' ? value << 20 : *end == 'G' ? value << 30 : value;
}

int64_t users_of(const Cache& cache, const std::vector<int>& used) {
  return std::count_if(used.begin(), used.end(), [&](int cpu) { return std::find(cache.cpus.begin(), cache.cpus.end(), cpu) != cache.cpus.end(); });
}

constexpr int64_t kLeastMemorySet = 128 << 20;  // together: several times what most last levels hold, where none is known
constexpr int64_t kMemoryTimes = 4;             // of the last level

LevelWindow memory_window(const std::vector<Cache>& caches, const std::vector<int>& used, int64_t free_bytes) {
  const int64_t together = std::max(kLeastMemorySet, kMemoryTimes * last_level_bytes(caches, used));
  LevelWindow memory{"memory", together / static_cast<int64_t>(used.size()), 0, 0, ""};
  memory.high = memory.low + memory.low / 2;
  if (together + together / 2 > free_bytes) {
    memory.missing =
        fmt::format("a working set that no cache holds takes {} MiB, and {} MiB may be taken here", (together + together / 2) >> 20, free_bytes >> 20);
  }
  return memory;
}

}  // namespace

std::vector<Cache> data_caches(const std::vector<int>& cpus, const std::string& root) {
  std::vector<Cache> caches;
  std::set<std::string> seen;
  for (const int cpu : cpus) {
    for (int index = 0; index < 10; ++index) {
      const std::string base = fmt::format("{}/cpu{}/cache/index{}", root, cpu, index);
      const std::string size = instruments::first_line(base + "/size"), shared = instruments::first_line(base + "/shared_cpu_list");
      if (size.empty()) break;
      if (instruments::first_line(base + "/type") == "Instruction") continue;
      Cache cache{std::atoi(instruments::first_line(base + "/level").c_str()), size_bytes(size), instruments::numbers_in_list(shared)};
      if (cache.bytes > 0 && seen.insert(fmt::format("{} {}", cache.level, shared)).second) caches.push_back(std::move(cache));
    }
  }
  std::stable_sort(caches.begin(), caches.end(), [](const Cache& a, const Cache& b) { return a.level < b.level; });
  return caches;
}

int64_t share_of(const std::vector<Cache>& caches, int level, const std::vector<int>& used) {
  int64_t smallest = 0;
  for (const Cache& cache : caches) {
    const int64_t users = users_of(cache, used);
    if (cache.level != level || users == 0) continue;
    const int64_t share = cache.bytes / users;
    smallest = smallest == 0 ? share : std::min(smallest, share);
  }
  return smallest;
}

int64_t last_level_bytes(const std::vector<Cache>& caches, const std::vector<int>& used) {
  int64_t bytes = 0;
  for (const Cache& cache : caches) {
    if (cache.level == caches.back().level && users_of(cache, used) > 0) bytes += cache.bytes;
  }
  return bytes;
}

std::vector<LevelWindow> level_windows(const std::vector<Cache>& caches, const std::vector<int>& used, int64_t free_bytes) {
  std::vector<LevelWindow> windows;
  int64_t before = 0;
  std::set<int> levels;
  for (const Cache& cache : caches) levels.insert(cache.level);
  for (const int level : levels) {
    const int64_t share = share_of(caches, level, used);
    if (share == 0) continue;
    LevelWindow window{fmt::format("L{}", level), before == 0 ? share / 4 : before + before / 2, share / 4 * 3, share, ""};
    if (window.high < window.low) window.high = before + share / 2;  // a level that does not repeat what the one before holds
    if (window.high < window.low) {
      window.missing = fmt::format("{} threads have {} KiB of it each, beside {} KiB of the level before", used.size(), share >> 10, before >> 10);
    }
    windows.push_back(window);
    before = std::max(before, share);
  }
  windows.push_back(memory_window(caches, used, free_bytes));
  return windows;
}

}  // namespace trainmark::ceilings

// The caches as the system tells of them, and what of them a thread has to itself when several run.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace trainmark::ceilings {

/// One data cache (or a unified one), and the CPUs that share it.
struct Cache {
  int level = 0;
  int64_t bytes = 0;
  std::vector<int> cpus;
};

/// Every cache that one of `cpus` uses, lowest levels first; none where the system does not tell.
std::vector<Cache> data_caches(const std::vector<int>& cpus, const std::string& root = "/sys/devices/system/cpu");

/// Bytes of a level for each of the `used` CPUs, when all of them are at work; 0 when the level is not known. The smallest share counts.
int64_t share_of(const std::vector<Cache>& caches, int level, const std::vector<int>& used);

/// Of the highest level, all caches that `used` reach together; 0 when none is known.
int64_t last_level_bytes(const std::vector<Cache>& caches, const std::vector<int>& used);

/// A range of working sets whose speed is that of one level: above what the level before holds, within what this one holds.
struct LevelWindow {
  std::string name;           ///< "L1", "L2", ..., "memory"
  int64_t low = 0, high = 0;  ///< bytes per thread
  int64_t capacity = 0;       ///< bytes per thread that the level holds; 0 of memory
  std::string missing;        ///< why it cannot be told from its neighbours; "" when it can
};

/// The levels for threads on `used`, memory last. `free_bytes`: memory that may be taken.
std::vector<LevelWindow> level_windows(const std::vector<Cache>& caches, const std::vector<int>& used, int64_t free_bytes);

}  // namespace trainmark::ceilings

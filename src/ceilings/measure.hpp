// Measuring all ceilings: bursts of every kind in turn, round after round, on bound threads.
#pragma once

#include <functional>
#include <vector>

#include "ceilings/ceilings.hpp"

namespace trainmark::ceilings {

struct MeasureOptions {
  std::vector<int> threads;  ///< counts, each from 1 to the CPUs that we may use
  bool full = false;         ///< every instruction set and the whole sweep; else the two best sets and one working set for each level
  double seconds = 0;        ///< about how long, over all thread counts; 0: as long as the form needs, 20 s or half a second each
  std::function<void(int threads)> on_progress = {};
};

/// 1, 2, 4 ... and all of `cpus`.
std::vector<int> usual_thread_counts(int cpus);

Ceilings measure(const MeasureOptions& options);

/// Working sets in bytes per thread, ascending: the middle of each window that can be told, or a whole sweep through all of them.
std::vector<int64_t> sweep_sizes(const std::vector<LevelWindow>& windows, bool full);

}  // namespace trainmark::ceilings

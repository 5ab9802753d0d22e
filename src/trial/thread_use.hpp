// How much each thread of a worker computed during the timed blocks: the utilisation, per thread and in all.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>

#include "trial/records.hpp"

namespace trainmark::trial {

struct ThreadUse {
  std::map<pid_t, int64_t> cpu_ns;  ///< of every thread that was seen, over the timed blocks
  int64_t elapsed_ns = 0;           ///< of these blocks
};

/// Adds a block; readings as of read_threads. A thread that began within the block counts from zero, one that has ended not at all.
void add_block(ThreadUse& use, const std::map<pid_t, int64_t>& before, const std::map<pid_t, int64_t>& after, int64_t elapsed_ns);

/// The record: threads asked for, CPU time of each thread, the busiest first.
ReadingRecord thread_reading(const TrialRecord& trial, const ThreadUse& use);

}  // namespace trainmark::trial

// CPU time and involuntary context switches of a worker's processes, and the machine's stolen time.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <span>

namespace trainmark::trial {

struct CpuReading {
  int64_t cpu_ns = 0;                ///< CPU time of the processes, all threads
  int64_t involuntary_switches = 0;  ///< times that a thread which could have gone on was taken off its CPU
  int64_t steal_ns = 0;              ///< CPU time of the whole machine that the hypervisor gave to others
};

/// Counters since start, to be subtracted. The CPU time is that of the processes' own clocks, in nanoseconds; /proc counts in 10 ms.
CpuReading read_cpu(std::span<const pid_t> processes);

CpuReading operator-(const CpuReading& after, const CpuReading& before);

}  // namespace trainmark::trial

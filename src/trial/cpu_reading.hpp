// CPU time, involuntary context switches and major faults of a worker's processes, and the CPU time of each of their threads.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <span>
#include <string>

namespace trainmark::trial {

struct CpuReading {
  int64_t cpu_ns = 0;                ///< CPU time of the processes, all threads
  int64_t involuntary_switches = 0;  ///< times that a thread which could have gone on was taken off its CPU
  int64_t major_faults = 0;          ///< pages that had to be read from a disk
};

/// Counters since start, to be subtracted. The CPU time is that of the processes' own clocks, in nanoseconds; /proc counts in 10 ms.
/// `proc`: where the rest is read.
CpuReading read_cpu(std::span<const pid_t> processes, const std::string& proc = "/proc");

CpuReading operator-(const CpuReading& after, const CpuReading& before);

/// CPU time of every thread by its number, in ns: the kernel's scheduler statistics, or ticks of 10 ms where it keeps none.
std::map<pid_t, int64_t> read_threads(std::span<const pid_t> processes, const std::string& proc = "/proc");

}  // namespace trainmark::trial

// Memory of a worker's processes, from /proc/PID/status.
//
// The peak is VmHWM, which the kernel keeps while the process lives and which can be reset between phases; ru_maxrss serves only for
// workers that died. Over several processes the values are added: pages that they share count more than once.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <span>

namespace trainmark::trial {

struct MemoryReading {
  int64_t peak_rss_bytes = 0;  ///< VmHWM since start or the last reset
  int64_t rss_anon_bytes = 0;  ///< private memory: heap, stacks
  int64_t rss_file_bytes = 0;  ///< pages of mapped files: the program, its libraries, the samples
};

/// Sum over the processes; those that have ended count nothing.
MemoryReading read_memory(std::span<const pid_t> processes);

/// The processes' shares of the pages that they have, common pages divided by their users: PSS of /proc/PID/smaps_rollup. Costs a
/// millisecond for each gigabyte or so. Nothing where the system does not tell it of one that lives.
std::optional<int64_t> read_pss(std::span<const pid_t> processes);

/// Sets VmHWM to the present size (writes 5 to /proc/PID/clear_refs). False when the system refuses; those that have ended do not count.
bool reset_peak_memory(std::span<const pid_t> processes);

}  // namespace trainmark::trial

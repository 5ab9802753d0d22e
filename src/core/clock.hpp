// The two clocks of the suite: a monotonic one for every duration, the wall clock only to say when something began.
#pragma once

#include <cstdint>

namespace trainmark::core {

/// Nanoseconds of CLOCK_MONOTONIC: the same clock in every process of the machine, so edges taken by the supervisor
/// and by workers can be compared.
int64_t now_ns();

/// Nanoseconds since 1970-01-01 UTC.
int64_t wall_clock_ns();

/// CPU time of this process, all threads, in nanoseconds.
int64_t process_cpu_ns();

}  // namespace trainmark::core

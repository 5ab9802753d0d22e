// How long a cache line takes from one core to another: what every barrier between threads costs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace trainmark::ceilings {

/// Nanoseconds one way, a value for each of `batches` batches of ping-pong between threads that are bound to the two CPUs: half of the
/// round trip. Ends early, with fewer values, when the two do not run at the same time for long.
std::vector<double> core_to_core_ns(int first_cpu, int second_cpu, int batches);

/// Pairs worth measuring: all of them up to `most`, else the first CPU with as many others as there may be.
std::vector<std::pair<int, int>> cpu_pairs(const std::vector<int>& cpus, size_t most);

}  // namespace trainmark::ceilings

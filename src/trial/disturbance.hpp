// Was a round disturbed by something else on the machine? A sentinel of known cost and counters of the kernel say so.
//
// The sentinel is a fixed chain of dependent multiplications, three times 0.3 ms or so, of which the fastest counts: a single
// interrupt does not alarm it, a lower clock frequency or a busy sibling thread does. It runs between blocks, while all workers are
// stopped, and is compared with its own minimum over the run so far.
//
// The rule, kept simple: a block is disturbed when
// - the sentinel before or after it took more than 1.15 times its minimum, or
// - the hypervisor took more than 1 % of the time of the CPUs that the block may use, or
// - its threads were involuntarily switched more than 50 times per second and thread (a quiet machine has below 10), or
// - other processes used more than 5 % of the time of the CPUs that we may use, and at least 30 ms (the kernel counts ticks of 10 ms), or
// - its CPUs ran at less than 0.85 of the frequency that this worker's blocks have had, while it used at least half of them, or
// - a CPU was slowed for heat, or
// - its control group waited for its quota for more than 1 % of the time of its threads, or
// - it had more than 10 major faults a second: memory that came from a disk.
// One disturbed block marks its whole round, for all platforms: they are compared within rounds.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/json.hpp"
#include "instruments/machine_reading.hpp"
#include "trial/cpu_reading.hpp"

namespace trainmark::trial {

class Sentinel {
 public:
  /// Runs the kernel and returns its time. Takes about one millisecond.
  int64_t run();
  /// How much slower than the fastest so far: 1 or more.
  double slowdown(int64_t elapsed_ns) const;
  int64_t minimum_ns() const { return minimum_ns_; }

 private:
  int64_t minimum_ns_ = 0;
};

/// What was seen around one block.
struct DisturbanceReading {
  double slowdown_before = 1, slowdown_after = 1;  ///< of the sentinel
  CpuReading cpu;                                  ///< of the worker, during the block
  instruments::MachineReading machine;             ///< during the block
  int64_t own_cpu_ns = 0;                          ///< CPU time of this process meanwhile
  std::optional<double> frequency_mhz;             ///< right after the block
  double best_frequency_mhz = 0;                   ///< after any block of this worker so far; 0: unknown
  int64_t elapsed_ns = 0;                          ///< of the block
  int64_t wall_ns = 0;                             ///< between the readings of the counters
  int threads = 1;
  int allowed_cpus = 1;
};

/// CPU time of processes that are neither the worker's nor ours, on the CPUs that we may use.
int64_t other_cpu_ns(const DisturbanceReading& reading);

/// Why the block counts as disturbed, in words; "" when it does not.
std::string disturbance(const DisturbanceReading& reading);

core::Json to_json(const DisturbanceReading& reading);

}  // namespace trainmark::trial

// Was a round disturbed by something else on the machine? A sentinel of known cost and counters of the kernel say so.
//
// The sentinel is a fixed chain of dependent multiplications, three times 0.3 ms or so, of which the fastest counts: a single
// interrupt does not alarm it, a lower clock frequency or a busy sibling thread does. It runs between blocks, while all workers are
// stopped, and is compared with its own minimum over the run so far.
//
// The rule, kept simple: a block is disturbed when
// - the sentinel before or after it took more than 1.15 times its minimum, or
// - the hypervisor took more than 1 % of the time of the CPUs that the block may use, or
// - its threads were involuntarily switched more than 50 times per second and thread (a quiet machine has below 10).
// One disturbed block marks its whole round, for all platforms: they are compared within rounds.
#pragma once

#include <cstdint>
#include <string>

#include "core/json.hpp"
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
  CpuReading cpu;                                  ///< during the block
  int64_t elapsed_ns = 0;                          ///< of the block
  int threads = 1;
};

/// Why the block counts as disturbed, in words; "" when it does not.
std::string disturbance(const DisturbanceReading& reading);

core::Json to_json(const DisturbanceReading& reading);

}  // namespace trainmark::trial

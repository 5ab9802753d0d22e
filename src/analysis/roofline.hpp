// The roofline: a step and its operations held against what the machine can do (Williams, Waterman, Patterson, "Roofline: An Insightful
// Visual Performance Model for Multicore Architectures", CACM 52, 2009), with the caches as roofs too.
//
// A piece of work takes at least the longer of two times: its arithmetic at the peak, and its bytes at the bandwidth of the smallest level
// that holds its working set. What several pieces take at least is the sum. Two columns of bytes are never mixed: compulsory ones
// (each operation reads its inputs and writes its outputs once, by shape) and those of the implementation (what the kernels of an
// engine touch after fusion), which only the engine `cpu` tells. A platform that fuses moves less than the compulsory bytes, so that a
// fraction above 1 by that column is no wonder; plausibility.hpp says what would be one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ceilings/ceilings.hpp"

namespace trainmark::analysis {

/// What one number of threads reaches at most, together.
struct Roof {
  struct Level {
    std::string name;   ///< "L1" ..., "memory"
    int64_t bytes = 0;  ///< that it holds; of memory: any number
    double gbs = 0;     ///< of reads and writes mixed: the best of triad, non-temporal triad and update
  };
  std::string type;                       ///< "float32": of the peak
  double peak_gops = 0;                   ///< over all instruction sets
  std::vector<Level> levels;              ///< smallest first; memory, where it could be measured, last
  double most_memory_gbs = 0;             ///< of memory, loads alone too: what nothing can exceed; 0: not known
  int64_t last_level_bytes = 0;           ///< of the caches; 0: not known
  std::optional<double> core_to_core_ns;  ///< one way; none with one thread
};

/// Nothing when no peak of that type was measured with so many threads.
std::optional<Roof> roof_of(const ceilings::Ceilings& ceilings, const std::string& type, int threads);

/// Work that is done once in a step.
struct Piece {
  std::string operation, phase;   ///< words of docs/protocol.md, "operations"
  int64_t flops = 0;              ///< convolutions and dense layers, a multiply-add is two
  int64_t bytes = 0;              ///< moved
  int64_t working_set_bytes = 0;  ///< distinct ones: what a cache must hold
};

/// How pieces stand to their roofs.
struct Placement {
  int64_t bytes = 0;
  double gbs = 0;                   ///< bytes over the time
  std::optional<double> intensity;  ///< FLOPs per byte; none where nothing moves
  double attainable_ns = 0;         ///< what the roofs allow
  std::string ceiling;              ///< which of them most of it hangs on: "float32 arithmetic", "L2 bandwidth"
  double ceiling_rate = 0;          ///< of that one: 1e9 operations or bytes a second
  double fraction = 0;              ///< attainable_ns over the time: 1 is at the roof
};

/// A step, or one kind of operation of it.
struct Point {
  std::string operation, phase;  ///< "step" and "" of the whole
  double time_ns = 0;            ///< by the clock
  double share = 1;              ///< of the step
  int64_t flops = 0;
  double gflops = 0;
  std::optional<Placement> compulsory, implementation;  ///< none: not known, or it moves and computes nothing that is counted
};

/// Everything about one platform.
struct Roofline {
  Point step;
  std::vector<Point> operations;  ///< longest first; empty where nobody took the step apart
  double rest_share = 0;          ///< of the step, in none of them
};

/// The level that holds so many bytes; memory when none does. Null where no level is known.
const Roof::Level* level_for(const Roof& roof, int64_t working_set_bytes);

/// Nothing when the pieces neither compute nor move anything.
std::optional<Placement> place(double time_ns, const std::vector<Piece>& pieces, const Roof& roof);

/// Time of one kind of operation, as a worker's profile tells.
struct TimedOperation {
  std::string operation, phase;
  double time_ns = 0;
};

/// `step_ns` is the steady time of a step; `profiled_ns` that of the steps that `operations` were taken from, 0 when there are none.
/// `implementation` may be empty: not known.
Roofline roofline(double step_ns, const std::vector<Piece>& compulsory, const std::vector<Piece>& implementation, const std::vector<TimedOperation>& operations,
                  double profiled_ns, const Roof& roof);

}  // namespace trainmark::analysis

// What a machine can do at most, as measured here and now: plain data, and how it is looked up.
//
// Every figure is the upper quantile (90 %) of bursts that were interleaved with those of all others, with the median beside it: what
// lies far apart was disturbed. Of latencies it is the lower one (10 %). Datasheets are never asked.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ceilings/caches.hpp"
#include "core/json.hpp"
#include "core/result.hpp"

namespace trainmark::ceilings {

/// Arithmetic in registers, of all threads together.
struct Peak {
  std::string isa, type, instruction;  ///< as in ArithmeticKernel
  int threads = 1;
  double gops = 0, median_gops = 0;  ///< 1e9 operations a second, a multiply-add is two
};

/// One pattern over one working set, of all threads together.
struct Bandwidth {
  std::string level;    ///< "L1", "L2", ..., "memory"; "" of a set between two levels
  std::string pattern;  ///< as in MemoryPattern
  int threads = 1;
  int64_t bytes_per_thread = 0;
  double gbs = 0, median_gbs = 0;  ///< 1e9 bytes a second
};

/// A cache line from one core to another, one way.
struct Latency {
  int first_cpu = 0, second_cpu = 0;
  double ns = 0, median_ns = 0;
};

/// What threads of this count have of a level.
struct Capacity {
  std::string level;
  int threads = 1;
  int64_t bytes = 0;  ///< of all of them together
};

/// A ceiling that could not be had.
struct Missing {
  std::string figure, reason;
};

struct Ceilings {
  core::Json machine;  ///< the state in which it was measured: see cache_file.hpp; null where nobody asked
  bool full = false;   ///< the long form: all instruction sets, the whole sweep
  bool again = false;  ///< measured once more, because a figure of a run lay above
  int64_t measured_wall_ns = 0;
  double elapsed_s = 0;
  std::vector<Peak> peaks;
  std::vector<Bandwidth> levels;  ///< of each level, pattern and thread count the best working set
  std::vector<Bandwidth> sweep;   ///< every working set; empty in the short form
  std::vector<Latency> latencies;
  std::vector<Capacity> capacities;
  std::vector<Missing> missing;
};

/// The highest peak of a type ("float32") over the instruction sets.
std::optional<double> peak_gops(const Ceilings& ceilings, std::string_view type, int threads);

/// The highest bandwidth of a level over the patterns, or over those given.
std::optional<double> bandwidth_gbs(const Ceilings& ceilings, std::string_view level, int threads, const std::vector<std::string>& patterns = {});

/// Bytes of a level for that many threads together; of the last one where the name is "".
std::optional<int64_t> capacity_bytes(const Ceilings& ceilings, std::string_view level, int threads);

/// Of each figure the better of the two; what only one has is kept.
Ceilings best_of(Ceilings a, const Ceilings& b);

/// docs/store.md, "ceilings".
core::Json to_json(const Ceilings& ceilings);
/// Errors: a member is missing or of another type.
core::Result<Ceilings> from_json(const core::Json& json);

}  // namespace trainmark::ceilings

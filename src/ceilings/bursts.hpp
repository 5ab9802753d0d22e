// Bursts: what every thread of a pool does in a few milliseconds, as a rate.
//
// Short on purpose: bursts of different kinds are interleaved with each other and with what is measured, so that all see the same
// clock, the same neighbours and the same cores.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ceilings/kernels.hpp"
#include "ceilings/pages.hpp"
#include "core/thread_pool.hpp"

namespace trainmark::ceilings {

/// Billions of operations a second of all threads together, a multiply-add being two, in about `us` microseconds.
double arithmetic_burst(core::ThreadPool& pool, const ArithmeticKernel& kernel, int us);

/// The same for float32 and an instruction set ("" is the best), which must be supported.
double fma_burst(core::ThreadPool& pool, const std::string& isa, int us);

/// Working sets of one pattern: the same number of bytes for each thread. Where a burst ends the next one goes on, so that a set that
/// takes longer than a burst is gone through whole all the same.
class MemoryBurst {
 public:
  /// `bytes` per thread, all arrays of the pattern together; less than a few kilobytes is rounded up.
  MemoryBurst(const MemoryPattern& pattern, int64_t bytes, int threads);

  /// 1e9 bytes a second of all threads together. `memory` has a Pages for each thread, of at least bytes(), touched before.
  double run(core::ThreadPool& pool, const std::vector<Pages>& memory, int us);

  int64_t bytes() const { return values_ * 4 * pattern_.arrays; }  ///< per thread, as rounded

 private:
  MemoryPattern pattern_;
  int64_t values_;  ///< of each array
  std::vector<int64_t> positions_;
};

/// Memory for each thread, touched by it.
std::vector<Pages> touched_pages(core::ThreadPool& pool, int64_t bytes);

/// GB/s of a pattern over `bytes` per thread, in memory of its own.
double bandwidth_burst(core::ThreadPool& pool, const std::string& isa, std::string_view pattern, int64_t bytes, int us);

}  // namespace trainmark::ceilings

// What the machine can do at most, measured here and now in short bursts: what fractions are fractions of.
//
// Bursts are interleaved with what is measured, so that both see the same clock, the same neighbours and the same cores.
#pragma once

#include <cstdint>
#include <string>

#include "core/thread_pool.hpp"

namespace trainmark::backends::cpu {

/// GFLOP/s (a multiply-add is two, float32) of one burst of about `us` microseconds on every thread of the pool, with enough
/// independent sums to fill the units. `isa` as in EngineOptions, and supported here.
double fma_burst(core::ThreadPool& pool, const std::string& isa, int us);

/// GB/s of a <- a + s b over arrays of `bytes` per thread, both together: three values move per multiply-add. Small arrays
/// lie in a cache, arrays far larger than all caches in memory.
double bandwidth_burst(core::ThreadPool& pool, const std::string& isa, int64_t bytes, int us);

}  // namespace trainmark::backends::cpu

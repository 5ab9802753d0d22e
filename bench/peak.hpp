// The machine's peak of fused multiply-adds, measured here and now: what fractions are fractions of.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/thread_pool.hpp"

namespace trainmark::bench {

/// GFLOP/s (a multiply-add is two) of one burst of about `us` microseconds on every thread of the pool, with enough
/// independent sums to fill the units. `isa` as in EngineOptions.
double fma_burst(core::ThreadPool& pool, const std::string& isa, int us);

/// Median of some values; 0 when there are none.
double median(std::vector<double> values);

}  // namespace trainmark::bench

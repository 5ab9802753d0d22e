// A burst ends for each thread at the first look at the clock after its time; what a thread does between two looks takes 5 to 10 us,
// which is what the threads may end apart.
#include "ceilings/bursts.hpp"

#include <algorithm>
#include <atomic>

#include "core/clock.hpp"

namespace trainmark::ceilings {
namespace {

constexpr int64_t kArithmeticRounds = 200;       // times 8 to 20 sums times 8: about 5 us
constexpr int64_t kBytesBetweenLooks = 1 << 20;  // 5 to 10 us from a cache
constexpr int64_t kChunkValues = 16 << 10;       // of an array, in one call of a pattern

/// Billions per second of what `work` returns, called again and again on every thread.
template <class Work>
double rate_of(core::ThreadPool& pool, int us, const Work& work) {
  pool.run(pool.threads(), [](int, int) {});  // wakes the threads that sleep
  std::atomic<int64_t> total{0};
  const int64_t start = core::now_ns(), stop = start + us * int64_t{1000};
  pool.run(pool.threads(), [&](int, int thread) {
    int64_t done = 0;
    do done += work(thread);
    while (core::now_ns() < stop);
    total += done;
  });
  return static_cast<double>(total.load()) / static_cast<double>(core::now_ns() - start);
}

// Arrays whose distance is not a multiple of 4 KB: else a load waits for a store that has the same low bits of its address.
int64_t values_per_array(int64_t bytes, int64_t arrays) {
  constexpr int64_t kPage = 1024, kOffset = 3 * kPassUnit;  // in values
  int64_t values = bytes / 4 / arrays / kPassUnit * kPassUnit;
  if (arrays > 1 && values > 2 * kPage) values -= (values % kPage - kOffset + kPage) % kPage;
  return std::max(values, kPassUnit);
}

}  // namespace

double arithmetic_burst(core::ThreadPool& pool, const ArithmeticKernel& kernel, int us) {
  return rate_of(pool, us, [&](int) {
    float sink = 0;
    const int64_t operations = kernel.run(kArithmeticRounds, &sink);
    return operations + (sink == 1e30F ? 1 : 0);  // so that the sums are needed
  });
}

double fma_burst(core::ThreadPool& pool, const std::string& isa, int us) { return arithmetic_burst(pool, multiply_add_kernel(isa), us); }

MemoryBurst::MemoryBurst(const MemoryPattern& pattern, int64_t bytes, int threads)
    : pattern_(pattern), values_(values_per_array(bytes, pattern.arrays)), positions_(static_cast<size_t>(threads) * 16) {}  // 16: a cache line each

double MemoryBurst::run(core::ThreadPool& pool, const std::vector<Pages>& memory, int us) {
  return rate_of(pool, us, [&](int thread) {
    float* const a = memory[static_cast<size_t>(thread)].floats();
    float* const b = a + values_ * (pattern_.arrays > 1 ? 1 : 0);
    float* const c = a + values_ * (pattern_.arrays > 2 ? 2 : 0);
    int64_t& position = positions_[static_cast<size_t>(thread) * 16];
    int64_t moved = 0;
    float bits = 0;
    while (moved < kBytesBetweenLooks) {
      const int64_t n = std::min(kChunkValues, values_ - position);
      bits += pattern_.pass(a + position, b + position, c + position, n);
      position = position + n == values_ ? 0 : position + n;
      moved += n * 4 * pattern_.moved;
    }
    return moved + (bits == 1e30F ? 1 : 0);
  });
}

std::vector<Pages> touched_pages(core::ThreadPool& pool, int64_t bytes) {
  std::vector<Pages> memory;
  memory.reserve(static_cast<size_t>(pool.threads()));
  for (int t = 0; t < pool.threads(); ++t) memory.emplace_back(bytes);
  pool.run(pool.threads(), [&](int, int thread) {
    float* const values = memory[static_cast<size_t>(thread)].floats();
    std::fill(values, values + bytes / 4, 1.0F);
  });
  return memory;
}

double bandwidth_burst(core::ThreadPool& pool, const std::string& isa, std::string_view pattern, int64_t bytes, int us) {
  MemoryBurst burst(memory_pattern(isa, pattern), bytes, pool.threads());
  const std::vector<Pages> memory = touched_pages(pool, burst.bytes());
  return burst.run(pool, memory, us);
}

}  // namespace trainmark::ceilings

// Multiply-adds in registers, and an update in place as the engine's own updates move their bytes.
#include "backends/cpu/peak.hpp"

#include "backends/cpu/targets.hpp"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backends/cpu/peak.cpp"
#include <hwy/foreach_target.h>

#include "backends/cpu/simd.hpp"

#ifndef TRAINMARK_CPU_PEAK_ONCE
#define TRAINMARK_CPU_PEAK_ONCE
namespace trainmark::backends::cpu {

struct Bursts {
  int64_t (*multiply_adds)(int64_t rounds, float* sink) = nullptr;
  void (*update_pass)(float* a, const float* b, int64_t n) = nullptr;
};

}  // namespace trainmark::backends::cpu
#endif

HWY_BEFORE_NAMESPACE();
namespace trainmark::backends::cpu::HWY_NAMESPACE {
namespace {

// Runs `rounds` rounds of 8 multiply-adds per accumulator; returns the floating-point operations done.
int64_t multiply_adds(int64_t rounds, float* sink) {
  const D d;
  constexpr int kSums = kAccumulators < 8 ? 8 : kAccumulators / 2 * 2 > 16 ? 20 : 12;
  V sums[kSums];
  unroll<kSums>([&](auto i) CPU_LAMBDA { sums[i] = hn::Set(d, static_cast<float>(i)); });
  const V a = hn::Set(d, 0.999F), b = hn::Set(d, 0.001F);
  for (int64_t r = 0; r < rounds; ++r) {
    unroll<8>([&](auto) CPU_LAMBDA { unroll<kSums>([&](auto i) CPU_LAMBDA { sums[i] = hn::MulAdd(sums[i], a, b); }); });
  }
  V total = hn::Zero(d);
  unroll<kSums>([&](auto i) CPU_LAMBDA { total = hn::Add(total, sums[i]); });
  *sink = hn::GetLane(total);
  return rounds * 8 * kSums * kL * 2;
}

// a (n) <- a + s b (n), n a multiple of four vectors.
void update_pass(float* a, const float* b, int64_t n) {
  const D d;
  const V s = hn::Set(d, 0.5F);
  for (int64_t i = 0; i < n; i += 4 * kL) {
    unroll<4>([&](auto j) CPU_LAMBDA { hn::Store(hn::MulAdd(s, hn::Load(d, b + i + j * kL), hn::Load(d, a + i + j * kL)), d, a + i + j * kL); });
  }
}

void fill(Bursts& bursts) { bursts = {&multiply_adds, &update_pass}; }

}  // namespace
}  // namespace trainmark::backends::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include <algorithm>
#include <atomic>
#include <map>
#include <vector>

#include "backends/cpu/buffer.hpp"
#include "core/clock.hpp"

namespace trainmark::backends::cpu {
HWY_EXPORT(fill);
namespace {

// The functions for an instruction set: Highway dispatches as if the machine had that target only.
Bursts fetch(const std::string& isa) {
  static const std::map<std::string, int64_t> kBits = {
#if HWY_ARCH_X86
    {"avx512", HWY_AVX3},
    {"avx2", HWY_AVX2},
    {"sse4", HWY_SSE4},
#elif HWY_ARCH_ARM
    {"neon", HWY_NEON},
#endif
    {"scalar", HWY_EMU128}
  };
  const auto found = kBits.find(isa.empty() ? supported_isas().front() : isa);
  hwy::SetSupportedTargetsForTest(found == kBits.end() ? 0 : found->second);
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  Bursts bursts;
  HWY_DYNAMIC_DISPATCH(fill)(bursts);
  hwy::SetSupportedTargetsForTest(0);
  hwy::GetChosenTarget().DeInit();
  return bursts;
}

const Bursts& bursts_for(const std::string& isa) {
  static std::map<std::string, Bursts> known;
  auto& bursts = known[isa];
  if (bursts.multiply_adds == nullptr) bursts = fetch(isa);
  return bursts;
}

/// Billions per second of what `work` returns, called again and again on every thread.
template <class Work>
double rate_of(core::ThreadPool& pool, int us, const Work& work) {
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

}  // namespace

double fma_burst(core::ThreadPool& pool, const std::string& isa, int us) {
  const Bursts& bursts = bursts_for(isa);
  return rate_of(pool, us, [&](int) {
    float sink = 0;
    const int64_t flops = bursts.multiply_adds(200, &sink);
    return flops + (sink == 1e30F ? 1 : 0);  // so that the sums are needed
  });
}

double bandwidth_burst(core::ThreadPool& pool, const std::string& isa, int64_t bytes, int us) {
  const Bursts& bursts = bursts_for(isa);
  const int64_t values = std::max<int64_t>(bytes / 8 / 64 * 64, 64);  // of each array
  std::vector<Buffer> arrays;
  for (int t = 0; t < pool.threads(); ++t) arrays.emplace_back(values * 8);
  const auto pass = [&](int thread) {
    float* const a = reinterpret_cast<float*>(arrays[static_cast<size_t>(thread)].data());
    bursts.update_pass(a, a + values, values);
    return values * 12;
  };
  pool.run(pool.threads(), [&](int, int thread) { pass(thread); });  // touches the pages
  return rate_of(pool, us, pass);
}

}  // namespace trainmark::backends::cpu
#endif

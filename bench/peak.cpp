// Multiply-adds in registers. Bursts are short and interleaved with what is measured, so that both see the same clock,
// the same neighbours on the machine and the same cores.
#include "peak.hpp"

#include "backends/cpu/targets.hpp"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "peak.cpp"
#include <hwy/foreach_target.h>

#include "backends/cpu/simd.hpp"

HWY_BEFORE_NAMESPACE();
namespace trainmark::backends::cpu::HWY_NAMESPACE {

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

using MultiplyAdds = int64_t (*)(int64_t, float*);
MultiplyAdds get_multiply_adds() { return &multiply_adds; }

}  // namespace trainmark::backends::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include <algorithm>
#include <atomic>
#include <map>

#include "core/clock.hpp"

namespace trainmark::backends::cpu {
HWY_EXPORT(get_multiply_adds);
using MultiplyAdds = int64_t (*)(int64_t, float*);

// The function for an instruction set: Highway dispatches as if the machine had that target only.
static MultiplyAdds multiply_adds_for(const std::string& isa) {
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
  const MultiplyAdds function = HWY_DYNAMIC_DISPATCH(get_multiply_adds)();
  hwy::SetSupportedTargetsForTest(0);
  hwy::GetChosenTarget().DeInit();
  return function;
}

}  // namespace trainmark::backends::cpu

namespace trainmark::bench {

double fma_burst(core::ThreadPool& pool, const std::string& isa, int us) {
  static std::map<std::string, backends::cpu::MultiplyAdds> functions;
  auto& function = functions[isa];
  if (function == nullptr) function = backends::cpu::multiply_adds_for(isa);
  std::atomic<int64_t> flops{0};
  const int64_t start = core::now_ns(), stop = start + us * int64_t{1000};
  pool.run(pool.threads(), [&](int, int) {
    float sink = 0;
    int64_t done = 0;
    do done += function(200, &sink);
    while (core::now_ns() < stop);
    flops += done + (sink == 1e30F ? 1 : 0);
  });
  return static_cast<double>(flops.load()) / static_cast<double>(core::now_ns() - start);
}

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace trainmark::bench
#endif

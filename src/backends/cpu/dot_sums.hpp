// The end of a tile of dot products: lanes are added up, four outputs at a time, and bias and ReLU applied.
#if defined(TRAINMARK_CPU_DOT_SUMS_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef TRAINMARK_CPU_DOT_SUMS_HPP
#undef TRAINMARK_CPU_DOT_SUMS_HPP
#else
#define TRAINMARK_CPU_DOT_SUMS_HPP
#endif

#include "backends/cpu/simd.hpp"

HWY_BEFORE_NAMESPACE();
namespace trainmark::backends::cpu::HWY_NAMESPACE {

/// Outputs per tile of dot products: at least two images beside them.
inline constexpr int kMostOutputs = kAccumulators == 24 ? 10 : kAccumulators == 12 ? 5 : 2;

/// y (R images, Q outputs) <- sums over the lanes of acc, plus bias (Q) or null, perhaps ReLU.
template <int R, int Q>
HWY_INLINE void store_dot_sums(const V (&acc)[R][Q], const float* bias, bool relu, float* y, int64_t y_row) {
  const D4 d4;
  unroll<R>([&](auto r) CPU_LAMBDA {
    HWY_ALIGN float sums[(Q + 3) / 4 * 4];
    unroll<(Q + 3) / 4>([&](auto g) CPU_LAMBDA {
      constexpr int kLast = Q - 1, kFirst = decltype(g)::value * 4;
      const auto pick = [&](int q) CPU_LAMBDA { return acc[r][q < kLast ? q : kLast]; };
      hn::Store(sum_lanes4(pick(kFirst), pick(kFirst + 1), pick(kFirst + 2), pick(kFirst + 3)), d4, sums + kFirst);
    });
    float* const to = y + r * y_row;
    for (int q = 0; q < Q; ++q) {
      const float v = sums[q] + (bias != nullptr ? bias[q] : 0.0F);
      to[q] = relu && v < 0 ? 0 : v;
    }
  });
}

}  // namespace trainmark::backends::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif  // TRAINMARK_CPU_DOT_SUMS_HPP

// What the two gradients of a convolution before a 2x2 max-pool share: one pooling window for all lanes.
//
// The gradient that the pool hands back has one value in four at most: that of the window's winner, or none where the fused
// ReLU let nothing through. It is never written out. Lanes are images, and each has a winner of its own; what differs among
// them is only which of four neighbours is multiplied, and choosing it costs less than multiplying by three zeros.
#if defined(TRAINMARK_CPU_CONV_WINNERS_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef TRAINMARK_CPU_CONV_WINNERS_HPP
#undef TRAINMARK_CPU_CONV_WINNERS_HPP
#else
#define TRAINMARK_CPU_CONV_WINNERS_HPP
#endif

#include "backends/cpu/pool_2x2.hpp"
#include "backends/cpu/simd.hpp"

HWY_BEFORE_NAMESPACE();
namespace trainmark::backends::cpu::HWY_NAMESPACE {

static_assert((kNoWinner & 4) != 0);  // winners are 0 to 3: this bit tells them from none

/// The pooled gradient of a window, zero where nothing won; and where the winner stands in it.
struct Window {
  // Spelt out: implicit ones would lack the instruction set's options, which GCC for ARM refuses.
  HWY_INLINE Window() {}
  HWY_INLINE Window(hn::Mask<D> is_right, hn::Mask<D> is_below, V of_winner) : right(is_right), below(is_below), gradient(of_winner) {}

  hn::Mask<D> right, below;
  V gradient;
};

HWY_INLINE Window window_at(const float* dy, const uint8_t* winners) {
#if HWY_TARGET == HWY_AVX3  // bytes make masks of 16 lanes without being widened: a fifth of the time of the gradient by weights
  const __m128i w = _mm_loadu_si128(reinterpret_cast<const __m128i*>(winners));
  const auto set = [&](char bit) CPU_LAMBDA { return hn::Mask<D>{_mm_test_epi8_mask(w, _mm_set1_epi8(bit))}; };
  return {set(1), set(2), hn::MaskedLoad(hn::Mask<D>{_mm_testn_epi8_mask(w, _mm_set1_epi8(4))}, D(), dy)};
#else
  const D d;
  const DI di;
  const auto w = hn::PromoteTo(di, hn::LoadU(DU(), winners));
  const auto set = [&](int32_t bit) CPU_LAMBDA { return hn::RebindMask(d, hn::TestBit(w, hn::Set(di, bit))); };
  return {set(1), set(2), hn::IfThenZeroElse(set(4), hn::Load(d, dy))};
#endif
}

}  // namespace trainmark::backends::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif  // TRAINMARK_CPU_CONV_WINNERS_HPP

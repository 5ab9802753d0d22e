// Windows of a max pool over images as lanes, once their values are in registers.
#if defined(TRAINMARK_CPU_POOL_2X2_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef TRAINMARK_CPU_POOL_2X2_HPP
#undef TRAINMARK_CPU_POOL_2X2_HPP
#else
#define TRAINMARK_CPU_POOL_2X2_HPP
#endif

#include "backends/cpu/pool_taps.hpp"
#include "backends/cpu/simd.hpp"

HWY_BEFORE_NAMESPACE();
namespace trainmark::backends::cpu::HWY_NAMESPACE {

using DU = hn::Rebind<uint8_t, D>;

/// What a finished window becomes: with a fused ReLU nothing below zero passes.
template <class I>
HWY_INLINE void finish(bool relu, V best, I winner, float* y, uint8_t* winners) {
  const D d;
  const DI di;
  if (relu) {
    winner = hn::IfThenElse(hn::RebindMask(di, hn::Gt(best, hn::Zero(d))), winner, hn::Set(di, kNoWinner));
    best = hn::Max(hn::Zero(d), best);
  }
  hn::Store(best, d, y);
  if (winners != nullptr) hn::StoreU(hn::DemoteTo(DU(), winner), DU(), winners);
}

/// One window of 2x2 pixels: a and b above c and e. winners: or null.
HWY_INLINE void pool_2x2(V a, V b, V c, V e, bool relu, float* y, uint8_t* winners) {
  const DI di;
  const auto right = hn::Gt(b, a), below_right = hn::Gt(e, c);
  const V top = hn::IfThenElse(right, b, a), bottom = hn::IfThenElse(below_right, e, c);
  const auto low = hn::Gt(bottom, top);
  const auto one = hn::Set(di, 1), two = hn::Set(di, 2), three = hn::Set(di, 3);
  const auto first = hn::IfThenElseZero(hn::RebindMask(di, right), one), second = hn::IfThenElse(hn::RebindMask(di, below_right), three, two);
  finish(relu, hn::IfThenElse(low, bottom, top), hn::IfThenElse(hn::RebindMask(di, low), second, first), y, winners);
}

}  // namespace trainmark::backends::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif  // TRAINMARK_CPU_POOL_2X2_HPP

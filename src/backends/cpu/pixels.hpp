// 8-bit pixels -> inputs of the network, in registers. Equal to the table's values to the bit, whichever form is used.
#if defined(TRAINMARK_CPU_PIXELS_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef TRAINMARK_CPU_PIXELS_HPP
#undef TRAINMARK_CPU_PIXELS_HPP
#else
#define TRAINMARK_CPU_PIXELS_HPP
#endif

#include "backends/cpu/bound_op.hpp"
#include "backends/cpu/simd.hpp"

HWY_BEFORE_NAMESPACE();
namespace trainmark::backends::cpu::HWY_NAMESPACE {

/// kL pixels -> values.
template <GatherTables::Form F>
HWY_INLINE V pixel_values(const uint8_t* pixels, const GatherTables::Channel& channel) {
  const D d;
  const DI di;
  const auto p = hn::PromoteTo(di, hn::LoadU(hn::Rebind<uint8_t, D>(), pixels));
  if constexpr (F == GatherTables::Form::kTable) {
    return hn::GatherIndex(d, channel.table, p);
  } else if constexpr (F == GatherTables::Form::kScale) {
    const V f = hn::ConvertTo(d, p);
    return hn::MulAdd(f, hn::Set(d, channel.high), hn::Mul(f, hn::Set(d, channel.low)));
  } else if constexpr (F == GatherTables::Form::kLine) {
    const V q = hn::Sub(hn::ConvertTo(d, p), hn::Set(d, channel.zero));
    return hn::MulAdd(q, hn::Set(d, channel.high), hn::MulAdd(q, hn::Set(d, channel.low), hn::Set(d, channel.rest)));
  } else {
    const hn::Half<D> dh;
    const hn::Half<DI> dhi;
    const hn::Rebind<double, hn::Half<D>> dd;
    const auto slope = hn::Set(dd, channel.slope), offset = hn::Set(dd, channel.offset);
    const auto low = hn::MulAdd(hn::PromoteTo(dd, hn::LowerHalf(dhi, p)), slope, offset);
    const auto high = hn::MulAdd(hn::PromoteTo(dd, hn::UpperHalf(dhi, p)), slope, offset);
    return hn::Combine(d, hn::DemoteTo(dh, high), hn::DemoteTo(dh, low));
  }
}

}  // namespace trainmark::backends::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif  // TRAINMARK_CPU_PIXELS_HPP

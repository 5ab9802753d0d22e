// The gradient of a dense layer's bias, shared by the kernels that make the gradient of its weights.
#if defined(TRAINMARK_CPU_BIAS_GRADIENT_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef TRAINMARK_CPU_BIAS_GRADIENT_HPP
#undef TRAINMARK_CPU_BIAS_GRADIENT_HPP
#else
#define TRAINMARK_CPU_BIAS_GRADIENT_HPP
#endif

#include "backends/cpu/bound_op.hpp"
#include "backends/cpu/simd.hpp"

HWY_BEFORE_NAMESPACE();
namespace trainmark::backends::cpu::HWY_NAMESPACE {

/// db (o) = sum over images of dy (n, o). in: x, dy; out: dw, db.
inline void bias_gradient(const BoundOp& op, const Context& context) {
  const D d;
  const Operand& dy = op.in[1];
  float* const db = op.out[1].at(context);
  const bool add = op.accumulate && !context.first;
  for (int64_t column = 0; column < dy.stride; column += kL) {
    const float* from = dy.at(context) + column;
    V even = hn::Zero(d), odd = hn::Zero(d);  // two chains hide the latency; their order is fixed
    int64_t n = 0;
    for (; n + 2 <= context.images; n += 2, from += 2 * dy.stride) {
      even = hn::Add(even, hn::Load(d, from));
      odd = hn::Add(odd, hn::Load(d, from + dy.stride));
    }
    if (n < context.images) even = hn::Add(even, hn::Load(d, from));
    V sum = hn::Add(even, odd);
    if (add) sum = hn::Add(sum, hn::Load(d, db + column));
    hn::Store(sum, d, db + column);
  }
}

}  // namespace trainmark::backends::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif  // TRAINMARK_CPU_BIAS_GRADIENT_HPP

// Operations on every value alike: ReLU and its gradient, sums, the update, and the sum of partial gradients.
//
// Operands of one call have the same layout, so they are runs of floats, padding included. Padding holds finite values.
#include "backends/cpu/targets.hpp"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backends/cpu/elementwise.cpp"
#include <hwy/foreach_target.h>

#include "backends/cpu/kernels.hpp"
#include "backends/cpu/simd.hpp"
#include "backends/cpu/update.hpp"

HWY_BEFORE_NAMESPACE();
namespace trainmark::backends::cpu::HWY_NAMESPACE {
namespace {

// Values of the context's images as stored: a multiple of 16.
int64_t stored_values(const Operand& x, const Context& context) {
  if (x.lanes()) return plan::round_up(context.images, plan::kLanes) * x.shape.per_image();
  return context.images * x.stride;
}

// in: x; out: y.
void relu(const BoundOp& op, const Context& context) {
  const D d;
  const float* const x = op.in[0].at(context);
  float* const y = op.out[0].at(context);
  const int64_t size = stored_values(op.out[0], context);
  for (int64_t i = 0; i < size; i += kL) hn::Store(hn::Max(hn::Zero(d), hn::Load(d, x + i)), d, y + i);
}

// in: y, dy; out: dx.
void relu_grad(const BoundOp& op, const Context& context) {
  const D d;
  const float* const y = op.in[0].at(context);
  const float* const dy = op.in[1].at(context);
  float* const dx = op.out[0].at(context);
  const int64_t size = stored_values(op.out[0], context);
  for (int64_t i = 0; i < size; i += kL) {
    hn::Store(hn::IfThenElseZero(hn::Gt(hn::Load(d, y + i), hn::Zero(d)), hn::Load(d, dy + i)), d, dx + i);
  }
}

// in: two or more; out: their sum, added in order.
void add(const BoundOp& op, const Context& context) {
  const D d;
  float* const y = op.out[0].at(context);
  const int64_t size = stored_values(op.out[0], context);
  const float* a = op.in[0].at(context);
  for (size_t k = 1; k < op.in.size(); ++k, a = y) {
    const float* const b = op.in[k].at(context);
    for (int64_t i = 0; i < size; i += kL) hn::Store(hn::Add(hn::Load(d, a + i), hn::Load(d, b + i)), d, y + i);
  }
}

// in: w, dw, [momentum].
void update(const BoundOp& op, const Context& context) { update_rows(op, context, op.in[1].at(context)); }

// in: one copy per task; out: the sum over the copies, in their order.
void reduce_partials(const BoundOp& op, const Context& context) {
  const D d;
  float* const sum = op.out[0].at(context);
  const float* const from = op.in[0].at(context);
  const int64_t size = plan::round_up(context.rows() * op.out[0].stride, plan::kLanes), copies = op.in[0].shape.n;
  const int64_t distance = op.in[0].stride;  // values from one copy to the next
  for (int64_t i = 0; i < size; i += kL) {
    V v = hn::Load(d, from + i);
    for (int64_t k = 1; k < copies; ++k) v = hn::Add(v, hn::Load(d, from + k * distance + i));
    hn::Store(v, d, sum + i);
  }
}

void fill(Kernels& kernels) {
  kernels.relu = &relu;
  kernels.relu_grad = &relu_grad;
  kernels.add = &add;
  kernels.update = &update;
  kernels.reduce_partials = &reduce_partials;
}

}  // namespace
}  // namespace trainmark::backends::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace trainmark::backends::cpu {
HWY_EXPORT(fill);
void fill_elementwise(Kernels& kernels) { HWY_DYNAMIC_DISPATCH(fill)(kernels); }
}  // namespace trainmark::backends::cpu
#endif

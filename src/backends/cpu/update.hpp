// The update of rows of a parameter, shared by the kernels that make its gradient and by the update on its own.
#if defined(TRAINMARK_CPU_UPDATE_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef TRAINMARK_CPU_UPDATE_HPP
#undef TRAINMARK_CPU_UPDATE_HPP
#else
#define TRAINMARK_CPU_UPDATE_HPP
#endif

#include "backends/cpu/bound_op.hpp"
#include "backends/cpu/simd.hpp"

HWY_BEFORE_NAMESPACE();
namespace trainmark::backends::cpu::HWY_NAMESPACE {

/// Rows [row_begin, row_end) of w (rows, columns) into columns of its transposed copy.
inline void refresh_derived(const BoundOp& update, const float* w, const Context& context) {
  const Operand& from = update.in[0];
  const Operand& to = update.derived;
  const D d;
  float* const out = to.at(context);
  const int64_t columns = to.shape.n;  // logical rows of the copy
  int64_t row = context.row_begin;
  for (; row + 16 <= context.row_end && row % 16 == 0; row += 16, w += 16 * from.stride) {
    for (int64_t column = 0; column < columns; column += 4) {
      HWY_ALIGN float block[64];
      rows_to_lanes4(w + column, from.stride, block);
      for (int64_t j = 0; j < 4 && column + j < columns; ++j) {
        for (int part = 0; part < 16; part += kL) hn::Store(hn::Load(d, block + j * 16 + part), d, out + (column + j) * to.stride + row + part);
      }
    }
  }
  for (; row < context.row_end; ++row, w += from.stride) {
    for (int64_t column = 0; column < columns; ++column) out[column * to.stride + row] = w[column];
  }
}

/// w, momentum <- the optimiser's rule (plan/optimiser.hpp) with the gradient `dw` of rows [row_begin, row_end).
/// in: w, dw (not read here), [momentum]; all rows padded alike.
inline void update_rows(const BoundOp& update, const Context& context, const float* dw) {
  const D d;
  const plan::Optimiser& optimiser = std::get<plan::UpdateAttributes>(update.op.attributes).optimiser;
  const V rate = hn::Set(d, context.step->learning_rate);
  float* const w = update.in[0].at(context);
  const int64_t size = plan::round_up(context.rows() * update.in[0].stride, plan::kLanes);
  if (update.in.size() <= 2 && optimiser.weight_decay == 0) {
    for (int64_t i = 0; i < size; i += kL) hn::Store(hn::NegMulAdd(rate, hn::Load(d, dw + i), hn::Load(d, w + i)), d, w + i);
  } else {
    float* const momentum = update.in.size() > 2 ? update.in[2].at(context) : nullptr;
    const V mu = hn::Set(d, static_cast<float>(optimiser.momentum)), decay = hn::Set(d, static_cast<float>(optimiser.weight_decay));
    for (int64_t i = 0; i < size; i += kL) {
      const V old = hn::Load(d, w + i);
      const V gradient = hn::MulAdd(decay, old, hn::Load(d, dw + i));
      V direction = gradient;
      if (momentum != nullptr) {
        direction = hn::MulAdd(mu, hn::Load(d, momentum + i), gradient);
        hn::Store(direction, d, momentum + i);
        if (optimiser.nesterov) direction = hn::MulAdd(mu, direction, gradient);
      }
      hn::Store(hn::NegMulAdd(rate, direction, old), d, w + i);
    }
  }
  if (update.has_derived) refresh_derived(update, w, context);
}

}  // namespace trainmark::backends::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif  // TRAINMARK_CPU_UPDATE_HPP

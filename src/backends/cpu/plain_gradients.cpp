// Between a gradient and its update: the sum over the passes of a step, and clipping by the norm of all gradients.
//
// Every sum of squares is one task over one gradient, in double precision and in order, so the factor is the same for any
// number of threads.
#include <algorithm>
#include <cmath>

#include "backends/cpu/plain.hpp"

namespace trainmark::backends::cpu::plain {

// Rows [row_begin, row_end). in: dw; out: the sum.
void accumulate(const BoundOp& op, const Context& context) {
  const float* const dw = op.in[0].at(context);
  float* const sum = op.out[0].at(context);
  const int64_t size = context.rows() * op.out[0].stride;
  if (context.step->input->first_image == 0) {
    std::copy_n(dw, size, sum);
  } else {
    for (int64_t i = 0; i < size; ++i) sum[i] += dw[i];
  }
}

// in: dw; out: the sum of its squares.
void sum_squares(const BoundOp& op, const Context& context) {
  const Operand& dw = op.in[0];
  const float* const from = dw.at(context);
  const int64_t rows = dw.transposed() ? dw.shape.per_image() : dw.shape.n, columns = dw.transposed() ? dw.shape.n : dw.shape.per_image();
  double sum = 0;
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t c = 0; c < columns; ++c) sum += static_cast<double>(from[r * dw.stride + c]) * static_cast<double>(from[r * dw.stride + c]);
  }
  *op.out[0].at(context) = static_cast<float>(sum);
}

// in: the sums of all gradients; out: the factor.
void clip_factor(const BoundOp& op, const Context& context) {
  double sum = 0;
  for (const Operand& in : op.in) sum += static_cast<double>(*in.at(context));
  const double factor = std::get<plan::ClipAttributes>(op.op.attributes).norm / (std::sqrt(sum) + plan::kClipEpsilon);
  *op.out[0].at(context) = static_cast<float>(std::min(1.0, factor));
}

// Rows [row_begin, row_end). in: dw, factor; out: the product.
void clip(const BoundOp& op, const Context& context) {
  const float* const dw = op.in[0].at(context);
  float* const clipped = op.out[0].at(context);
  const float factor = *op.in[1].at(context);
  const int64_t size = context.rows() * op.out[0].stride;
  for (int64_t i = 0; i < size; ++i) clipped[i] = dw[i] * factor;
}

}  // namespace trainmark::backends::cpu::plain

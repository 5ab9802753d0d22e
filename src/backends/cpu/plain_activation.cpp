// ReLU6, GELU, sigmoid, hyperbolic tangent and their gradients: formulas in backends/reference/activation.hpp.
//
// Runs of floats: all images of a chunk in lanes, or one padded row. Padding and lanes without an image become zero, because
// a sigmoid of 0 is not 0 and padding must not grow.
#include <algorithm>
#include <cmath>
#include <numbers>

#include "backends/cpu/plain.hpp"

namespace trainmark::backends::cpu::plain {
namespace {

using plan::Function;

float normal_distribution(float x) { return 0.5F * (1 + std::erf(x * (1 / std::numbers::sqrt2_v<float>))); }

float value(Function function, float x) {
  switch (function) {
    case Function::kRelu6:
      return x <= 0 ? 0 : x >= 6 ? 6 : x;
    case Function::kGelu:
      return x * normal_distribution(x);
    case Function::kSigmoid:
      return 1 / (1 + std::exp(-x));
    case Function::kTanh:
      return std::tanh(x);
  }
  return 0;
}

// `from` is x for GELU, else y.
float slope(Function function, float from) {
  switch (function) {
    case Function::kRelu6:
      return from <= 0 || from >= 6 ? 0 : 1;
    case Function::kGelu:
      return normal_distribution(from) + from * std::exp(-0.5F * from * from) * (std::numbers::inv_sqrtpi_v<float> / std::numbers::sqrt2_v<float>);
    case Function::kSigmoid:
      return from * (1 - from);
    case Function::kTanh:
      return 1 - from * from;
  }
  return 0;
}

// Calls f(first, count) for runs of values that belong to images, and zeroes `out` between and behind them.
template <class F>
void for_runs(const Operand& like, const Context& context, float* out, const F& f) {
  const int64_t size = like.shape.per_image();
  if (!like.lanes()) {
    for (int64_t n = 0; n < context.images; ++n) {
      f(n * like.stride, size);
      std::fill(out + n * like.stride + size, out + (n + 1) * like.stride, 0.0F);
    }
    return;
  }
  const int64_t stored = stored_images(like, context);
  f(0, stored * size);
  for (int64_t n = context.images; n < stored; ++n) {
    for (int64_t e = 0; e < size; ++e) out[like.index(n, e)] = 0;
  }
}

// The function is chosen outside of the loops.
template <Function kFunction>
void forward(const BoundOp& op, const Context& context) {
  const float* const x = op.in[0].at(context);
  float* const y = op.out[0].at(context);
  for_runs(op.out[0], context, y, [&](int64_t first, int64_t count) {
    for (int64_t i = first; i < first + count; ++i) y[i] = value(kFunction, x[i]);
  });
}

template <Function kFunction>
void backward(const BoundOp& op, const Context& context) {
  const float* const from = op.in[0].at(context);
  const float* const dy = op.in[1].at(context);
  float* const dx = op.out[0].at(context);
  for_runs(op.out[0], context, dx, [&](int64_t first, int64_t count) {
    for (int64_t i = first; i < first + count; ++i) dx[i] = slope(kFunction, from[i]) * dy[i];
  });
}

}  // namespace

// in: x; out: y.
void activation(const BoundOp& op, const Context& context) {
  switch (std::get<plan::ActivationAttributes>(op.op.attributes).function) {
    case Function::kRelu6:
      return forward<Function::kRelu6>(op, context);
    case Function::kGelu:
      return forward<Function::kGelu>(op, context);
    case Function::kSigmoid:
      return forward<Function::kSigmoid>(op, context);
    case Function::kTanh:
      return forward<Function::kTanh>(op, context);
  }
}

// in: x (GELU) or y, dy; out: dx.
void activation_grad(const BoundOp& op, const Context& context) {
  switch (std::get<plan::ActivationAttributes>(op.op.attributes).function) {
    case Function::kRelu6:
      return backward<Function::kRelu6>(op, context);
    case Function::kGelu:
      return backward<Function::kGelu>(op, context);
    case Function::kSigmoid:
      return backward<Function::kSigmoid>(op, context);
    case Function::kTanh:
      return backward<Function::kTanh>(op, context);
  }
}

}  // namespace trainmark::backends::cpu::plain

// Batch normalisation, divided by channels; sums in double precision, over images and then positions, in order.
// Formulas: backends/reference/batch_norm.hpp. Lanes without an image are written as zeros and enter no sum.
#include <cmath>

#include "backends/cpu/plain.hpp"

namespace trainmark::backends::cpu::plain {
namespace {

// Sum of f(n, e) over the channel's values of all images.
template <class F>
double sum_channel(const Operand& x, const Context& context, int64_t c, const F& f) {
  const int64_t area = x.shape.h * x.shape.w;
  double sum = 0;
  for (int64_t n = 0; n < context.images; ++n) {
    for (int64_t i = 0; i < area; ++i) sum += f(n, c * area + i);
  }
  return sum;
}

// out(n, e) = f(n, e) for the channel's values, zero where a lane has no image.
template <class F>
void fill_channel(const Operand& out, const Context& context, int64_t c, const F& f) {
  const int64_t area = out.shape.h * out.shape.w;
  float* const to = out.at(context);
  for (int64_t n = 0; n < stored_images(out, context); ++n) {
    for (int64_t i = 0; i < area; ++i) to[out.index(n, c * area + i)] = n < context.images ? f(n, c * area + i) : 0;
  }
  if (c + 1 == out.shape.c) clear_padding(out, context);
}

}  // namespace

// Channels [row_begin, row_end). in: x, w, b, running_mean, running_var; out: y, mean, inverse_deviation.
void batch_norm_train(const BoundOp& op, const Context& context) {
  const auto& norm = std::get<plan::NormAttributes>(op.op.attributes);
  const Operand& x = op.in[0];
  const float* const in = x.at(context);
  const double count = static_cast<double>(context.images * x.shape.h * x.shape.w);
  const auto move = [&](float& running, double value) {
    running = static_cast<float>((1 - norm.momentum) * static_cast<double>(running) + norm.momentum * value);
  };
  for (int64_t c = context.row_begin; c < context.row_end; ++c) {
    const double mean = sum_channel(x, context, c, [&](int64_t n, int64_t e) { return static_cast<double>(in[x.index(n, e)]); }) / count;
    const double squares = sum_channel(x, context, c, [&](int64_t n, int64_t e) {
      const double deviation = static_cast<double>(in[x.index(n, e)]) - mean;
      return deviation * deviation;
    });
    move(op.in[3].at(context)[c], mean);
    move(op.in[4].at(context)[c], squares / std::max(count - 1, 1.0));
    const double inverse = 1 / std::sqrt(squares / count + norm.epsilon);
    op.out[1].at(context)[c] = static_cast<float>(mean);
    op.out[2].at(context)[c] = static_cast<float>(inverse);
    const float scale = static_cast<float>(inverse) * op.in[1].at(context)[c], m = static_cast<float>(mean), b = op.in[2].at(context)[c];
    fill_channel(op.out[0], context, c, [&](int64_t n, int64_t e) { return (in[x.index(n, e)] - m) * scale + b; });
  }
}

// in: x, w, b, running_mean, running_var; out: y.
void batch_norm_evaluate(const BoundOp& op, const Context& context) {
  const auto& norm = std::get<plan::NormAttributes>(op.op.attributes);
  const Operand& x = op.in[0];
  const float* const in = x.at(context);
  for (int64_t c = 0; c < x.shape.c; ++c) {
    const double inverse = 1 / std::sqrt(static_cast<double>(op.in[4].at(context)[c]) + norm.epsilon);
    const float scale = static_cast<float>(inverse * static_cast<double>(op.in[1].at(context)[c])), mean = op.in[3].at(context)[c], b = op.in[2].at(context)[c];
    fill_channel(op.out[0], context, c, [&](int64_t n, int64_t e) { return (in[x.index(n, e)] - mean) * scale + b; });
  }
}

// Channels [row_begin, row_end). in: x, dy, w, mean, inverse_deviation; out: dx, dw, db.
void batch_norm_grad(const BoundOp& op, const Context& context) {
  const Operand& x = op.in[0];
  const Operand& dy = op.in[1];
  const float* const in = x.at(context);
  const float* const gradient = dy.at(context);
  const double count = static_cast<double>(context.images * x.shape.h * x.shape.w);
  for (int64_t c = context.row_begin; c < context.row_end; ++c) {
    const double mean = static_cast<double>(op.in[3].at(context)[c]), inverse = static_cast<double>(op.in[4].at(context)[c]);
    const auto value = [&](int64_t n, int64_t e) { return (static_cast<double>(in[x.index(n, e)]) - mean) * inverse; };
    const auto dy_at = [&](int64_t n, int64_t e) { return static_cast<double>(gradient[dy.index(n, e)]); };
    const double db = sum_channel(dy, context, c, dy_at);
    const double dw = sum_channel(dy, context, c, [&](int64_t n, int64_t e) { return dy_at(n, e) * value(n, e); });
    op.out[1].at(context)[c] = static_cast<float>(dw);
    op.out[2].at(context)[c] = static_cast<float>(db);
    const double scale = static_cast<double>(op.in[2].at(context)[c]) * inverse;
    fill_channel(op.out[0], context, c,
                 [&](int64_t n, int64_t e) { return static_cast<float>(scale * (dy_at(n, e) - db / count - value(n, e) * dw / count)); });
  }
}

}  // namespace trainmark::backends::cpu::plain

// Layer normalisation: formulas in backends/reference/layer_norm.hpp. Sums of an image in double precision, in order.
// Lanes without an image and padding are written as zeros.
#include <algorithm>
#include <cmath>

#include "backends/cpu/plain.hpp"

namespace trainmark::backends::cpu::plain {
namespace {

// Calls f(e, position in the weight) for all values of an image: a weight (c) is one row, (c, h, w) has a padded row per c.
template <class F>
void for_values(const Operand& x, const Operand& w, const F& f) {
  const int64_t size = x.shape.per_image(), area = w.transposed() ? size : w.shape.per_image();
  for (int64_t e = 0; e < size; ++e) f(e, e / area * w.stride + e % area);
}

// out(n, .) = f(e, position in the weight) for image n, and zeros behind its row.
template <class F>
void fill_image(const Operand& out, const Operand& w, const Context& context, int64_t n, const F& f) {
  float* const to = out.at(context);
  const int64_t size = out.shape.per_image();
  for_values(out, w, [&](int64_t e, int64_t at) { to[out.index(n, e)] = static_cast<float>(f(e, at)); });
  if (!out.lanes()) std::fill(to + n * out.stride + size, to + (n + 1) * out.stride, 0.0F);
}

void clear_lanes(const Operand& out, const Context& context) {
  float* const to = out.at(context);
  for (int64_t n = context.images; n < stored_images(out, context); ++n) {
    for (int64_t e = 0; e < out.shape.per_image(); ++e) to[out.index(n, e)] = 0;
  }
}

}  // namespace

// in: x, w, b; out: y, mean, inverse_deviation.
void layer_norm(const BoundOp& op, const Context& context) {
  const Operand &x = op.in[0], &mean = op.out[1], &inverse = op.out[2];
  const float *const in = x.at(context), *const w = op.in[1].at(context), *const b = op.in[2].at(context);
  const int64_t size = x.shape.per_image();
  const double count = static_cast<double>(size), epsilon = std::get<plan::NormAttributes>(op.op.attributes).epsilon;
  for (int64_t n = 0; n < context.images; ++n) {
    double sum = 0, squares = 0;
    for (int64_t e = 0; e < size; ++e) sum += static_cast<double>(in[x.index(n, e)]);
    const double m = sum / count;
    for (int64_t e = 0; e < size; ++e) {
      const double deviation = static_cast<double>(in[x.index(n, e)]) - m;
      squares += deviation * deviation;
    }
    const double by = 1 / std::sqrt(squares / count + epsilon);
    mean.at(context)[mean.index(n, 0)] = static_cast<float>(m);
    inverse.at(context)[inverse.index(n, 0)] = static_cast<float>(by);
    fill_image(op.out[0], op.in[1], context, n, [&](int64_t e, int64_t at) {
      return (static_cast<double>(in[x.index(n, e)]) - m) * by * static_cast<double>(w[at]) + static_cast<double>(b[at]);
    });
  }
  for (const Operand& out : op.out) clear_lanes(out, context);
}

// in: x, dy, w, mean, inverse_deviation; out: dx.
void layer_norm_grad_data(const BoundOp& op, const Context& context) {
  const Operand &x = op.in[0], &dy = op.in[1];
  const float *const in = x.at(context), *const gradient = dy.at(context), *const w = op.in[2].at(context);
  const double count = static_cast<double>(x.shape.per_image());
  for (int64_t n = 0; n < context.images; ++n) {
    const double mean = static_cast<double>(op.in[3].at(context)[op.in[3].index(n, 0)]),
                 inverse = static_cast<double>(op.in[4].at(context)[op.in[4].index(n, 0)]);
    const auto value = [&](int64_t e) { return (static_cast<double>(in[x.index(n, e)]) - mean) * inverse; };
    const auto weighted = [&](int64_t e, int64_t at) { return static_cast<double>(gradient[dy.index(n, e)]) * static_cast<double>(w[at]); };
    double sum = 0, slope = 0;
    for_values(x, op.in[2], [&](int64_t e, int64_t at) {
      sum += weighted(e, at);
      slope += weighted(e, at) * value(e);
    });
    fill_image(op.out[0], op.in[2], context, n, [&](int64_t e, int64_t at) { return (weighted(e, at) - sum / count - value(e) * slope / count) * inverse; });
  }
  clear_lanes(op.out[0], context);
}

// Rows [row_begin, row_end) of the weights: channels, or the one row of features. in: x, dy, mean, inverse_deviation; out: dw, db.
void layer_norm_grad_weights(const BoundOp& op, const Context& context) {
  const Operand &x = op.in[0], &dy = op.in[1], &mean = op.in[2], &inverse = op.in[3], &w = op.out[0];
  const float *const in = x.at(context), *const gradient = dy.at(context);
  const float *const means = mean.at(context), *const inverses = inverse.at(context);
  float *const dw = w.at(context), *const db = op.out[1].at(context);
  const int64_t columns = w.transposed() ? w.shape.n : w.shape.per_image();
  const bool add = op.accumulate && !context.first;
  for (int64_t row = 0; row < context.rows(); ++row) {
    for (int64_t column = 0; column < w.stride; ++column) {
      const int64_t e = (context.row_begin + row) * columns + column, to = row * w.stride + column;
      double weight = 0, bias = 0;
      for (int64_t n = 0; column < columns && n < context.images; ++n) {
        const double g = static_cast<double>(gradient[dy.index(n, e)]);
        weight +=
            g * (static_cast<double>(in[x.index(n, e)]) - static_cast<double>(means[mean.index(n, 0)])) * static_cast<double>(inverses[inverse.index(n, 0)]);
        bias += g;
      }
      dw[to] = static_cast<float>(weight) + (add ? dw[to] : 0);
      db[to] = static_cast<float>(bias) + (add ? db[to] : 0);
    }
  }
}

}  // namespace trainmark::backends::cpu::plain

// Average-pooling and its gradient: padded zeros are counted, as in PyTorch.
#include <algorithm>

#include "backends/cpu/plain.hpp"

namespace trainmark::backends::cpu::plain {
namespace {

// Calls f(pixel) for the pixels of the window at output position (row, column) that lie inside the image.
template <class F>
void for_window(const network::Window& w, const plan::Extents& x, int64_t row, int64_t column, const F& f) {
  for (int64_t i = 0; i < w.kernel_h; ++i) {
    const int64_t h = row * w.stride_h - w.pad_h + i * w.dilation_h;
    if (h < 0 || h >= x.h) continue;
    for (int64_t j = 0; j < w.kernel_w; ++j) {
      const int64_t v = column * w.stride_w - w.pad_w + j * w.dilation_w;
      if (v >= 0 && v < x.w) f(h * x.w + v);
    }
  }
}

}  // namespace

void clear_padding(const Operand& x, const Context& context) {
  float* const to = x.at(context);
  for (int64_t n = 0; !x.lanes() && n < context.images; ++n) std::fill(to + n * x.stride + x.shape.per_image(), to + (n + 1) * x.stride, 0.0F);
}

// in: x; out: y.
void average_pool(const BoundOp& op, const Context& context) {
  const network::Window& w = std::get<plan::PoolAttributes>(op.op.attributes).window;
  const Operand& x = op.in[0];
  const Operand& y = op.out[0];
  const float* const in = x.at(context);
  float* const out = y.at(context);
  const float area = static_cast<float>(w.kernel_h * w.kernel_w);
  const int64_t images = stored_images(y, context);
  for (int64_t n = 0; n < images; ++n) {
    for (int64_t c = 0; c < y.shape.c; ++c) {
      for (int64_t at = 0; at < y.shape.h * y.shape.w; ++at) {
        float sum = 0;
        for_window(w, x.shape, at / y.shape.w, at % y.shape.w, [&](int64_t pixel) { sum += in[x.index(n, c * x.shape.h * x.shape.w + pixel)]; });
        out[y.index(n, c * y.shape.h * y.shape.w + at)] = sum / area;
      }
    }
  }
  clear_padding(y, context);
}

// in: dy; out: dx.
void average_pool_grad(const BoundOp& op, const Context& context) {
  const network::Window& w = std::get<plan::PoolAttributes>(op.op.attributes).window;
  const Operand& dy = op.in[0];
  const Operand& dx = op.out[0];
  const float* const in = dy.at(context);
  float* const out = dx.at(context);
  const float area = static_cast<float>(w.kernel_h * w.kernel_w);
  const int64_t images = stored_images(dx, context);
  for (int64_t n = 0; n < images; ++n) {
    for (int64_t e = 0; e < dx.shape.per_image(); ++e) out[dx.index(n, e)] = 0;
    for (int64_t c = 0; c < dy.shape.c; ++c) {
      for (int64_t at = 0; at < dy.shape.h * dy.shape.w; ++at) {
        const float part = in[dy.index(n, c * dy.shape.h * dy.shape.w + at)] / area;
        for_window(w, dx.shape, at / dy.shape.w, at % dy.shape.w, [&](int64_t pixel) { out[dx.index(n, c * dx.shape.h * dx.shape.w + pixel)] += part; });
      }
    }
  }
  clear_padding(dx, context);
}

}  // namespace trainmark::backends::cpu::plain

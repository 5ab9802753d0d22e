// Max-pooling over images as lanes, with winners, and its gradient. All vertical: a window is a few vectors.
//
// With a fused ReLU the pool takes the convolution's output as it is: y = max(0, largest), and the winner is kNoWinner
// where the largest is not above zero. ReLU and maximum commute, so this is exactly ReLU and then pooling, and the
// gradient through both is one pass over the winners.
#include "backends/cpu/targets.hpp"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backends/cpu/pool.cpp"
#include <hwy/foreach_target.h>

#include "backends/cpu/kernels.hpp"
#include "backends/cpu/pool_2x2.hpp"
#include "backends/cpu/pool_taps.hpp"
#include "backends/cpu/simd.hpp"

HWY_BEFORE_NAMESPACE();
namespace trainmark::backends::cpu::HWY_NAMESPACE {
namespace {

// One window of 2x2 pixels, of which p is the first.
HWY_INLINE void max_pool_2x2(const float* p, int64_t row, bool relu, float* y, uint8_t* winners) {
  const D d;
  pool_2x2(hn::Load(d, p), hn::Load(d, p + 16), hn::Load(d, p + row), hn::Load(d, p + row + 16), relu, y, winners);
}

// Any window; p is the first pixel of the plane.
void max_pool_window(const float* p, int64_t width, const network::Window& w, const Taps& rows, const Taps& columns, bool relu, float* y, uint8_t* winners) {
  const D d;
  const DI di;
  V best = hn::Set(d, -std::numeric_limits<float>::infinity());
  auto winner = hn::Set(di, static_cast<int32_t>(rows.begin * w.kernel_w + columns.begin));
  bool any = false;
  for (int64_t i = rows.begin; i < rows.end; ++i) {
    for (int64_t j = columns.begin; j < columns.end; ++j) {
      const V v = hn::Load(d, p + ((rows.origin + i * w.dilation_h) * width + columns.origin + j * w.dilation_w) * 16);
      const auto above = hn::Gt(v, best);
      best = any ? hn::IfThenElse(above, v, best) : v;  // the first one as it is, NaN too
      if (any) winner = hn::IfThenElse(hn::RebindMask(di, above), hn::Set(di, static_cast<int32_t>(i * w.kernel_w + j)), winner);
      any = true;
    }
  }
  finish(relu, best, winner, y, winners);
}

// in: x; out: y, [winner].
void max_pool(const BoundOp& op, const Context& context) {
  const network::Window& w = std::get<plan::PoolAttributes>(op.op.attributes).window;
  const plan::Extents& x = op.in[0].shape;
  const plan::Extents& y = op.out[0].shape;
  const float* p = op.in[0].at(context);
  float* out = op.out[0].at(context);
  uint8_t* winners = op.out.size() > 1 ? op.out[1].at<uint8_t>(context) : nullptr;
  const bool fast = is_2x2(w), relu = op.op.fused_relu;
  const int64_t planes = (context.images + 15) / 16 * x.c;
  for (int64_t plane = 0; plane < planes; ++plane, p += x.h * x.w * 16) {
    for (int64_t row = 0; row < y.h; ++row) {
      const Taps rows(row, w.kernel_h, w.stride_h, w.pad_h, w.dilation_h, x.h);
      for (int64_t column = 0; column < y.w; ++column, out += 16, winners += winners != nullptr ? 16 : 0) {
        for (int part = 0; part < 16; part += kL) {
          uint8_t* const to = winners != nullptr ? winners + part : nullptr;
          if (fast) {
            max_pool_2x2(p + (2 * row * x.w + 2 * column) * 16 + part, x.w * 16, relu, out + part, to);
          } else {
            max_pool_window(p + part, x.w, w, rows, Taps(column, w.kernel_w, w.stride_w, w.pad_w, w.dilation_w, x.w), relu, out + part, to);
          }
        }
      }
    }
  }
}

// The gradient of one window; p is the first pixel of the plane.
HWY_INLINE void max_pool_grad_window(V gradient, hn::Vec<DI> winner, int64_t width, const network::Window& w, const Taps& rows, const Taps& columns, bool add,
                                     float* p) {
  const D d;
  const DI di;
  for (int64_t i = rows.begin; i < rows.end; ++i) {
    for (int64_t j = columns.begin; j < columns.end; ++j) {
      float* const to = p + ((rows.origin + i * w.dilation_h) * width + columns.origin + j * w.dilation_w) * 16;
      const auto won = hn::RebindMask(d, hn::Eq(winner, hn::Set(di, static_cast<int32_t>(i * w.kernel_w + j))));
      const V v = hn::IfThenElseZero(won, gradient);
      hn::Store(add ? hn::Add(v, hn::Load(d, to)) : v, d, to);
    }
  }
}

// The same for 2x2 pixels, of which p is the first.
HWY_INLINE void max_pool_grad_2x2(V gradient, hn::Vec<DI> winner, int64_t row, float* p) {
  const D d;
  const DI di;
  unroll<4>([&](auto k) CPU_LAMBDA {
    constexpr int kTap = decltype(k)::value;
    const auto won = hn::RebindMask(d, hn::Eq(winner, hn::Set(di, kTap)));
    hn::Store(hn::IfThenElseZero(won, gradient), d, p + kTap / 2 * row + kTap % 2 * 16);
  });
}

// Pixels behind the last window of 2x2: an odd row or column, which no window covers.
void clear_rest(const plan::Extents& x, const plan::Extents& y, float* p) {
  for (int64_t row = 0; row < x.h; ++row) {
    const int64_t covered = row < 2 * y.h ? 2 * y.w : 0;
    std::fill(p + (row * x.w + covered) * 16, p + (row + 1) * x.w * 16, 0.0F);
  }
}

// in: dy, winner; out: dx.
void max_pool_grad(const BoundOp& op, const Context& context) {
  const D d;
  const DI di;
  const network::Window& w = std::get<plan::PoolAttributes>(op.op.attributes).window;
  const plan::Extents& x = op.out[0].shape;
  const plan::Extents& y = op.in[0].shape;
  const float* dy = op.in[0].at(context);
  const uint8_t* winners = op.in[1].at<uint8_t>(context);
  float* p = op.out[0].at(context);
  const bool fast = is_2x2(w);
  const bool overlap = w.stride_h < (w.kernel_h - 1) * w.dilation_h + 1 || w.stride_w < (w.kernel_w - 1) * w.dilation_w + 1;
  const int64_t planes = (context.images + 15) / 16 * x.c;
  for (int64_t plane = 0; plane < planes; ++plane, p += x.h * x.w * 16) {
    if (fast) clear_rest(x, y, p);
    else std::fill_n(p, x.h * x.w * 16, 0.0F);
    for (int64_t row = 0; row < y.h; ++row) {
      const Taps rows(row, w.kernel_h, w.stride_h, w.pad_h, w.dilation_h, x.h);
      for (int64_t column = 0; column < y.w; ++column, dy += 16, winners += 16) {
        for (int part = 0; part < 16; part += kL) {
          const V gradient = hn::Load(d, dy + part);
          const auto winner = hn::PromoteTo(di, hn::LoadU(DU(), winners + part));
          if (fast) {
            max_pool_grad_2x2(gradient, winner, x.w * 16, p + (2 * row * x.w + 2 * column) * 16 + part);
          } else {
            const Taps columns(column, w.kernel_w, w.stride_w, w.pad_w, w.dilation_w, x.w);
            max_pool_grad_window(gradient, winner, x.w, w, rows, columns, overlap, p + part);
          }
        }
      }
    }
  }
}

void fill(Kernels& kernels) {
  kernels.max_pool = &max_pool;
  kernels.max_pool_grad = &max_pool_grad;
}

}  // namespace
}  // namespace trainmark::backends::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace trainmark::backends::cpu {
HWY_EXPORT(fill);
void fill_pool(Kernels& kernels) { HWY_DYNAMIC_DISPATCH(fill)(kernels); }
}  // namespace trainmark::backends::cpu
#endif

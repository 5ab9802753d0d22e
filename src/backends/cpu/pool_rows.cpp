// Max-pooling over padded rows, (n, c h w), with winners, and its gradient: lanes are neighbouring columns of one image.
//
// Windows of 2x2 take even and odd lanes of two rows; their gradient repeats every lane of dy twice and keeps it where the
// winner is that lane's own number. Other windows are plain loops. Winners and the fused ReLU: see pool.cpp.
#include "backends/cpu/targets.hpp"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backends/cpu/pool_rows.cpp"
#include <hwy/foreach_target.h>

#include <algorithm>
#include <cstring>

#include "backends/cpu/kernels.hpp"
#include "backends/cpu/pool_taps.hpp"
#include "backends/cpu/simd.hpp"

HWY_BEFORE_NAMESPACE();
namespace trainmark::backends::cpu::HWY_NAMESPACE {
namespace {

using DU = hn::Rebind<uint8_t, D>;
using VI = hn::Vec<DI>;

// `count` bytes of winners, at most kL. Before `end`, more is stored: what lies behind is overwritten by the next row.
HWY_INLINE void store_winners(VI winner, int64_t count, uint8_t* to, const uint8_t* end) {
  if (to + kL <= end) {
    hn::StoreU(hn::DemoteTo(DU(), winner), DU(), to);
    return;
  }
  HWY_ALIGN uint8_t bytes[64];
  hn::StoreU(hn::DemoteTo(DU(), winner), DU(), bytes);
  std::memcpy(to, bytes, static_cast<size_t>(count));
}

HWY_INLINE VI load_winners(const uint8_t* from, int64_t count, const uint8_t* end) {
  if (from + kL <= end) return hn::PromoteTo(DI(), hn::LoadU(DU(), from));
  HWY_ALIGN uint8_t bytes[64] = {};
  std::memcpy(bytes, from, static_cast<size_t>(count));
  return hn::PromoteTo(DI(), hn::LoadU(DU(), bytes));
}

// One row of windows of 2x2; `top` is the first of its two rows of `width` pixels.
void pool_row_2x2(const float* top, int64_t width, int64_t outputs, bool relu, float* y, uint8_t* winners, const uint8_t* winners_end) {
  const D d;
  const DI di;
  const auto one = hn::Set(di, 1), two = hn::Set(di, 2), three = hn::Set(di, 3), none = hn::Set(di, kNoWinner);
  for (int64_t i = 0; i < outputs; i += kL) {
    const int64_t count = std::min<int64_t>(kL, outputs - i), pixels = 2 * count;
    const First low(std::min<int64_t>(kL, pixels)), high(std::max<int64_t>(0, pixels - kL)), stored(count);
    const float* const p = top + 2 * i;
    const V t0 = load_first(low, p), t1 = load_first(high, p + kL), b0 = load_first(low, p + width), b1 = load_first(high, p + width + kL);
    const V a = hn::ConcatEven(d, t1, t0), b = hn::ConcatOdd(d, t1, t0), c = hn::ConcatEven(d, b1, b0), e = hn::ConcatOdd(d, b1, b0);
    const auto right = hn::Gt(b, a), below_right = hn::Gt(e, c);
    const V upper = hn::IfThenElse(right, b, a), lower = hn::IfThenElse(below_right, e, c);
    const auto below = hn::Gt(lower, upper);
    V best = hn::IfThenElse(below, lower, upper);
    if (winners != nullptr) {
      const VI first = hn::IfThenElseZero(hn::RebindMask(di, right), one), second = hn::IfThenElse(hn::RebindMask(di, below_right), three, two);
      VI winner = hn::IfThenElse(hn::RebindMask(di, below), second, first);
      if (relu) winner = hn::IfThenElse(hn::RebindMask(di, hn::Gt(best, hn::Zero(d))), winner, none);
      store_winners(winner, count, winners + i, winners_end);
    }
    if (relu) best = hn::Max(hn::Zero(d), best);
    store_first(stored, best, y + i);
  }
}

// One window of any kind; p is the first pixel of the plane.
void pool_window(const float* p, int64_t width, const network::Window& w, const Taps& rows, const Taps& columns, bool relu, float* y, uint8_t* winner) {
  float best = -std::numeric_limits<float>::infinity();
  int64_t won = rows.begin * w.kernel_w + columns.begin;
  bool any = false;
  for (int64_t i = rows.begin; i < rows.end; ++i) {
    for (int64_t j = columns.begin; j < columns.end; ++j) {
      const float v = p[(rows.origin + i * w.dilation_h) * width + columns.origin + j * w.dilation_w];
      if (any && !(v > best)) continue;  // the first one as it is, NaN too
      best = v;
      won = i * w.kernel_w + j;
      any = true;
    }
  }
  if (relu && !(best > 0)) won = kNoWinner;
  *y = relu && best < 0 ? 0 : best;
  if (winner != nullptr) *winner = static_cast<uint8_t>(won);
}

// in: x; out: y, [winner].
void max_pool_rows(const BoundOp& op, const Context& context) {
  const network::Window& w = std::get<plan::PoolAttributes>(op.op.attributes).window;
  const plan::Extents &x = op.in[0].shape, &y = op.out[0].shape;
  const bool fast = is_2x2(w), relu = op.op.fused_relu;
  for (int64_t n = 0; n < context.images; ++n) {
    const float* p = op.in[0].at(context) + n * op.in[0].stride;
    float* const end = op.out[0].at(context) + n * op.out[0].stride + y.per_image();
    float* out = end - y.per_image();
    uint8_t* winners = op.out.size() > 1 ? op.out[1].at<uint8_t>(context) + n * op.out[1].stride : nullptr;
    const uint8_t* const winners_end = winners != nullptr ? winners + op.out[1].stride : nullptr;
    for (int64_t c = 0; c < x.c; ++c, p += x.h * x.w) {
      for (int64_t row = 0; row < y.h; ++row) {
        if (fast) {
          pool_row_2x2(p + 2 * row * x.w, x.w, y.w, relu, out, winners, winners_end);
        } else {
          const Taps rows(row, w.kernel_h, w.stride_h, w.pad_h, w.dilation_h, x.h);
          for (int64_t i = 0; i < y.w; ++i) {
            const Taps columns(i, w.kernel_w, w.stride_w, w.pad_w, w.dilation_w, x.w);
            pool_window(p, x.w, w, rows, columns, relu, out + i, winners != nullptr ? winners + i : nullptr);
          }
        }
        out += y.w;
        if (winners != nullptr) winners += y.w;
      }
    }
    std::fill(end, end - y.per_image() + op.out[0].stride, 0.0F);
  }
}

// The two rows of dx under one row of windows of 2x2; what lies behind the last window becomes zero.
void pool_grad_row_2x2(const float* dy, const uint8_t* winners, const uint8_t* winners_end, int64_t outputs, int64_t width, float* top) {
  const D d;
  const DI di;
  const VI lane = hn::Iota(di, 0), one = hn::Set(di, 1);
  const VI upper = hn::And(lane, one), lower = hn::Or(upper, hn::Set(di, 2));
  const auto twice = hn::IndicesFromVec(d, hn::ShiftRight<1>(lane));
  for (int64_t i = 0; i < width; i += kL) {
    const int64_t count = std::clamp<int64_t>(outputs - i / 2, 0, kL / 2);
    const First stored(std::min<int64_t>(kL, width - i));
    const V gradient = hn::TableLookupLanes(load_first(First(count), dy + i / 2), twice);
    const VI winner = hn::TableLookupLanes(load_winners(winners + i / 2, count, winners_end), hn::IndicesFromVec(di, hn::ShiftRight<1>(lane)));
    store_first(stored, hn::IfThenElseZero(hn::RebindMask(d, hn::Eq(winner, upper)), gradient), top + i);
    store_first(stored, hn::IfThenElseZero(hn::RebindMask(d, hn::Eq(winner, lower)), gradient), top + width + i);
  }
}

// in: dy, winner; out: dx.
void max_pool_grad_rows(const BoundOp& op, const Context& context) {
  const network::Window& w = std::get<plan::PoolAttributes>(op.op.attributes).window;
  const plan::Extents &x = op.out[0].shape, &y = op.in[0].shape;
  const bool fast = is_2x2(w);
  for (int64_t n = 0; n < context.images; ++n) {
    const float* dy = op.in[0].at(context) + n * op.in[0].stride;
    const uint8_t* winners = op.in[1].at<uint8_t>(context) + n * op.in[1].stride;
    const uint8_t* const winners_end = winners + op.in[1].stride;
    float* dx = op.out[0].at(context) + n * op.out[0].stride;
    if (fast) std::fill(dx + x.per_image(), dx + op.out[0].stride, 0.0F);
    else std::fill_n(dx, op.out[0].stride, 0.0F);
    for (int64_t c = 0; c < x.c; ++c, dx += x.h * x.w) {
      for (int64_t row = 0; row < y.h; ++row, dy += y.w, winners += y.w) {
        if (fast) {
          pool_grad_row_2x2(dy, winners, winners_end, y.w, x.w, dx + 2 * row * x.w);
          continue;
        }
        for (int64_t i = 0; i < y.w; ++i) {
          if (op.op.fused_relu && winners[i] == kNoWinner) continue;
          const int64_t h = row * w.stride_h - w.pad_h + winners[i] / w.kernel_w * w.dilation_h;
          const int64_t v = i * w.stride_w - w.pad_w + winners[i] % w.kernel_w * w.dilation_w;
          if (h >= 0 && h < x.h && v >= 0 && v < x.w) dx[h * x.w + v] += dy[i];  // a window may lie in the padding alone
        }
      }
      if (fast) std::fill(dx + 2 * y.h * x.w, dx + x.h * x.w, 0.0F);
    }
  }
}

void fill(Kernels& kernels) {
  kernels.max_pool_rows = &max_pool_rows;
  kernels.max_pool_grad_rows = &max_pool_grad_rows;
}

}  // namespace
}  // namespace trainmark::backends::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace trainmark::backends::cpu {
HWY_EXPORT(fill);
void fill_pool_rows(Kernels& kernels) { HWY_DYNAMIC_DISPATCH(fill)(kernels); }
}  // namespace trainmark::backends::cpu
#endif

// Gradient by data of a convolution before a 2x2 max-pool, from the pooled gradient and the winners.
//
// A window's winner, wherever it stands, reaches (K + 1) x (K + 1) pixels of dx; each gets gradient x weight, where the winner
// chooses among four weights, zero beyond the kernel's edge. So (K + 1)^2 multiplications take the place of 4 K K: 44 % of
// the FLOPs of the shape for 3x3, 36 % for 5x5. The four weights of kPixels neighbouring pixels fill a vector; a permutation
// by the winners takes them out of it, lane by lane. These tables are made for every chunk, from a copy of the kernel with a
// margin of zeros. A register tile is R rows of a window's pixels in one input channel; it sums over all output channels,
// beginning with what earlier windows left there: the order of every sum is fixed by the shapes.
#include "backends/cpu/targets.hpp"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backends/cpu/conv_winners_data.cpp"
#include <hwy/foreach_target.h>

#include "backends/cpu/conv_winners.hpp"
#include "backends/cpu/conv_winners_space.hpp"
#include "backends/cpu/kernels.hpp"
#include "backends/cpu/simd.hpp"

#include <algorithm>
#include <cstring>

HWY_BEFORE_NAMESPACE();
namespace trainmark::backends::cpu::HWY_NAMESPACE {
namespace {

constexpr int kPixels = kL / 4;             // whose weights stand in one vector: those of winner 0, then of winner 1 ...
constexpr int kEntry = (1 + kPixels) * kL;  // of a window and output channel: the gradient, and a permutation for every pixel

template <int K>
struct Shape {
  static constexpr int kWidth = K + 1;                               // of a window's pixels in dx
  static constexpr int kVectors = (kWidth + kPixels - 1) / kPixels;  // of a row of them
  static constexpr int kMost = std::max(1, kAccumulators / kWidth);  // rows that registers hold
  static constexpr int kRows = kMost >= kWidth ? kWidth : kMost >= kWidth / 2 ? kWidth / 2 : kMost >= 2 ? 2 : 1;
  static constexpr int kTable = kRows * kVectors * kL;  // floats of a tile and output channel
  static_assert(kWidth % kRows == 0 && kVectors * kL <= winners_row_floats(K));
};

// Weights (o, channels, K, K) -> tables (channel, tile, o, row, vector).
template <int K>
void make_tables(const float* weights, int64_t weight_row, int64_t outputs, int64_t channels, float* tables) {
  using S = Shape<K>;
  constexpr int kMargin = K + 1 + kPixels;  // a row of the copy: zero, the row of the kernel, zeros
  float copy[(K + 2) * kMargin] = {};
  for (int64_t c = 0; c < channels; ++c, tables += outputs * S::kWidth * S::kVectors * kL) {
    for (int64_t o = 0; o < outputs; ++o) {
      const float* const w = weights + o * weight_row + c * K * K;
      for (int i = 0; i < K; ++i) std::memcpy(copy + (i + 1) * kMargin + 1, w + i * K, K * 4);
      for (int row = 0; row < S::kWidth; ++row) {
        float* const to = tables + (row / S::kRows * outputs + o) * S::kTable + row % S::kRows * S::kVectors * kL;
        for (int v = 0; v < S::kVectors; ++v) {
          const float* const at = copy + (row + 1) * kMargin + 1 + v * kPixels;  // of winner 0; the others lie left and above
          std::memcpy(to + v * kL, at, kPixels * 4);
          std::memcpy(to + v * kL + kPixels, at - 1, kPixels * 4);
          std::memcpy(to + v * kL + 2 * kPixels, at - kMargin, kPixels * 4);
          std::memcpy(to + v * kL + 3 * kPixels, at - kMargin - 1, kPixels * 4);
        }
      }
    }
  }
}

// What all input channels use of `count` neighbouring windows: entries (window, o).
void make_entries(const float* dy, const uint8_t* winners, int64_t plane, int64_t outputs, int64_t count, float* entries) {
  const D d;
  const DI di;
  for (int64_t i = 0; i < count; ++i) {
    for (int64_t o = 0; o < outputs; ++o, entries += kEntry) {
      const int64_t at = o * plane + i * 16;
      const auto winner = hn::PromoteTo(di, hn::LoadU(DU(), winners + at));
      hn::Store(window_at(dy + at, winners + at).gradient, d, entries);
      const auto first = hn::Mul(hn::And(winner, hn::Set(di, 3)), hn::Set(di, kPixels));
      for (int k = 0; k < kPixels; ++k) hn::Store(hn::BitCast(d, hn::Add(first, hn::Set(di, k))), d, entries + (1 + k) * kL);
    }
  }
}

// Rows of one window's pixels: dx += gradient x weight over all output channels.
template <int K>
HWY_INLINE void data_tile(const float* HWY_RESTRICT table, const float* HWY_RESTRICT entry, int64_t outputs, float* dx, int64_t row) {
  using S = Shape<K>;
  const D d;
  const DI di;
  V acc[S::kRows][S::kWidth];
  unroll<S::kRows * S::kWidth>([&](auto i) CPU_LAMBDA { acc[i / S::kWidth][i % S::kWidth] = hn::Load(d, dx + i / S::kWidth * row + i % S::kWidth * 16); });
  for (int64_t o = 0; o < outputs; ++o, table += S::kTable, entry += kEntry) {
    const V gradient = hn::Load(d, entry);
    unroll<S::kRows * S::kVectors>([&](auto i) CPU_LAMBDA {
      const V weights = hn::Load(d, table + i * kL);
      unroll<kPixels>([&](auto k) CPU_LAMBDA {
        constexpr int kRow = i / S::kVectors, kColumn = i % S::kVectors * kPixels + k;
        if constexpr (kColumn < S::kWidth) {
          const auto order = hn::IndicesFromVec(d, hn::BitCast(di, hn::Load(d, entry + (1 + k) * kL)));
          acc[kRow][kColumn] = hn::MulAdd(gradient, hn::TableLookupLanes(weights, order), acc[kRow][kColumn]);
        }
      });
    });
  }
  unroll<S::kRows * S::kWidth>([&](auto i) CPU_LAMBDA { hn::Store(acc[i / S::kWidth][i % S::kWidth], d, dx + i / S::kWidth * row + i % S::kWidth * 16); });
}

struct DataPass {
  const float* tables;
  float* entries;
  plan::Extents x, dy;
};

// One group of 16 images; dx is zero before.
template <int K>
void data_pass(const DataPass& pass, const float* dy, const uint8_t* winners, float* dx) {
  using S = Shape<K>;
  const int64_t plane = pass.dy.h * pass.dy.w * 16, row = pass.x.w * 16, outputs = pass.dy.c, most = windows_at_once(outputs, pass.dy.w);
  for (int64_t part = 0; part < 16; part += kL) {
    for (int64_t i = 0; i < pass.dy.h; ++i) {
      for (int64_t j = 0; j < pass.dy.w; j += most) {
        const int64_t count = std::min(most, pass.dy.w - j), at = (i * pass.dy.w + j) * 16 + part;
        make_entries(dy + at, winners + at, plane, outputs, count, pass.entries);
        const float* table = pass.tables;
        for (int64_t c = 0; c < pass.x.c; ++c) {
          for (int r = 0; r < S::kWidth; r += S::kRows, table += outputs * S::kTable) {
            float* const to = dx + ((c * pass.x.h + 2 * i + r) * pass.x.w + 2 * j) * 16 + part;
            for (int64_t k = 0; k < count; ++k) data_tile<K>(table, pass.entries + k * outputs * kEntry, outputs, to + k * 32, row);
          }
        }
      }
    }
  }
}

// in: pooled dy, w, [x: dx is zero where x is not above zero], winners; out: dx.
template <int K>
void grad_data(const BoundOp& op, const Context& context) {
  const D d;
  const plan::Extents &x = op.out[0].shape, &dy = op.in[0].shape;
  float* const tables = reinterpret_cast<float*>(context.workspace);
  make_tables<K>(op.in[1].at(context), op.in[1].stride, dy.c, x.c, tables);
  const DataPass pass{tables, tables + x.c * dy.c * (K + 1) * winners_row_floats(K), x, dy};
  float* const out = op.out[0].at(context);
  const int64_t groups = (context.images + 15) / 16, size = groups * x.per_image() * 16;
  std::fill_n(out, size, 0.0F);
  for (int64_t n = 0; n < groups; ++n) {
    const int64_t at = n * dy.per_image() * 16;
    data_pass<K>(pass, op.in[0].at(context) + at, op.in.back().at<uint8_t>(context) + at, out + n * x.per_image() * 16);
  }
  if (!op.op.fused_relu) return;
  const float* const mask = op.in[2].at(context);
  for (int64_t i = 0; i < size; i += kL) hn::Store(hn::IfThenElseZero(hn::Gt(hn::Load(d, mask + i), hn::Zero(d)), hn::Load(d, out + i)), d, out + i);
}

void conv_grad_data_winners(const BoundOp& op, const Context& context) {
  if (std::get<plan::ConvAttributes>(op.op.attributes).window.kernel_h == 3) grad_data<3>(op, context);
  else grad_data<5>(op, context);
}

void fill(Kernels& kernels) { kernels.conv_grad_data_winners = &conv_grad_data_winners; }

}  // namespace
}  // namespace trainmark::backends::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace trainmark::backends::cpu {
HWY_EXPORT(fill);
void fill_conv_winners_data(Kernels& kernels) { HWY_DYNAMIC_DISPATCH(fill)(kernels); }
}  // namespace trainmark::backends::cpu
#endif

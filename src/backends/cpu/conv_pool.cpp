// Convolution, ReLU and 2x2 max pool in one pass: the convolution's output never leaves the registers.
//
// A register tile is M output channels x the four pixels of one window. Rows and columns that the pool drops are not
// computed. The order of every sum is that of conv_sums.cpp.
#include "backends/cpu/targets.hpp"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backends/cpu/conv_pool.cpp"
#include <hwy/foreach_target.h>

#include "backends/cpu/conv_tables.hpp"
#include "backends/cpu/kernels.hpp"
#include "backends/cpu/pool_2x2.hpp"
#include "backends/cpu/simd.hpp"

#ifndef TRAINMARK_CPU_CONV_POOL_ONCE
#define TRAINMARK_CPU_CONV_POOL_ONCE
namespace trainmark::backends::cpu {

struct PooledJob {
  const ConvTables::Term* terms;
  const ConvTables::Term* terms_end;
  const float* x;  // of the window's first pixel
  int64_t x_row;
  const float* weights;  // of the tile's first channel
  int64_t weight_row;
  const float* bias;  // of the tile's first channel, or null
  bool relu;
  float* y;          // of the tile's first channel
  uint8_t* winners;  // like y, or null
  int64_t y_plane;
};

}  // namespace trainmark::backends::cpu
#endif

HWY_BEFORE_NAMESPACE();
namespace trainmark::backends::cpu::HWY_NAMESPACE {
namespace {

template <int M>
void pooled_tile(const PooledJob& job) {
  const D d;
  V acc[M][4];
  unroll<M>([&](auto m) CPU_LAMBDA {
    const V start = job.bias != nullptr ? hn::Set(d, job.bias[m]) : hn::Zero(d);
    unroll<4>([&](auto p) CPU_LAMBDA { acc[m][p] = start; });
  });
  const int64_t x_row = job.x_row, weight_row = job.weight_row;
  for (const ConvTables::Term* term = job.terms; term != job.terms_end; ++term) {
    const float* const x = job.x + term->source;
    const float* const w = job.weights + term->weight;
    V xv[4];
    unroll<4>([&](auto p) CPU_LAMBDA { xv[p] = hn::Load(d, x + p / 2 * x_row + p % 2 * 16); });
    unroll<M>([&](auto m) CPU_LAMBDA {
      const V wv = hn::Set(d, w[m * weight_row]);
      unroll<4>([&](auto p) CPU_LAMBDA { acc[m][p] = hn::MulAdd(wv, xv[p], acc[m][p]); });
    });
  }
  unroll<M>([&](auto m) CPU_LAMBDA {
    uint8_t* const winners = job.winners != nullptr ? job.winners + m * job.y_plane : nullptr;
    pool_2x2(acc[m][0], acc[m][1], acc[m][2], acc[m][3], job.relu, job.y + m * job.y_plane, winners);
  });
}

constexpr int kChannels = kAccumulators / 4;  // of a tile at most

using PooledFunction = void (*)(const PooledJob&);
struct PooledTable {
  PooledFunction of[kChannels];
};
template <int... I>
constexpr PooledTable pooled_table(std::integer_sequence<int, I...>) {
  return {{&pooled_tile<I + 1>...}};
}

// in: x, w, [b]; out: y and [winner] of the pool.
void conv_forward_pooled(const BoundOp& op, const Context& context) {
  static constexpr PooledTable kTiles = pooled_table(std::make_integer_sequence<int, kChannels>());
  const plan::Extents &x = op.in[0].shape, &y = op.out[0].shape;
  const ConvTables::Pass& pass = op.conv->forward;
  const float* const weights = op.in[1].at(context);
  const float* const bias = op.in.size() > 2 ? op.in[2].at(context) : nullptr;
  uint8_t* const winners = op.out.size() > 1 ? op.out[1].at<uint8_t>(context) : nullptr;
  const int64_t tiles = (y.c + kChannels - 1) / kChannels;
  PooledJob job{};
  job.terms = pass.terms.data();
  job.terms_end = job.terms + pass.terms.size();
  job.x_row = x.w * 16;
  job.weight_row = pass.channel_weights;
  job.relu = op.op.fused_relu;
  job.y_plane = y.h * y.w * 16;
  for (int64_t n = 0; n < (context.images + 15) / 16; ++n) {
    const float* const image = op.in[0].at(context) + n * x.per_image() * 16;
    for (int64_t row = 0; row < y.h; ++row) {
      for (int64_t t = 0; t < tiles; ++t) {
        const int64_t c0 = y.c * t / tiles, c1 = y.c * (t + 1) / tiles;
        job.weights = weights + c0 * pass.channel_weights;
        job.bias = bias != nullptr ? bias + c0 : nullptr;
        for (int64_t column = 0; column < y.w; ++column) {
          for (int64_t part = 0; part < 16; part += kL) {
            const int64_t at = (n * y.per_image() + (c0 * y.h + row) * y.w + column) * 16 + part;
            job.x = image + (2 * row * x.w + 2 * column) * 16 + part;
            job.y = op.out[0].at(context) + at;
            job.winners = winners != nullptr ? winners + at : nullptr;
            kTiles.of[c1 - c0 - 1](job);
          }
        }
      }
    }
  }
}

void fill(Kernels& kernels) { kernels.conv_forward_pooled = &conv_forward_pooled; }

}  // namespace
}  // namespace trainmark::backends::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace trainmark::backends::cpu {
HWY_EXPORT(fill);
void fill_conv_pool(Kernels& kernels) { HWY_DYNAMIC_DISPATCH(fill)(kernels); }
}  // namespace trainmark::backends::cpu
#endif

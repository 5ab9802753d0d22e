// Gradient of a convolution by its weights: sums of dy x over positions and images, either of which are the lanes.
//
// A register tile is A streams of x (an input channel and a tap) times B output channels; the sums stay in registers over
// all positions and images of the chunk, lanes apart, and are added across lanes once at the end. Images outermost, then
// rows: the order of every sum is fixed by the shapes.
#include "backends/cpu/targets.hpp"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backends/cpu/conv_weights.cpp"
#include <hwy/foreach_target.h>

#include "backends/cpu/conv_tables.hpp"
#include "backends/cpu/conv_unfold.hpp"
#include "backends/cpu/kernels.hpp"
#include "backends/cpu/simd.hpp"

HWY_BEFORE_NAMESPACE();
namespace trainmark::backends::cpu::HWY_NAMESPACE {
namespace {

// x and dy of the tile's group and first output channel; dw of that channel.
template <int A, int B>
void weights_tile(const ConvTables::Weights& table, const ConvTables::Streams& streams, const float* x, const float* dy, int64_t images, float* dw, bool add) {
  const D d;
  V acc[A][B];
  unroll<A * B>([&](auto i) CPU_LAMBDA { acc[i / B][i % B] = hn::Zero(d); });
  const int64_t plane = table.dy_plane, step = table.x_column, dy_step = table.dy_column, parts = table.image_lanes == 16 ? 16 : kL;
  for (int64_t n = 0; n < images; n += table.image_lanes) {
    for (int64_t part = 0; part < parts; part += kL) {
      for (int64_t row = streams.row_begin; row < streams.row_end; ++row) {
        const int64_t at = n / table.image_lanes * table.x_image + row * table.x_row + streams.column_begin * step + part;
        const float* xp[A];
        unroll<A>([&](auto a) CPU_LAMBDA { xp[a] = x + streams.source[a] + at; });
        const float* HWY_RESTRICT dp = dy + n / table.image_lanes * table.dy_image + row * table.dy_row + streams.column_begin * dy_step + part;
        const int64_t end = (streams.column_end - streams.column_begin) * step;
        for (int64_t i = 0; i < end; i += step, dp += dy_step) {
          if constexpr (A <= B) {
            V xv[A];
            unroll<A>([&](auto a) CPU_LAMBDA { xv[a] = hn::LoadU(d, xp[a] + i); });
            unroll<B>([&](auto b) CPU_LAMBDA {
              const V g = hn::LoadU(d, dp + b * plane);
              unroll<A>([&](auto a) CPU_LAMBDA { acc[a][b] = hn::MulAdd(xv[a], g, acc[a][b]); });
            });
          } else {
            V g[B];
            unroll<B>([&](auto b) CPU_LAMBDA { g[b] = hn::LoadU(d, dp + b * plane); });
            unroll<A>([&](auto a) CPU_LAMBDA {
              const V xv = hn::LoadU(d, xp[a] + i);
              unroll<B>([&](auto b) CPU_LAMBDA { acc[a][b] = hn::MulAdd(xv, g[b], acc[a][b]); });
            });
          }
        }
      }
    }
  }
  HWY_ALIGN float sums[(A * B + 3) / 4 * 4];
  unroll<(A * B + 3) / 4>([&](auto g) CPU_LAMBDA {
    const auto pick = [&](int i) CPU_LAMBDA { return i < A * B ? acc[i / B][i % B] : acc[A - 1][B - 1]; };
    hn::Store(sum_lanes4(pick(g * 4), pick(g * 4 + 1), pick(g * 4 + 2), pick(g * 4 + 3)), D4(), sums + g * 4);
  });
  for (int a = 0; a < A; ++a) {
    for (int b = 0; b < B; ++b) {
      float& to = dw[b * table.weight_row + streams.weight[a]];
      to = add ? to + sums[a * B + b] : sums[a * B + b];
    }
  }
}

using WeightsFunction = void (*)(const ConvTables::Weights&, const ConvTables::Streams&, const float*, const float*, int64_t, float*, bool);

template <int A, int B>
constexpr WeightsFunction weights_function() {
  if constexpr (A * B <= kAccumulators) return &weights_tile<A, B>;
  else return nullptr;
}

struct WeightsTable {
  WeightsFunction of[72];
};

template <int... I>
constexpr WeightsTable weights_table(std::integer_sequence<int, I...>) {
  return {{weights_function<I / 8 + 1, I % 8 + 1>()...}};
}

// db of all output channels: four sums hide the latency of an addition.
void bias_gradient(const ConvTables::Weights& table, const float* dy, int64_t images, int64_t channels, float* db, bool add) {
  const D d;
  for (int64_t c = 0; c < channels; ++c) {
    V acc[4];
    unroll<4>([&](auto i) CPU_LAMBDA { acc[i] = hn::Zero(d); });
    for (int64_t n = 0; n < images; n += table.image_lanes) {
      const float* const p = dy + n / table.image_lanes * table.dy_image + c * table.dy_plane;
      int64_t i = 0;
      for (; i + 4 * kL <= table.dy_plane; i += 4 * kL) unroll<4>([&](auto k) CPU_LAMBDA { acc[k] = hn::Add(acc[k], hn::LoadU(d, p + i + k * kL)); });
      for (; i < table.dy_plane; i += kL) acc[0] = hn::Add(acc[0], hn::LoadU(d, p + i));
    }
    const float sum = hn::GetLane(sum_lanes4(hn::Add(hn::Add(acc[0], acc[1]), hn::Add(acc[2], acc[3])), acc[0], acc[0], acc[0]));
    db[c] = add ? db[c] + sum : sum;
  }
}

// Output channels [row_begin, row_end) of dw, and db, from x and dy as the table says that they lie.
void weights_pass(const ConvTables::Weights& table, const float* x, const float* dy, int64_t images, bool add, const BoundOp& op, const Context& context) {
  static constexpr WeightsTable kTiles = weights_table(std::make_integer_sequence<int, 72>());
  for (int64_t g = 0; g < table.groups; ++g) {
    const int64_t begin = std::max(context.row_begin, g * table.channels), end = std::min(context.row_end, (g + 1) * table.channels);
    if (begin >= end) continue;
    const int64_t tiles = (end - begin + table.most_channels - 1) / table.most_channels;
    for (const ConvTables::Streams& streams : table.streams) {  // outermost: their planes of x stay in L1
      for (int64_t t = 0; t < tiles; ++t) {
        const int64_t c0 = begin + (end - begin) * t / tiles, c1 = begin + (end - begin) * (t + 1) / tiles;
        float* const dw = op.out[0].at(context) + (c0 - context.row_begin) * table.weight_row;
        kTiles.of[(streams.count - 1) * 8 + c1 - c0 - 1](table, streams, x + g * table.group_source, dy + c0 * table.dy_plane, images, dw, add);
      }
    }
  }
  // Whole, with the first rows: the update of the bias follows them in the same task.
  if (op.out.size() > 1 && context.row_begin == 0) bias_gradient(table, dy, images, op.rows, op.out[1].at(context), add);
}

// in: x, dy; out: dw, [db].
void conv_grad_weights(const BoundOp& op, const Context& context) {
  weights_pass(op.conv->grad_weights, op.in[0].at(context), op.in[1].at(context), context.images, op.accumulate && !context.first, op, context);
}

// As padded rows: the planes of as many images as stay in L2 are made, then used by all tiles.
void conv_grad_weights_rows(const BoundOp& op, const Context& context) {
  const ConvRows& rows = *op.conv_rows;
  const Operand &x = op.in[0], &dy = op.in[1];
  const int64_t at_once = rows.images_at_once(context.images);
  float* const planes = reinterpret_cast<float*>(context.workspace);
  float* const copied = planes + at_once * rows.image_floats();
  for (int64_t first = 0; first < context.images; first += at_once) {
    const int64_t images = std::min(at_once, context.images - first);
    for (int64_t n = 0; n < images; ++n) {
      unfold(rows, x.at(context) + (first + n) * x.stride, planes + n * rows.image_floats());
      for (int64_t c = 0; rows.dy_copied && c < rows.out_channels; ++c) {
        copy_vectors(dy.at(context) + (first + n) * dy.stride + c * rows.dy_size, rows.dy_size, copied + (n * rows.out_channels + c) * rows.dy_plane);
      }
    }
    const bool add = first > 0 || (op.accumulate && !context.first);
    weights_pass(rows.grad_weights, planes, rows.dy_copied ? copied : dy.at(context) + first * dy.stride, images, add, op, context);
  }
}

void fill(Kernels& kernels) {
  kernels.conv_grad_weights = &conv_grad_weights;
  kernels.conv_grad_weights_rows = &conv_grad_weights_rows;
}

}  // namespace
}  // namespace trainmark::backends::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace trainmark::backends::cpu {
HWY_EXPORT(fill);
void fill_conv_weights(Kernels& kernels) { HWY_DYNAMIC_DISPATCH(fill)(kernels); }
}  // namespace trainmark::backends::cpu
#endif

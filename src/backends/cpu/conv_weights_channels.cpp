// Gradient of a convolution by its weights over padded rows, with 16 output channels as lanes.
//
// dy is transposed, (positions, 16 channels); a tile of streams of x (an input channel and a tap, in the planes of
// conv_rows.hpp) broadcasts one value each per position. The sums are the weights' gradients themselves, where positions as
// lanes leave 16 parts of each to be added: with 64 positions that took longer than the products.
#include "backends/cpu/targets.hpp"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backends/cpu/conv_weights_channels.cpp"
#include <hwy/foreach_target.h>

#include "backends/cpu/conv_unfold.hpp"
#include "backends/cpu/kernels.hpp"
#include "backends/cpu/simd.hpp"

HWY_BEFORE_NAMESPACE();
namespace trainmark::backends::cpu::HWY_NAMESPACE {
namespace {

constexpr int kVectors = 16 / kL;  // per 16 channels
constexpr int kMostStreams = kAccumulators / kVectors < 1 ? 1 : kAccumulators / kVectors > 9 ? 9 : kAccumulators / kVectors;

struct ChannelsJob {
  const float* x;  // planes of the group, of the first image
  int64_t x_image;
  const float* dy;  // (images, positions, 16)
  int64_t images, positions;
};

// sums (A, 16).
template <int A>
void channels_tile(const ChannelsJob& job, const int32_t* source, float* sums) {
  const D d;
  V acc[A][kVectors];
  unroll<A * kVectors>([&](auto i) CPU_LAMBDA { acc[i / kVectors][i % kVectors] = hn::Zero(d); });
  const float* HWY_RESTRICT g = job.dy;
  for (int64_t n = 0; n < job.images; ++n) {
    const float* xp[A];
    unroll<A>([&](auto a) CPU_LAMBDA { xp[a] = job.x + n * job.x_image + source[a]; });
    for (int64_t p = 0; p < job.positions; ++p, g += 16) {
      V gv[kVectors];
      unroll<kVectors>([&](auto b) CPU_LAMBDA { gv[b] = hn::LoadU(d, g + b * kL); });
      unroll<A>([&](auto a) CPU_LAMBDA {
        const V xv = hn::Set(d, xp[a][p]);
        unroll<kVectors>([&](auto b) CPU_LAMBDA { acc[a][b] = hn::MulAdd(xv, gv[b], acc[a][b]); });
      });
    }
  }
  unroll<A * kVectors>([&](auto i) CPU_LAMBDA { hn::StoreU(acc[i / kVectors][i % kVectors], d, sums + i / kVectors * 16 + i % kVectors * kL); });
}

using ChannelsFunction = void (*)(const ChannelsJob&, const int32_t*, float*);

struct ChannelsTable {
  ChannelsFunction of[kMostStreams];
};

template <int... I>
constexpr ChannelsTable channels_table(std::integer_sequence<int, I...>) {
  return {{&channels_tile<I + 1>...}};
}

// 16 channels of dy (16, positions) -> (positions, 16).
void transpose_dy(const float* dy, int64_t positions, float* to) {
  int64_t p = 0;
  for (; p + 4 <= positions; p += 4) rows_to_lanes4(dy + p, positions, to + p * 16);
  for (; p < positions; ++p) {
    for (int64_t c = 0; c < 16; ++c) to[p * 16 + c] = dy[c * positions + p];
  }
}

// db of 16 channels.
void bias_gradient(const ChannelsJob& job, float* db, bool add) {
  const D d;
  HWY_ALIGN float sums[16];
  for (int part = 0; part < 16; part += kL) {
    V a = hn::Zero(d), b = hn::Zero(d);
    int64_t p = 0;
    for (; p + 2 <= job.images * job.positions; p += 2) {
      a = hn::Add(a, hn::LoadU(d, job.dy + p * 16 + part));
      b = hn::Add(b, hn::LoadU(d, job.dy + p * 16 + 16 + part));
    }
    if (p < job.images * job.positions) a = hn::Add(a, hn::LoadU(d, job.dy + p * 16 + part));
    hn::Store(hn::Add(a, b), d, sums + part);
  }
  for (int64_t c = 0; c < 16; ++c) db[c] = add ? db[c] + sums[c] : sums[c];
}

// The workspace of one call.
struct Memory {
  float *planes, *dy, *sums, *rows;  // of the images; (images, positions, 16); (streams, 16); (16, streams)
};

// Output channels [begin, begin + 16), of which those in the context's rows are stored.
void sixteen_channels(const BoundOp& op, const Context& context, const Memory& memory, const ChannelsJob& job, int64_t begin, bool add) {
  static constexpr ChannelsTable kTiles = channels_table(std::make_integer_sequence<int, kMostStreams>());
  const D d;
  const ConvRows& rows = *op.conv_rows;
  const int64_t weight_row = rows.grad_weights.weight_row;
  for (const ConvTables::Streams& streams : rows.channel_streams) kTiles.of[streams.count - 1](job, streams.source, memory.sums + streams.weight[0] * 16);
  for (int64_t s = 0; s < weight_row; s += 4) lanes_to_rows4(memory.sums + s * 16, memory.rows + s, weight_row);
  const int64_t first = std::max(begin, context.row_begin), end = std::min(begin + 16, context.row_end);
  const float* from = memory.rows + (first - begin) * weight_row;
  float* const dw = op.out[0].at(context) + (first - context.row_begin) * weight_row;
  for (int64_t i = 0; i < (end - first) * weight_row; i += kL) {
    const V v = hn::Load(d, from + i);
    hn::Store(add ? hn::Add(hn::Load(d, dw + i), v) : v, d, dw + i);
  }
}

// in: x, dy; out: dw, [db].
void conv_grad_weights_channels(const BoundOp& op, const Context& context) {
  const ConvRows& rows = *op.conv_rows;
  const ConvTables::Weights& table = rows.grad_weights;
  const Operand &x = op.in[0], &dy = op.in[1];
  const int64_t at_once = rows.images_at_once(context.images),
                unused = table.weight_row - rows.channel_streams.back().weight[0] - rows.channel_streams.back().count;
  Memory memory{};
  memory.planes = reinterpret_cast<float*>(context.workspace);
  memory.dy = memory.planes + at_once * rows.image_floats();
  memory.sums = memory.dy + at_once * rows.dy_lanes_floats();
  memory.rows = memory.sums + table.weight_row * 16;
  std::fill_n(memory.rows - unused * 16, unused * 16, 0.0F);  // padding of weights stays zero
  for (int64_t first = 0; first < context.images; first += at_once) {
    const int64_t images = std::min(at_once, context.images - first);
    for (int64_t n = 0; n < images; ++n) unfold(rows, x.at(context) + (first + n) * x.stride, memory.planes + n * rows.image_floats());
    for (int64_t begin = 0; begin < rows.out_channels; begin += 16) {
      // The bias of all channels goes with the first rows: its update follows them in the same task.
      const bool stored = begin + 16 > context.row_begin && begin < context.row_end;
      if (!stored && context.row_begin != 0) continue;
      for (int64_t n = 0; n < images; ++n) {
        transpose_dy(dy.at(context) + (first + n) * dy.stride + begin * rows.dy_size, rows.dy_size, memory.dy + n * rows.dy_lanes_floats());
      }
      const ChannelsJob job{memory.planes + begin / table.channels * table.group_source, table.x_image, memory.dy, images, rows.dy_size};
      const bool add = first > 0 || (op.accumulate && !context.first);
      if (stored) sixteen_channels(op, context, memory, job, begin, add);
      if (op.out.size() > 1 && context.row_begin == 0) bias_gradient(job, op.out[1].at(context) + begin, add);
    }
  }
}

void fill(Kernels& kernels) { kernels.conv_grad_weights_channels = &conv_grad_weights_channels; }

}  // namespace
}  // namespace trainmark::backends::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace trainmark::backends::cpu {
HWY_EXPORT(fill);
void fill_conv_weights_channels(Kernels& kernels) { HWY_DYNAMIC_DISPATCH(fill)(kernels); }
}  // namespace trainmark::backends::cpu
#endif

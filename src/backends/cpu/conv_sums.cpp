// Convolution forward and its gradient by data: every output is a sum of weight x source terms.
//
// A register tile is M output channels x P vectors; each term loads P vectors and broadcasts M weights, which need no
// packing. Outputs are written once, with bias, ReLU or mask applied. With images as lanes, vectors are neighbouring
// positions: any number of channels fills them, and every load is aligned. With rows, lanes are positions of one image, from
// planes in the workspace (conv_rows.hpp); loads are unaligned, and the last vector of a channel is stored in part.
#include "backends/cpu/targets.hpp"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backends/cpu/conv_sums.cpp"
#include <hwy/foreach_target.h>

#include "backends/cpu/conv_tables.hpp"
#include "backends/cpu/conv_unfold.hpp"
#include "backends/cpu/kernels.hpp"
#include "backends/cpu/simd.hpp"

#ifndef TRAINMARK_CPU_CONV_SUMS_ONCE
#define TRAINMARK_CPU_CONV_SUMS_ONCE
#include <limits>
namespace trainmark::backends::cpu {

struct SumsJob {
  const ConvTables::Term* terms;
  int64_t count;         // of terms
  const float* source;   // of the tile's first position
  int64_t source_step;   // floats between positions
  const float* weights;  // of the tile's first channel
  int64_t channel_weights;
  float* out;
  int64_t out_step, out_plane;
  const float* bias;  // of the tile's first channel, or null
  float floor;        // 0 for ReLU, else minus infinity
  const float* mask;  // like out, or null: zero where it is not above zero
  int64_t last;       // lanes of the last vector that are stored; 0: all
};

}  // namespace trainmark::backends::cpu
#endif

HWY_BEFORE_NAMESPACE();
namespace trainmark::backends::cpu::HWY_NAMESPACE {
namespace {

template <int M, int P, bool kNear>
void sums_tile(const SumsJob& job) {
  const D d;
  V acc[M][P];
  unroll<M>([&](auto m) CPU_LAMBDA {
    const V start = job.bias != nullptr ? hn::Set(d, job.bias[m]) : hn::Zero(d);
    unroll<P>([&](auto p) CPU_LAMBDA { acc[m][p] = start; });
  });
  const int64_t step = kNear ? 16 : job.source_step, channel_weights = job.channel_weights;
  const ConvTables::Term* const end = job.terms + job.count;
  const float* HWY_RESTRICT const source = job.source;
  const float* HWY_RESTRICT const weights = job.weights;
  for (const ConvTables::Term* term = job.terms; term != end; ++term) {
    const float* const s = source + term->source;
    const float* const w = weights + term->weight;
    V sv[P];
    unroll<P>([&](auto p) CPU_LAMBDA { sv[p] = hn::LoadU(d, s + p * step); });
    unroll<M>([&](auto m) CPU_LAMBDA {
      const V wv = hn::Set(d, w[m * channel_weights]);
      unroll<P>([&](auto p) CPU_LAMBDA { acc[m][p] = hn::MulAdd(wv, sv[p], acc[m][p]); });
    });
  }
  if (job.mask == nullptr) {
    const V floor = hn::Set(d, job.floor);
    unroll<M>([&](auto m) CPU_LAMBDA {
      float* const out = job.out + m * job.out_plane;
      unroll<P - 1>([&](auto p) CPU_LAMBDA { hn::StoreU(hn::Max(floor, acc[m][p]), d, out + p * job.out_step); });
      const V last = hn::Max(floor, acc[m][P - 1]);
      if (job.last == 0) hn::StoreU(last, d, out + (P - 1) * job.out_step);
      else store_first(First(job.last), last, out + (P - 1) * job.out_step);
    });
  } else {
    unroll<M>([&](auto m) CPU_LAMBDA {
      unroll<P>([&](auto p) CPU_LAMBDA {
        const int64_t at = m * job.out_plane + p * job.out_step;
        hn::Store(hn::IfThenElseZero(hn::Gt(hn::Load(d, job.mask + at), hn::Zero(d)), acc[m][p]), d, job.out + at);
      });
    });
  }
}

using SumsFunction = void (*)(const SumsJob&);

// The kernel for M channels and P positions, M P <= kAccumulators; null where there is none.
template <int M, int P, bool kNear>
constexpr SumsFunction sums_function() {
  if constexpr (M * P <= kAccumulators && (kNear || P <= 4)) return &sums_tile<M, P, kNear>;
  else return nullptr;
}

struct SumsTable {
  SumsFunction of[64];
};

template <bool kNear, int... I>
constexpr SumsTable sums_table(std::integer_sequence<int, I...>) {
  return {{sums_function<I / 8 + 1, I % 8 + 1, kNear>()...}};
}

void run_pass(const ConvTables::Pass& pass, const float* source, const float* weights, const float* bias, bool relu, const float* mask, float* out,
              int64_t images) {
  static constexpr SumsTable kNear = sums_table<true>(std::make_integer_sequence<int, 64>());
  static constexpr SumsTable kFar = sums_table<false>(std::make_integer_sequence<int, 64>());
  const SumsTable& table = pass.source_step == 16 ? kNear : kFar;  // rows: step kL, which is 16 or far
  const int64_t channel_tiles = (pass.channels + pass.most_channels - 1) / pass.most_channels;
  SumsJob job{};
  job.source_step = pass.source_step;
  job.channel_weights = pass.channel_weights;
  job.out_step = pass.out_step;
  job.out_plane = pass.out_plane;
  job.floor = relu ? 0 : -std::numeric_limits<float>::infinity();
  const int64_t parts = pass.image_lanes == 16 ? 16 : kL;
  for (int64_t n = 0; n < images; n += pass.image_lanes) {
    for (int64_t part = 0; part < parts; part += kL) {
      for (int64_t g = 0; g < pass.groups; ++g) {
        for (const ConvTables::Run& run : pass.runs) {
          const int64_t position_tiles = (run.count + pass.most_positions - 1) / pass.most_positions;
          const float* const run_source = source + n / pass.image_lanes * pass.source_image + g * pass.group_source + run.source + part;
          job.terms = pass.terms.data() + run.first_term;
          job.count = run.terms;
          for (int64_t i = 0; i < channel_tiles; ++i) {
            const int64_t m0 = pass.channels * i / channel_tiles, m1 = pass.channels * (i + 1) / channel_tiles, channel = g * pass.channels + m0;
            job.weights = weights + g * pass.group_weights + m0 * pass.channel_weights;
            job.bias = bias != nullptr ? bias + channel : nullptr;
            const int64_t row = n / pass.image_lanes * pass.out_image + channel * pass.out_plane + run.out + part;
            for (int64_t j = 0; j < position_tiles; ++j) {
              const int64_t p0 = run.count * j / position_tiles, p1 = run.count * (j + 1) / position_tiles;
              job.source = run_source + p0 * pass.source_step;
              job.out = out + row + p0 * pass.out_step;
              job.mask = mask != nullptr ? mask + row + p0 * pass.out_step : nullptr;
              job.last = j + 1 == position_tiles ? run.last : 0;
              table.of[(m1 - m0 - 1) * 8 + p1 - p0 - 1](job);
            }
          }
        }
      }
    }
  }
}

// in: x, w, [b]; out: y.
void conv_forward(const BoundOp& op, const Context& context) {
  run_pass(op.conv->forward, op.in[0].at(context), op.in[1].at(context), op.in.size() > 2 ? op.in[2].at(context) : nullptr, op.op.fused_relu, nullptr,
           op.out[0].at(context), context.images);
}

// in: dy, w, [x: dx is zero where x is not above zero]; out: dx.
void conv_grad_data(const BoundOp& op, const Context& context) {
  run_pass(op.conv->grad_data, op.in[0].at(context), op.in[1].at(context), nullptr, false, op.op.fused_relu ? op.in[2].at(context) : nullptr,
           op.out[0].at(context), context.images);
}

// As padded rows: an image at a time.
void conv_forward_rows(const BoundOp& op, const Context& context) {
  const ConvRows& rows = *op.conv_rows;
  const Operand& y = op.out[0];
  float* const planes = reinterpret_cast<float*>(context.workspace);
  for (int64_t n = 0; n < context.images; ++n) {
    float* const out = y.at(context) + n * y.stride;
    unfold(rows, op.in[0].at(context) + n * op.in[0].stride, planes);
    run_pass(rows.forward, planes, op.in[1].at(context), op.in.size() > 2 ? op.in[2].at(context) : nullptr, op.op.fused_relu, nullptr, out, 1);
    std::fill(out + y.shape.per_image(), out + y.stride, 0.0F);
  }
}

// One image of dy (c, positions) -> channels between rows of zeros.
void add_margins(const ConvRows& rows, const float* dy, float* to) {
  for (int64_t c = 0; c < rows.out_channels; ++c, to += rows.dy_floats) {
    zero_vectors(to, rows.dy_margin);
    copy_vectors(dy + c * rows.dy_size, rows.dy_size, to + rows.dy_margin);
    zero_vectors(to + rows.dy_margin + rows.dy_size, rows.dy_margin);
  }
}

void conv_grad_data_rows(const BoundOp& op, const Context& context) {
  const ConvRows& rows = *op.conv_rows;
  const Operand& dx = op.out[0];
  float* const planes = reinterpret_cast<float*>(context.workspace);
  float* const dy = planes + rows.image_floats();
  for (int64_t n = 0; n < context.images; ++n) {
    float* const out = dx.at(context) + n * dx.stride;
    add_margins(rows, op.in[0].at(context) + n * op.in[0].stride, dy);
    run_pass(rows.grad_data, dy, op.in[1].at(context), nullptr, false, nullptr, planes, 1);
    fold(rows, planes, op.op.fused_relu ? op.in[2].at(context) + n * op.in[2].stride : nullptr, out);
    std::fill(out + dx.shape.per_image(), out + dx.stride, 0.0F);
  }
}

void fill(Kernels& kernels) {
  kernels.lanes = kL;
  kernels.accumulators = kAccumulators;
  kernels.conv_forward_rows = &conv_forward_rows;
  kernels.conv_grad_data_rows = &conv_grad_data_rows;
  kernels.conv_forward = &conv_forward;
  kernels.conv_grad_data = &conv_grad_data;
}

}  // namespace
}  // namespace trainmark::backends::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace trainmark::backends::cpu {
HWY_EXPORT(fill);
void fill_conv_sums(Kernels& kernels) { HWY_DYNAMIC_DISPATCH(fill)(kernels); }
}  // namespace trainmark::backends::cpu
#endif

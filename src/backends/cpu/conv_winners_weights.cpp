// Gradient by weights of a convolution before a 2x2 max-pool, from the pooled gradient and the winners.
//
// For every window, tap and image one value of x is multiplied: that at the winner. The windows' winners choose it lane by
// lane, first between left and right, then between above and below, so that K (2 K + 1) choices and K K multiplications take
// the place of 4 K K: a quarter of the FLOPs of the shape, and choices run beside multiplications on most machines.
// A register tile is R rows of taps of one input channel times B output channels; sums stay in registers over all windows and
// images of the chunk, lanes apart. Images outermost, then windows row by row: the order of every sum is fixed by the shapes.
#include "backends/cpu/targets.hpp"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backends/cpu/conv_winners_weights.cpp"
#include <hwy/foreach_target.h>

#include "backends/cpu/conv_winners.hpp"
#include "backends/cpu/kernels.hpp"
#include "backends/cpu/simd.hpp"

#ifndef TRAINMARK_CPU_CONV_WINNERS_WEIGHTS_ONCE
#define TRAINMARK_CPU_CONV_WINNERS_WEIGHTS_ONCE
namespace trainmark::backends::cpu {

struct WinnersJob {
  const float* x;          // of the tile's input channel and first row of taps
  const float* dy;         // pooled, of the tile's first output channel
  const uint8_t* winners;  // like dy
  int64_t images, x_image, dy_image;
  int64_t x_row, windows_h, windows_w, dy_plane;
  float* dw;  // of the tile's first output channel and tap
  int64_t weight_row;
  bool add;
};

}  // namespace trainmark::backends::cpu
#endif

HWY_BEFORE_NAMESPACE();
namespace trainmark::backends::cpu::HWY_NAMESPACE {
namespace {

template <int K, int R, int B>
void winners_tile(const WinnersJob& job) {
  const D d;
  V acc[B][R * K];
  unroll<B * R * K>([&](auto i) CPU_LAMBDA { acc[i / (R * K)][i % (R * K)] = hn::Zero(d); });
  const int64_t x_row = job.x_row, plane = job.dy_plane;
  for (int64_t n = 0; n < job.images; n += 16) {
    for (int64_t part = 0; part < 16; part += kL) {
      const float* dy = job.dy + n / 16 * job.dy_image + part;
      const uint8_t* winners = job.winners + n / 16 * job.dy_image + part;
      for (int64_t row = 0; row < job.windows_h; ++row) {
        const float* HWY_RESTRICT x = job.x + n / 16 * job.x_image + 2 * row * x_row + part;
        for (int64_t column = 0; column < job.windows_w; ++column, x += 32, dy += 16, winners += 16) {
          Window window[B];
          unroll<B>([&](auto b) CPU_LAMBDA { window[b] = window_at(dy + b * plane, winners + b * plane); });
          V above[B][K];  // of the row before: left or right, as the winner stands
          unroll<R + 1>([&](auto r) CPU_LAMBDA {
            V left = in_register(hn::Load(d, x + r * x_row));
            unroll<K>([&](auto k) CPU_LAMBDA {
              const V right = in_register(hn::Load(d, x + r * x_row + (k + 1) * 16));
              unroll<B>([&](auto b) CPU_LAMBDA {
                const V chosen = hn::IfThenElse(window[b].right, right, left);
                if constexpr (decltype(r)::value > 0) {
                  V& sum = acc[b][(r - 1) * K + k];
                  sum = hn::MulAdd(window[b].gradient, hn::IfThenElse(window[b].below, chosen, above[b][k]), sum);
                }
                above[b][k] = chosen;
              });
              left = right;
            });
          });
        }
      }
    }
  }
  HWY_ALIGN float sums[(B * R * K + 3) / 4 * 4];
  unroll<(B * R * K + 3) / 4>([&](auto g) CPU_LAMBDA {
    const auto pick = [&](int i) CPU_LAMBDA { return i < B * R * K ? acc[i / (R * K)][i % (R * K)] : acc[B - 1][R * K - 1]; };
    hn::Store(sum_lanes4(pick(g * 4), pick(g * 4 + 1), pick(g * 4 + 2), pick(g * 4 + 3)), D4(), sums + g * 4);
  });
  for (int b = 0; b < B; ++b) {
    for (int i = 0; i < R * K; ++i) {
      float& to = job.dw[b * job.weight_row + i];
      to = job.add ? to + sums[b * R * K + i] : sums[b * R * K + i];
    }
  }
}

// All tiles of a kernel of K x K. Where registers are few, some rows of taps at a time.
template <int K>
void winners_pass(WinnersJob job, int64_t channels, int64_t row_begin, int64_t row_end, int64_t x_plane) {
  constexpr int kRows = K * K <= kAccumulators + 1 ? K
                        : 2 * K <= kAccumulators   ? 2
                                                   : 1,
                kLast = K % kRows == 0 ? kRows : K % kRows, kChannels = 2 * kRows * K <= kAccumulators ? 2 : 1;
  const WinnersJob first = job;
  for (int64_t c = 0; c < channels; ++c) {  // outermost: its plane of x stays in L1
    for (int tap_row = 0; tap_row < K; tap_row += kRows) {
      job.x = first.x + c * x_plane + tap_row * job.x_row;
      for (int64_t o = row_begin; o < row_end;) {
        job.dy = first.dy + o * job.dy_plane;
        job.winners = first.winners + o * job.dy_plane;
        job.dw = first.dw + (o - row_begin) * job.weight_row + (c * K + tap_row) * K;
        const bool pair = kChannels == 2 && o + 2 <= row_end;
        if (pair) winners_tile<K, kRows, kChannels>(job);
        else if (tap_row + kRows <= K) winners_tile<K, kRows, 1>(job);
        else winners_tile<K, kLast, 1>(job);
        o += pair ? 2 : 1;
      }
    }
  }
}

// db of all output channels: two sums hide the latency of an addition.
void bias_gradient(const WinnersJob& job, int64_t channels, float* db) {
  const D d;
  for (int64_t c = 0; c < channels; ++c) {
    V sum[2] = {hn::Zero(d), hn::Zero(d)};
    for (int64_t n = 0; n < job.images; n += 16) {
      const int64_t at = n / 16 * job.dy_image + c * job.dy_plane;
      for (int64_t i = 0; i < job.dy_plane; i += 16) {
        for (int64_t part = 0; part < 16; part += kL) {
          V& to = sum[i / 16 % 2];
          to = hn::Add(to, window_at(job.dy + at + i + part, job.winners + at + i + part).gradient);
        }
      }
    }
    const float total = hn::GetLane(sum_lanes4(hn::Add(sum[0], sum[1]), sum[0], sum[0], sum[0]));
    db[c] = job.add ? db[c] + total : total;
  }
}

// in: x, pooled dy, winners; out: dw, [db].
void conv_grad_weights_winners(const BoundOp& op, const Context& context) {
  const plan::Extents &x = op.in[0].shape, &dy = op.in[1].shape;
  WinnersJob job{};
  job.x = op.in[0].at(context);
  job.dy = op.in[1].at(context);
  job.winners = op.in[2].at<uint8_t>(context);
  job.images = context.images;
  job.x_image = x.per_image() * 16;
  job.dy_image = dy.per_image() * 16;
  job.x_row = x.w * 16;
  job.windows_h = dy.h;
  job.windows_w = dy.w;
  job.dy_plane = dy.h * dy.w * 16;
  job.dw = op.out[0].at(context);
  job.weight_row = op.out[0].stride;
  job.add = op.accumulate && !context.first;
  const auto pass = std::get<plan::ConvAttributes>(op.op.attributes).window.kernel_h == 3 ? &winners_pass<3> : &winners_pass<5>;
  pass(job, x.c, context.row_begin, context.row_end, x.h * x.w * 16);
  if (op.out.size() > 1 && context.row_begin == 0) bias_gradient(job, op.rows, op.out[1].at(context));
}

void fill(Kernels& kernels) { kernels.conv_grad_weights_winners = &conv_grad_weights_winners; }

}  // namespace
}  // namespace trainmark::backends::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace trainmark::backends::cpu {
HWY_EXPORT(fill);
void fill_conv_winners_weights(Kernels& kernels) { HWY_DYNAMIC_DISPATCH(fill)(kernels); }
}  // namespace trainmark::backends::cpu
#endif

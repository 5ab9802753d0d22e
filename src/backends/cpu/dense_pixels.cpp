// A first dense layer with few outputs, straight from 8-bit pixels: no gathered batch is written or read.
//
// With 10 outputs, a vector of inputs takes part in ten multiply-adds; to convert it, store it and load it again costs as
// much. Here pixels become values in registers, once in the forward pass and once in the gradient by weights, where the
// conversion stands beside the multiply-adds in other units of the processor: a full-batch step of mnist-mlp-10 on one thread
// takes 0.6 of the time (docs/performance.md). The values are those of the table to the bit (pixels.hpp).
#include "backends/cpu/targets.hpp"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backends/cpu/dense_pixels.cpp"
#include <hwy/foreach_target.h>

#include "backends/cpu/bias_gradient.hpp"
#include "backends/cpu/dot_sums.hpp"
#include "backends/cpu/kernels.hpp"
#include "backends/cpu/pixels.hpp"

#ifndef TRAINMARK_CPU_DENSE_PIXELS_ONCE
#define TRAINMARK_CPU_DENSE_PIXELS_ONCE
namespace trainmark::backends::cpu {

/// The chunk's images in the samples.
struct PixelSource {
  const uint8_t* pixels;   // of all samples
  const int32_t* indices;  // (images) of the chunk, then of the next one
  int64_t size;            // pixels of one image: a multiple of 16
  const GatherTables::Channel* channel;
  const uint8_t* image(int64_t n) const { return pixels + indices[n] * size; }
};

}  // namespace trainmark::backends::cpu
#endif

HWY_BEFORE_NAMESPACE();
namespace trainmark::backends::cpu::HWY_NAMESPACE {
namespace {

using Form = GatherTables::Form;

PixelSource source_of(const BoundOp& op, const Context& context) {
  const StepInput& input = *context.step->input;
  return {input.samples->pixels, input.indices + context.image_begin, op.in[0].shape.per_image(), &context.step->gather->channels[0]};
}

// y (R images, Q outputs) from image n on.
template <Form F, int R, int Q>
void forward_tile(const BoundOp& op, const Context& context, const PixelSource& source, int64_t n) {
  const D d;
  V acc[R][Q];
  unroll<R * Q>([&](auto i) CPU_LAMBDA { acc[i / Q][i % Q] = hn::Zero(d); });
  const uint8_t* p[R];
  unroll<R>([&](auto r) CPU_LAMBDA { p[r] = source.image(n + r); });
  const float* HWY_RESTRICT w = op.in[1].at(context);
  const int64_t w_row = op.in[1].stride;
  for (int64_t k = 0; k < source.size; k += kL, w += kL) {
    V xv[R];
    unroll<R>([&](auto r) CPU_LAMBDA { xv[r] = pixel_values<F>(p[r] + k, *source.channel); });
    unroll<Q>([&](auto q) CPU_LAMBDA {
      const V wv = hn::Load(d, w + q * w_row);
      unroll<R>([&](auto r) CPU_LAMBDA { acc[r][q] = hn::MulAdd(xv[r], wv, acc[r][q]); });
    });
  }
  const Operand& y = op.out[0];
  store_dot_sums(acc, op.in.size() > 2 ? op.in[2].at(context) : nullptr, op.op.fused_relu, y.at(context) + n * y.stride, y.stride);
}

// Hardware foresees the next lines of an image, but not the next image when the order is shuffled, and the step would wait
// for memory in bursts. So the next chunk is fetched evenly: in part `i` of `parts` of a kernel, some of its images; the first
// half of their lines by the forward pass, the second by the gradient.
void fetch_next(const BoundOp& op, const Context& context, const PixelSource& source, bool second_half, int64_t i, int64_t parts) {
  const int64_t next = std::min(op.batch - context.image_begin - context.images, context.images);  // images of the next chunk
  const int64_t middle = source.size / 128 * 64, begin = second_half ? middle : 0, end = second_half ? source.size : middle;
  for (int64_t n = next * i / parts; n < next * (i + 1) / parts; ++n) {
    const uint8_t* const image = source.image(context.images + n);
    for (int64_t byte = begin; byte < end; byte += 64) __builtin_prefetch(image + byte, 0, 2);
  }
}

// What the next tile reads, from L2 into L1: two streams that end after a dozen lines are too short for the hardware.
void fetch_near(const PixelSource& source, int64_t begin, int64_t end) {
  for (int64_t n = begin; n < end; ++n) {
    const uint8_t* const image = source.image(n);
    for (int64_t byte = 0; byte < source.size; byte += 64) __builtin_prefetch(image + byte, 0, 3);
  }
}

template <Form F, int Q>
void forward_images(const BoundOp& op, const Context& context) {
  constexpr int kR = kAccumulators / Q < 4 ? kAccumulators / Q : 4;
  const PixelSource source = source_of(op, context);
  int64_t n = 0;
  for (; n + kR <= context.images; n += kR) {
    fetch_next(op, context, source, false, n / kR, context.images / kR);
    fetch_near(source, n + kR, std::min(n + 2 * kR, context.images));
    forward_tile<F, kR, Q>(op, context, source, n);
  }
  for (; n < context.images; ++n) forward_tile<F, 1, Q>(op, context, source, n);
  const Operand& y = op.out[0];
  for (n = 0; n < context.images; ++n) std::fill(y.at(context) + n * y.stride + Q, y.at(context) + (n + 1) * y.stride, 0.0F);
}

// dw (Q outputs, W vectors of inputs from `column`) over all images of the chunk.
template <Form F, int Q, int W>
void weights_tile(const BoundOp& op, const Context& context, const PixelSource& source, int64_t column) {
  const D d;
  V acc[Q][W];
  float* const dw = op.out[0].at(context) + column;
  const int64_t dw_row = op.out[0].stride;
  if (op.accumulate && !context.first) {
    unroll<Q * W>([&](auto i) CPU_LAMBDA { acc[i / W][i % W] = hn::Load(d, dw + i / W * dw_row + i % W * kL); });
  } else {
    unroll<Q * W>([&](auto i) CPU_LAMBDA { acc[i / W][i % W] = hn::Zero(d); });
  }
  const float* HWY_RESTRICT dy = op.in[1].at(context);
  for (int64_t n = 0; n < context.images; ++n, dy += op.in[1].stride) {
    const uint8_t* const p = source.image(n) + column;
    V xv[W];
    unroll<W>([&](auto j) CPU_LAMBDA { xv[j] = pixel_values<F>(p + j * kL, *source.channel); });
    unroll<Q>([&](auto q) CPU_LAMBDA {
      const V v = hn::Set(d, dy[q]);
      unroll<W>([&](auto j) CPU_LAMBDA { acc[q][j] = hn::MulAdd(v, xv[j], acc[q][j]); });
    });
  }
  unroll<Q * W>([&](auto i) CPU_LAMBDA { hn::Store(acc[i / W][i % W], d, dw + i / W * dw_row + i % W * kL); });
}

template <Form F, int Q>
void weights_columns(const BoundOp& op, const Context& context) {
  constexpr int kW = kAccumulators / Q < 4 ? kAccumulators / Q : 4;
  const PixelSource source = source_of(op, context);
  int64_t column = 0;
  for (; column + kW * kL <= source.size; column += kW * kL) {
    fetch_next(op, context, source, true, column / (kW * kL), source.size / (kW * kL));
    weights_tile<F, Q, kW>(op, context, source, column);
  }
  for (; column < source.size; column += kL) weights_tile<F, Q, 1>(op, context, source, column);
  if (op.out.size() > 1) bias_gradient(op, context);
}

struct Table {
  KernelFunction of[GatherTables::kForms * kMostOutputs];
};
template <int... I>
constexpr Table forward_table(std::integer_sequence<int, I...>) {
  return {{&forward_images<static_cast<Form>(I / kMostOutputs), I % kMostOutputs + 1>...}};
}
template <int... I>
constexpr Table weights_table(std::integer_sequence<int, I...>) {
  return {{&weights_columns<static_cast<Form>(I / kMostOutputs), I % kMostOutputs + 1>...}};
}

int64_t table_index(const Context& context, int64_t outputs) {
  return static_cast<int64_t>(context.step->gather->channels[0].form) * kMostOutputs + outputs - 1;
}

// in: x (not read: the pixels are), w (o, i), [b]; out: y (n, o).
void dense_pixels(const BoundOp& op, const Context& context) {
  static constexpr Table kForms = forward_table(std::make_integer_sequence<int, GatherTables::kForms * kMostOutputs>());
  kForms.of[table_index(context, op.out[0].shape.per_image())](op, context);
}

// in: x (not read), dy (n, o); out: dw (o, i), [db].
void dense_pixels_grad_weights(const BoundOp& op, const Context& context) {
  static constexpr Table kForms = weights_table(std::make_integer_sequence<int, GatherTables::kForms * kMostOutputs>());
  kForms.of[table_index(context, op.in[1].shape.per_image())](op, context);
}

void fill(Kernels& kernels) {
  // Narrower vectors would convert every pixel for half of the outputs only, twice: 24 sums are those of AVX-512 and NEON.
  kernels.pixel_outputs = kAccumulators >= 24 ? kMostOutputs : 0;
  kernels.dense_pixels = &dense_pixels;
  kernels.dense_pixels_grad_weights = &dense_pixels_grad_weights;
}

}  // namespace
}  // namespace trainmark::backends::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace trainmark::backends::cpu {
HWY_EXPORT(fill);
void fill_dense_pixels(Kernels& kernels) { HWY_DYNAMIC_DISPATCH(fill)(kernels); }
}  // namespace trainmark::backends::cpu
#endif

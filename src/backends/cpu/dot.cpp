// Dense forward with weights outputs-first: y (n, o) = x (n, i) w (o, i)^T + b as dot products along i.
//
// For layers with few outputs (10 classes fill 10 of 16 lanes): lanes run along the inputs instead, and so do both
// gradients. A tile of R images and Q outputs keeps R Q sums of 16 lanes, added up at the end, four at a time. All outputs
// of a layer with 10 classes stand in one tile, so that x is read once; i is taken in blocks whose weights stay in L1, and
// the sums wait in the workspace in between.
#include "backends/cpu/targets.hpp"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backends/cpu/dot.cpp"
#include <hwy/foreach_target.h>

#include "backends/cpu/dot_sums.hpp"
#include "backends/cpu/kernels.hpp"
#include "backends/cpu/simd.hpp"

HWY_BEFORE_NAMESPACE();
namespace trainmark::backends::cpu::HWY_NAMESPACE {
namespace {

struct DotJob {
  const float* x;  // (n, i)
  int64_t x_row;
  const float* w;  // (o, i)
  int64_t w_row;
  int64_t k;  // i, padded
  const float* bias;
  bool relu;
  float* y;  // (n, o)
  int64_t y_row;
  float* sums;  // (n, Q, 16): what waits between blocks of k
  // Pixels of the next chunk, to be fetched meanwhile; null: none.
  const uint8_t* pixels;
  const int32_t* next;  // (next_images) positions in the samples
  int64_t next_images, pixel_bytes;
};

// Bytes of weights of one block of k: half of L1.
constexpr int64_t kBlockBytes = 16 << 10;

// Images [n, n + R), outputs [o, o + Q), inputs [k0, k1).
template <int R, int Q>
void dot_tile(const DotJob& job, int64_t n, int64_t o, int64_t k0, int64_t k1) {
  const D d;
  V acc[R][Q];
  float* const waiting = job.sums + n * Q * kL;
  if (k0 == 0) {
    unroll<R>([&](auto r) CPU_LAMBDA { unroll<Q>([&](auto q) CPU_LAMBDA { acc[r][q] = hn::Zero(d); }); });
  } else {
    unroll<R>([&](auto r) CPU_LAMBDA { unroll<Q>([&](auto q) CPU_LAMBDA { acc[r][q] = hn::Load(d, waiting + (r * Q + q) * kL); }); });
  }
  const float* HWY_RESTRICT x = job.x + n * job.x_row + k0;
  const float* HWY_RESTRICT w = job.w + o * job.w_row + k0;
  const int64_t x_row = job.x_row, w_row = job.w_row;
  for (int64_t k = k0; k < k1; k += kL, x += kL, w += kL) {
    V xv[R];
    unroll<R>([&](auto r) CPU_LAMBDA { xv[r] = hn::Load(d, x + r * x_row); });
    unroll<Q>([&](auto q) CPU_LAMBDA {
      const V wv = hn::Load(d, w + q * w_row);
      unroll<R>([&](auto r) CPU_LAMBDA { acc[r][q] = hn::MulAdd(xv[r], wv, acc[r][q]); });
    });
  }
  if (k1 < job.k) {
    unroll<R>([&](auto r) CPU_LAMBDA { unroll<Q>([&](auto q) CPU_LAMBDA { hn::Store(acc[r][q], d, waiting + (r * Q + q) * kL); }); });
    return;
  }
  store_dot_sums(acc, job.bias != nullptr ? job.bias + o : nullptr, job.relu, job.y + n * job.y_row + o, job.y_row);
}

// Images stand in random order in memory, which no hardware foresees. Their pixels are fetched into L2 in small portions
// between the tiles that use the chunk before: part `i` of `parts` of images [n, n + count).
void fetch_next(const DotJob& job, int64_t n, int64_t count, int64_t i, int64_t parts) {
  if (job.pixels == nullptr) return;
  for (int64_t image = n; image < std::min(n + count, job.next_images); ++image) {
    const uint8_t* const p = job.pixels + job.next[image] * job.pixel_bytes;
    const int64_t end = job.pixel_bytes * (i + 1) / parts;
    for (int64_t byte = job.pixel_bytes * i / parts; byte < end; byte += 64) __builtin_prefetch(p + byte, 0, 2);
  }
}

template <int Q>
void dot_columns(const DotJob& job, int64_t images, int64_t o) {
  constexpr int kR = kAccumulators / Q < 6 ? kAccumulators / Q : 6;
  const int64_t vectors = job.k / kL, blocks = (Q * job.k * 4 + kBlockBytes - 1) / kBlockBytes;
  for (int64_t i = 0; i < blocks; ++i) {
    const int64_t k0 = vectors * i / blocks * kL, k1 = vectors * (i + 1) / blocks * kL;
    int64_t n = 0;
    for (; n + kR <= images; n += kR) {
      fetch_next(job, n, kR, i, blocks);
      dot_tile<kR, Q>(job, n, o, k0, k1);
    }
    for (; n < images; ++n) dot_tile<1, Q>(job, n, o, k0, k1);
  }
}

using DotFunction = void (*)(const DotJob&, int64_t, int64_t);
struct DotTable {
  DotFunction of[kMostOutputs];
};
template <int... Q>
constexpr DotTable dot_table(std::integer_sequence<int, Q...>) {
  return {{&dot_columns<Q + 1>...}};
}

// in: x, w, [b]; out: y.
void dense_dot(const BoundOp& op, const Context& context) {
  static constexpr DotTable kColumns = dot_table(std::make_integer_sequence<int, kMostOutputs>());
  DotJob job{};
  job.x = op.in[0].at(context);
  job.x_row = op.in[0].stride;
  job.w = op.in[1].at(context);
  job.w_row = op.in[1].stride;
  job.k = op.in[0].stride;
  job.bias = op.in.size() > 2 ? op.in[2].at(context) : nullptr;
  job.relu = op.op.fused_relu;
  job.y = op.out[0].at(context);
  job.y_row = op.out[0].stride;
  job.sums = reinterpret_cast<float*>(context.workspace);
  const int64_t next = context.image_begin + context.images;
  if (op.reads_pixels && next < op.batch) {
    const StepInput& input = *context.step->input;
    job.pixels = input.samples->pixels;
    job.next = input.indices + next;
    job.next_images = std::min(context.images, op.batch - next);
    job.pixel_bytes = op.in[0].shape.per_image();
  }
  const int64_t outputs = op.out[0].shape.per_image(), padded = op.out[0].stride;
  const int64_t tiles = (outputs + kMostOutputs - 1) / kMostOutputs;
  for (int64_t t = 0; t < tiles; ++t) {
    const int64_t begin = outputs * t / tiles, end = outputs * (t + 1) / tiles;
    if (t > 0) job.pixels = nullptr;
    kColumns.of[end - begin - 1](job, context.images, begin);
  }
  for (int64_t n = 0; n < context.images; ++n) {
    for (int64_t o = outputs; o < padded; ++o) job.y[n * job.y_row + o] = 0;
  }
}

void fill(Kernels& kernels) { kernels.dense_dot = &dense_dot; }

}  // namespace
}  // namespace trainmark::backends::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace trainmark::backends::cpu {
HWY_EXPORT(fill);
void fill_dot(Kernels& kernels) { HWY_DYNAMIC_DISPATCH(fill)(kernels); }
}  // namespace trainmark::backends::cpu
#endif

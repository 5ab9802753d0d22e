// Dense layers as matrix products: C (m, n) = A (m, k) B (k, n), B and C row-major, A with any strides.
//
// One micro kernel serves the forward pass (A = x), the gradient by data (A = dy, B = weights outputs-first) and the gradient
// by weights (A = x or dy read downwards, so that k counts images): a tile of R rows and W vectors of C lives in registers,
// each step of k loads W vectors of B and broadcasts R values of A. No packing: at the sizes of small networks B's rows
// lie in L1 or L2 anyway. Always true: columns are padded to 16, so there are no masks; every element is summed over k
// in order (in blocks of kBlockK, each block continuing the sum), whatever tile it falls into.
//
// Tiles of 6x4 and 8x3 vectors fill the 24 accumulators of AVX-512; 6x2 and 4x3 the 12 of AVX2. A is broadcast into a
// register once and used W times: a broadcast folded into each FMA would need indexed addresses, which Intel splits into
// two operations.
#include "backends/cpu/targets.hpp"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backends/cpu/gemm.cpp"
#include <hwy/foreach_target.h>

#include "backends/cpu/bias_gradient.hpp"
#include "backends/cpu/kernels.hpp"
#include "backends/cpu/rank_update.hpp"
#include "backends/cpu/simd.hpp"
#include "backends/cpu/update.hpp"

#ifndef TRAINMARK_CPU_GEMM_ONCE
#define TRAINMARK_CPU_GEMM_ONCE
#include <limits>
namespace trainmark::backends::cpu {

struct GemmJob {
  const float* a = nullptr;  ///< A(m, k) at a[m * a_row + k * a_step]
  int64_t a_row = 0, a_step = 0;
  const float* b = nullptr;  ///< (k, n)
  int64_t b_row = 0;
  float* c = nullptr;  ///< (m, n)
  int64_t c_row = 0;
  int64_t m = 0, k = 0;
  int64_t n = 0;                ///< a multiple of 16
  const float* bias = nullptr;  ///< (n) or null: the sum starts there
  bool add = false;             ///< the sum starts with the old C
};

}  // namespace trainmark::backends::cpu
#endif

HWY_BEFORE_NAMESPACE();
namespace trainmark::backends::cpu::HWY_NAMESPACE {
namespace {

// Rows of B per block: a tile's panel of four vectors is then 32 KB. 64, 128 and 256 are close; see docs/performance.md.
constexpr int64_t kBlockK = 128;

// One tile: R rows from `row`, W vectors from float `column`, k in [k0, k1).
template <int R, int W>
void gemm_tile(const GemmJob& job, int64_t row, int64_t column, int64_t k0, int64_t k1) {
  const D d;
  V acc[R][W];
  float* const c = job.c + row * job.c_row + column;
  if (k0 == 0 && !job.add) {
    unroll<W>([&](auto j) CPU_LAMBDA {
      const V start = job.bias != nullptr ? hn::Load(d, job.bias + column + j * kL) : hn::Zero(d);
      unroll<R>([&](auto r) CPU_LAMBDA { acc[r][j] = start; });
    });
  } else {
    unroll<R>([&](auto r) CPU_LAMBDA { unroll<W>([&](auto j) CPU_LAMBDA { acc[r][j] = hn::Load(d, c + r * job.c_row + j * kL); }); });
  }
  const int64_t a_row = job.a_row, a_step = job.a_step, b_row = job.b_row;
  const float* HWY_RESTRICT a = job.a + row * a_row + k0 * a_step;
  const float* HWY_RESTRICT b = job.b + k0 * b_row + column;
  for (int64_t k = k0; k < k1; ++k, a += a_step, b += b_row) {
    V bv[W];
    unroll<W>([&](auto j) CPU_LAMBDA { bv[j] = hn::Load(d, b + j * kL); });
    unroll<R>([&](auto r) CPU_LAMBDA {
      const V av = hn::Set(d, a[r * a_row]);
      unroll<W>([&](auto j) CPU_LAMBDA { acc[r][j] = hn::MulAdd(av, bv[j], acc[r][j]); });
    });
  }
  unroll<R>([&](auto r) CPU_LAMBDA { unroll<W>([&](auto j) CPU_LAMBDA { hn::Store(acc[r][j], d, c + r * job.c_row + j * kL); }); });
}

using TileFunction = void (*)(const GemmJob&, int64_t, int64_t, int64_t, int64_t);

// Rows per tile that fill the accumulators for W vectors.
constexpr int rows_per_tile(int w) { return kAccumulators / w < 1 ? 1 : kAccumulators / w > 12 ? 12 : kAccumulators / w; }

template <int W, int... R>
constexpr auto tile_table(std::integer_sequence<int, R...>) {
  struct Table {
    TileFunction of[sizeof...(R)];
  };
  return Table{{&gemm_tile<R + 1, W>...}};
}

// A column of tiles, W vectors wide: rows in tiles of nearly equal height.
template <int W>
void gemm_rows(const GemmJob& job, int64_t column, int64_t k0, int64_t k1) {
  constexpr int kRows = rows_per_tile(W);
  static constexpr auto kTiles = tile_table<W>(std::make_integer_sequence<int, kRows>());
  const int64_t tiles = (job.m + kRows - 1) / kRows;
  for (int64_t t = 0; t < tiles; ++t) {
    const int64_t begin = job.m * t / tiles, end = job.m * (t + 1) / tiles;
    kTiles.of[end - begin - 1](job, begin, column, k0, k1);
  }
}

// Widths of the columns of tiles: fours and threes, or twos and threes, so that no thin column is left over.
// Seven to twelve rows (10 classes) stand in one tile two vectors wide, so that B is read once.
int tile_width(int64_t vectors, int64_t rows) {
  if constexpr (kAccumulators == 24) {
    if (rows > 6 && rows <= 12) return vectors == 1 ? 1 : 2;
    if (vectors % 4 == 0 || vectors == 7 || vectors > 9) return 4;
    return vectors == 5 || vectors % 3 == 0 || vectors > 4 ? 3 : static_cast<int>(vectors);
  }
  return vectors == 1 ? 1 : vectors % 2 == 0 ? 2 : 3;
}

void gemm(const GemmJob& job) {
  const int64_t blocks = job.k <= kBlockK ? 1 : (job.k + kBlockK - 1) / kBlockK;
  for (int64_t i = 0; i < blocks; ++i) {
    const int64_t k0 = job.k * i / blocks, k1 = job.k * (i + 1) / blocks;
    int64_t left = job.n / kL;
    for (int64_t column = 0; left > 0;) {
      const int width = tile_width(left, job.m);
      switch (width) {
        case 1:
          gemm_rows<1>(job, column, k0, k1);
          break;
        case 2:
          gemm_rows<2>(job, column, k0, k1);
          break;
        case 3:
          gemm_rows<3>(job, column, k0, k1);
          break;
        default:
          gemm_rows<4>(job, column, k0, k1);
          break;
      }
      column += width * kL;
      left -= width;
    }
  }
}

// What is common to y = x w and dx = dy w: rows of images, inputs 0 and 1, output 0.
GemmJob rows_job(const BoundOp& op, const Context& context) {
  GemmJob job;
  job.a = op.in[0].at(context);
  job.a_row = op.in[0].stride;
  job.a_step = 1;
  job.b = op.in[1].at(context);
  job.b_row = op.in[1].stride;
  job.c = op.out[0].at(context);
  job.c_row = op.out[0].stride;
  job.m = context.images;
  job.k = op.in[0].shape.per_image();
  job.n = op.out[0].stride;
  return job;
}

// y (n, o) = x (n, i) w (i, o) + b, perhaps ReLU. in: x, w, [b]; out: y.
void dense_gemm(const BoundOp& op, const Context& context) {
  GemmJob job = rows_job(op, context);
  job.bias = op.in.size() > 2 ? op.in[2].at(context) : nullptr;
  gemm(job);
  if (!op.op.fused_relu) return;
  const D d;
  for (int64_t at = 0; at < job.m * job.c_row; at += kL) hn::Store(hn::Max(hn::Zero(d), hn::Load(d, job.c + at)), d, job.c + at);
}

// One copy (n, o) of x (n, i) w (i, o) over inputs [row_begin, row_end). in: x, w; out: the task's copy.
void dense_ranges(const BoundOp& op, const Context& context) {
  GemmJob job = rows_job(op, context);
  job.a += context.row_begin;
  job.b += context.row_begin * job.b_row;
  job.k = context.rows();
  gemm(job);
}

// y (n, o): the copies in their order, plus b, perhaps ReLU. in: copies, [b]; out: y.
void sum_ranges(const BoundOp& op, const Context& context) {
  const D d;
  const Operand& copies = op.in[0];
  const Operand& y = op.out[0];
  const float* const from = copies.at(context);
  const float* const bias = op.in.size() > 1 ? op.in[1].at(context) : nullptr;
  const int64_t distance = op.batch * copies.stride;  // values from one copy to the next
  const V floor = op.op.fused_relu ? hn::Zero(d) : hn::Set(d, -std::numeric_limits<float>::infinity());
  for (int64_t n = 0; n < context.images; ++n) {
    float* const out = y.at(context) + n * y.stride;
    for (int64_t column = 0; column < y.stride; column += kL) {
      V sum = hn::Load(d, from + n * copies.stride + column);
      for (int64_t k = 1; k < op.copies; ++k) sum = hn::Add(sum, hn::Load(d, from + k * distance + n * copies.stride + column));
      if (bias != nullptr) sum = hn::Add(sum, hn::Load(d, bias + column));
      hn::Store(hn::Max(floor, sum), d, out + column);
    }
  }
}

// dx (n, i) = dy (n, o) w (o, i), masked by x > 0 where a ReLU was fused. in: dy, w, [x]; out: dx.
void dense_grad_data(const BoundOp& op, const Context& context) {
  const GemmJob job = rows_job(op, context);
  gemm(job);
  if (!op.op.fused_relu) return;
  const D d;
  const float* const x = op.in[2].at(context);
  for (int64_t at = 0; at < job.m * job.c_row; at += kL) {
    const auto above = hn::Gt(hn::Load(d, x + at), hn::Zero(d));
    hn::Store(hn::IfThenElseZero(above, hn::Load(d, job.c + at)), d, job.c + at);
  }
}

// Rows [row_begin, row_end) of dw = x^T dy: inputs (transposed weights) or outputs.
GemmJob weights_job(const BoundOp& op, const Context& context) {
  const bool inputs_first = op.out[0].transposed();
  const Operand& a = op.in[inputs_first ? 0 : 1];
  const Operand& b = op.in[inputs_first ? 1 : 0];
  GemmJob job;
  job.a = a.at(context) + context.row_begin;
  job.a_row = 1;
  job.a_step = a.stride;
  job.b = b.at(context);
  job.b_row = b.stride;
  job.c_row = op.out[0].stride;
  job.m = context.rows();
  job.k = context.images;
  job.n = op.out[0].stride;
  return job;
}

// A few rows of the gradient at a time, which their update uses up: in registers for few images, else through the workspace.
void dense_grad_weights_with_update(const BoundOp& op, const Context& context) {
  const bool in_registers = context.images <= kMostRankImages && has_rank_update(*op.update);
  Context block = context;
  for (block.row_begin = context.row_begin; block.row_begin < context.row_end; block.row_begin = block.row_end) {
    block.row_end = std::min(block.row_begin + kUpdateRows, context.row_end);
    GemmJob job = weights_job(op, block);
    if (in_registers) {
      rank_update(*op.update, block, {job.a, job.a_step, job.b, job.b_row, job.k, job.m, job.n, {}});
      continue;
    }
    job.c = reinterpret_cast<float*>(context.workspace);
    gemm(job);
    update_rows(*op.update, block, job.c);
  }
}

// in: x, dy; out: dw, [db]; or no dw where the update is in the same pass.
void dense_grad_weights(const BoundOp& op, const Context& context) {
  if (op.update == nullptr) {
    GemmJob job = weights_job(op, context);
    job.c = op.out[0].at(context);
    job.add = op.accumulate && !context.first;
    gemm(job);
  } else {
    dense_grad_weights_with_update(op, context);
  }
  if (op.out.size() > 1 && context.row_begin == 0) bias_gradient(op, context);
}

void fill(Kernels& kernels) {
  kernels.dense_gemm = &dense_gemm;
  kernels.dense_ranges = &dense_ranges;
  kernels.sum_ranges = &sum_ranges;
  kernels.dense_grad_data = &dense_grad_data;
  kernels.dense_grad_weights = &dense_grad_weights;
}

}  // namespace
}  // namespace trainmark::backends::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace trainmark::backends::cpu {
HWY_EXPORT(fill);
void fill_gemm(Kernels& kernels) { HWY_DYNAMIC_DISPATCH(fill)(kernels); }
}  // namespace trainmark::backends::cpu
#endif

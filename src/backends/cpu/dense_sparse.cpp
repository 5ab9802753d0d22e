// A first dense layer with many outputs, straight from 8-bit pixels of which most are the background.
//
// Four of five pixels of handwritten digits are black. Forward, an image adds up the rows of weights of its other pixels; the
// gradient by a row of weights adds up the rows of dy of the images in which that pixel is not the background. Both stand in
// registers, one multiply-add per vector of outputs and pixel, from rows that lie in L1. What the background contributes is one term for all
// images: base (sum of the rows of weights), and base (sum of the rows of dy). It is left out where base is zero: sums are then those of
// gemm.cpp to the bit, since adding zero changes nothing.
#include "backends/cpu/targets.hpp"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backends/cpu/dense_sparse.cpp"
#include <hwy/foreach_target.h>

#include "backends/cpu/bias_gradient.hpp"
#include "backends/cpu/kernels.hpp"
#include "backends/cpu/rank_update.hpp"
#include "backends/cpu/sparse_pixels.hpp"

HWY_BEFORE_NAMESPACE();
namespace trainmark::backends::cpu::HWY_NAMESPACE {
namespace {

// Vectors of outputs whose sums stand in registers at once.
constexpr int kMostVectors = kAccumulators >= 24 ? 16 : 8;
// Rows of weights that all images go over before the next ones: with 128 outputs, 28 KB. One word has a bit for each.
constexpr int64_t kBlockRows = 56;

/// y (images, columns) = x w over some rows of w, as many vectors of columns at a time as the kernel has.
struct SparseProduct {
  const SparsePixels& pixels;
  const float* w;  ///< (rows, w_row)
  int64_t w_row;
  float* y;  ///< (images, y_row)
  int64_t y_row;
  int64_t first, rows;  ///< pixels
  int64_t images;
};

// Adds the rows to W vectors of sums.
template <int W>
HWY_INLINE void add_rows(const float* rows, int64_t stride, int64_t count, float* sums) {
  const D d;
  V sum[W];
  unroll<W>([&](auto j) CPU_LAMBDA { sum[j] = hn::Load(d, sums + j * kL); });
  for (int64_t i = 0; i < count; ++i, rows += stride) unroll<W>([&](auto j) CPU_LAMBDA { sum[j] = hn::Add(sum[j], hn::Load(d, rows + j * kL)); });
  unroll<W>([&](auto j) CPU_LAMBDA { hn::Store(sum[j], d, sums + j * kL); });
}

template <int W>
void product_columns(const SparseProduct& job, int64_t column) {
  const D d;
  const float* HWY_RESTRICT difference = job.pixels.difference();
  const float base = job.pixels.base();
  PixelBlock block_of;
  HWY_ALIGN float all_rows[W * kL] = {};  // their sum, where the background counts
  const int64_t blocks = (job.rows + kBlockRows - 1) / kBlockRows;
  for (int64_t block = 0; block < blocks; ++block) {
    const int64_t begin = job.rows * block / blocks, count = job.rows * (block + 1) / blocks - begin;
    const bool last = block + 1 == blocks;
    const float* const w = job.w + begin * job.w_row + column;
    if (base != 0) add_rows<W>(w, job.w_row, count, all_rows);
    for (int64_t group = 0; group < job.images; group += kBlock) {
      const int64_t images = std::min(kBlock, job.images - group);
      job.pixels.load_by_image(group, images, job.first + begin, count, block_of);
      for (int64_t n = 0; n < images; ++n) {
        float* const y = job.y + (group + n) * job.y_row + column;
        V sum[W];
        unroll<W>([&](auto j) CPU_LAMBDA { sum[j] = block == 0 ? hn::Zero(d) : hn::Load(d, y + j * kL); });
        for_bits(block_of.bits[n], [&](int i) CPU_LAMBDA {
          const V x = hn::Set(d, difference[block_of.pixels[n][i]]);
          const float* const row = w + i * job.w_row;
          unroll<W>([&](auto j) CPU_LAMBDA { sum[j] = hn::MulAdd(x, hn::Load(d, row + j * kL), sum[j]); });
        });
        if (last && base != 0) unroll<W>([&](auto j) CPU_LAMBDA { sum[j] = hn::MulAdd(hn::Set(d, base), hn::Load(d, all_rows + j * kL), sum[j]); });
        unroll<W>([&](auto j) CPU_LAMBDA { hn::Store(sum[j], d, y + j * kL); });
      }
    }
  }
}

/// dw (rows, columns) = x^T dy, stored or used up by the update.
struct SparseGradient {
  const SparsePixels& pixels;
  const float* dy;  ///< (images, dy_row)
  int64_t dy_row;
  int64_t rows;  ///< pixels; at most 64
  int64_t images;
  const PixelBlock* blocks;  ///< of every 64 images, with their bits by pixel
  float* dw;                 ///< (rows, dw_row), or null:
  int64_t dw_row;            ///< of w and its momentum, too
  const Descent* descent;    ///< then rows of w take the step
};

enum class Use : uint8_t { kStore, kDescend, kDescendWithMomentum };

template <int W, Use kUse>
void gradient_columns(const SparseGradient& job, int64_t column) {
  const D d;
  const float* HWY_RESTRICT difference = job.pixels.difference();
  const float base = job.pixels.base();
  HWY_ALIGN float all_images[W * kL] = {};
  if (base != 0) add_rows<W>(job.dy + column, job.dy_row, job.images, all_images);
  const auto one_row = [&](int64_t row) CPU_LAMBDA {
    V sum[W];
    unroll<W>([&](auto j) CPU_LAMBDA { sum[j] = hn::Mul(hn::Set(d, base), hn::Load(d, all_images + j * kL)); });
    for (int64_t group = 0; group < job.images; group += kBlock) {
      const PixelBlock& block = job.blocks[group / kBlock];
      const float* const group_dy = job.dy + group * job.dy_row + column;
      for_bits(block.bits[row], [&](int n) CPU_LAMBDA {
        const V x = hn::Set(d, difference[block.pixels[n][row]]);
        const float* const dy = group_dy + n * job.dy_row;
        unroll<W>([&](auto j) CPU_LAMBDA { sum[j] = hn::MulAdd(x, hn::Load(d, dy + j * kL), sum[j]); });
      });
    }
    const int64_t at = row * job.dw_row + column;
    if constexpr (kUse == Use::kStore) {
      unroll<W>([&](auto j) CPU_LAMBDA { hn::Store(sum[j], d, job.dw + at + j * kL); });
    } else {
      unroll<W>([&](auto j) CPU_LAMBDA { job.descent->template take<kUse == Use::kDescendWithMomentum>(sum[j], at + j * kL); });
    }
  };
  if (kUse == Use::kDescend && base == 0) {  // a gradient of zeros changes nothing
    uint64_t any = 0;
    for (int64_t group = 0; group < job.images; group += kBlock) any |= job.blocks[group / kBlock].any;
    for_bits(any, one_row);
  } else {
    for (int64_t row = 0; row < job.rows; ++row) one_row(row);
  }
}

template <class Job>
using Columns = void (*)(const Job&, int64_t);

template <int... I>
Columns<SparseProduct> product_of(int width, std::integer_sequence<int, I...>) {
  static constexpr Columns<SparseProduct> kTable[] = {&product_columns<I + 1>...};
  return kTable[width - 1];
}
template <Use kUse, int... I>
Columns<SparseGradient> gradient_of(int width, std::integer_sequence<int, I...>) {
  static constexpr Columns<SparseGradient> kTable[] = {&gradient_columns<I + 1, kUse>...};
  return kTable[width - 1];
}

// All columns, in tiles of nearly equal width.
template <class Job, class Choose>
void for_columns(const Job& job, int64_t columns, const Choose& choose) {
  const int64_t vectors = columns / kL, tiles = (vectors + kMostVectors - 1) / kMostVectors;
  for (int64_t t = 0; t < tiles; ++t) {
    const int64_t begin = vectors * t / tiles, end = vectors * (t + 1) / tiles;
    choose(static_cast<int>(end - begin))(job, begin * kL);
  }
}

constexpr auto kWidths = std::make_integer_sequence<int, kMostVectors>();

void gradient_rows(const SparseGradient& job, int64_t columns) {
  for_columns(job, columns, [&](int width) {
    if (job.dw != nullptr) return gradient_of<Use::kStore>(width, kWidths);
    return job.descent->momentum == nullptr ? gradient_of<Use::kDescend>(width, kWidths) : gradient_of<Use::kDescendWithMomentum>(width, kWidths);
  });
}

// One copy (n, o) of x (n, i) w (i, o) over inputs [row_begin, row_end). in: x (not read: the pixels are), w; out: the task's copy.
void sparse_ranges(const BoundOp& op, const Context& context) {
  const SparsePixels pixels(context);
  const Operand& w = op.in[1];
  const Operand& y = op.out[0];
  const SparseProduct job{pixels,        w.at(context) + context.row_begin * w.stride, w.stride, y.at(context), y.stride, context.row_begin, context.rows(),
                          context.images};
  for_columns(job, y.stride, [](int width) { return product_of(width, kWidths); });
}

static_assert(sizeof(PixelBlock) == kPixelBlockBytes);

// in: x (not read), dy; out: dw, [db]; or no dw where the update is in the same pass.
void sparse_grad_weights(const BoundOp& op, const Context& context) {
  const SparsePixels pixels(context);
  const Operand& dy = op.in[1];
  const int64_t columns = op.out[0].stride;
  auto* const blocks = reinterpret_cast<PixelBlock*>(context.workspace);
  auto* const rows = reinterpret_cast<float*>(blocks + (context.images + kBlock - 1) / kBlock);
  const bool descends = op.update != nullptr && has_rank_update(*op.update);
  Context block = context;
  for (block.row_begin = context.row_begin; block.row_begin < context.row_end; block.row_begin = block.row_end) {
    block.row_end = std::min(block.row_begin + kUpdateRows, context.row_end);
    for (int64_t group = 0; group < context.images; group += kBlock) {
      pixels.load_by_pixel(group, std::min(kBlock, context.images - group), block.row_begin, block.rows(), blocks[group / kBlock]);
    }
    SparseGradient job{pixels, dy.at(context), dy.stride, block.rows(), context.images, blocks, nullptr, columns, nullptr};
    if (descends) {
      const Descent descent = descent_of(*op.update, block);
      job.descent = &descent;
      gradient_rows(job, columns);
      if (op.update->has_derived) refresh_derived(*op.update, descent.w, block);
    } else {
      job.dw = op.update == nullptr ? op.out[0].at(block) : rows;
      gradient_rows(job, columns);
      if (op.update != nullptr) update_rows(*op.update, block, rows);
    }
  }
  if (op.out.size() > 1 && context.row_begin == 0) bias_gradient(op, context);
}

void fill(Kernels& kernels) {
  kernels.sparse_ranges = &sparse_ranges;
  kernels.sparse_grad_weights = &sparse_grad_weights;
}

}  // namespace
}  // namespace trainmark::backends::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace trainmark::backends::cpu {
HWY_EXPORT(fill);
void fill_dense_sparse(Kernels& kernels) { HWY_DYNAMIC_DISPATCH(fill)(kernels); }
}  // namespace trainmark::backends::cpu
#endif

// Gradient by weights and update in one pass over the weights, for few images: w <- w - rate (x^T dy), tile by tile.
//
// With many images the product costs far more than a second pass over rows in L1 (gemm.cpp). With few, the step is a pass over
// the weights: each is read and written once here, and its gradient never leaves the registers. Sums and formulas are those of gemm.cpp
// and update.hpp, in the same order: the result is the same to the bit.
#if defined(TRAINMARK_CPU_RANK_UPDATE_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef TRAINMARK_CPU_RANK_UPDATE_HPP
#undef TRAINMARK_CPU_RANK_UPDATE_HPP
#else
#define TRAINMARK_CPU_RANK_UPDATE_HPP
#endif

#include "backends/cpu/bound_op.hpp"
#include "backends/cpu/simd.hpp"
#include "backends/cpu/update.hpp"

HWY_BEFORE_NAMESPACE();
namespace trainmark::backends::cpu::HWY_NAMESPACE {

/// Rows of w (rows, columns) and what they are updated with. `columns` is a multiple of 16, and the distance between rows.
struct RankUpdate {
  const float* a = nullptr;  ///< a(row, image) at a[row + image * a_step]
  int64_t a_step = 0;
  const float* b = nullptr;  ///< (images, columns)
  int64_t b_row = 0;
  int64_t images = 0, rows = 0, columns = 0;
  float* w = nullptr;         ///< (rows, columns)
  float* momentum = nullptr;  ///< (rows, columns), or null
  float rate = 0, mu = 0, decay = 0;
  bool nesterov = false;
};

// R rows from `row`, W vectors from float `column`.
template <int R, int W, bool kMomentum>
HWY_INLINE void rank_tile(const RankUpdate& job, int64_t row, int64_t column) {
  const D d;
  V gradient[R][W];
  unroll<R>([&](auto r) CPU_LAMBDA { unroll<W>([&](auto j) CPU_LAMBDA { gradient[r][j] = hn::Zero(d); }); });
  const float* HWY_RESTRICT a = job.a + row;
  const float* HWY_RESTRICT b = job.b + column;
  for (int64_t n = 0; n < job.images; ++n, a += job.a_step, b += job.b_row) {
    V bv[W];
    unroll<W>([&](auto j) CPU_LAMBDA { bv[j] = hn::Load(d, b + j * kL); });
    unroll<R>([&](auto r) CPU_LAMBDA {
      const V av = hn::Set(d, a[r]);
      unroll<W>([&](auto j) CPU_LAMBDA { gradient[r][j] = hn::MulAdd(av, bv[j], gradient[r][j]); });
    });
  }
  const V rate = hn::Set(d, job.rate), mu = hn::Set(d, job.mu), decay = hn::Set(d, job.decay);
  const int64_t first = row * job.columns + column;
  unroll<R>([&](auto r) CPU_LAMBDA {
    unroll<W>([&](auto j) CPU_LAMBDA {
      const int64_t at = first + r * job.columns + j * kL;
      const V old = hn::Load(d, job.w + at);
      V direction = gradient[r][j];
      if constexpr (kMomentum) {
        const V decayed = hn::MulAdd(decay, old, direction);
        direction = hn::MulAdd(mu, hn::Load(d, job.momentum + at), decayed);
        hn::Store(direction, d, job.momentum + at);
        if (job.nesterov) direction = hn::MulAdd(mu, direction, decayed);
      }
      hn::Store(hn::NegMulAdd(rate, direction, old), d, job.w + at);
    });
  });
}

// Rows in fours, columns in fours of vectors, and what is left over.
template <int R, bool kMomentum>
HWY_INLINE void rank_row(const RankUpdate& job, int64_t row) {
  int64_t column = 0;
  for (; column + 4 * kL <= job.columns; column += 4 * kL) rank_tile<R, 4, kMomentum>(job, row, column);
  for (; column < job.columns; column += kL) rank_tile<R, 1, kMomentum>(job, row, column);
}

template <bool kMomentum>
void rank_update_rows(const RankUpdate& job) {
  constexpr int kRows = kAccumulators >= 16 ? 4 : 1;
  int64_t row = 0;
  // One or two images are a stream of weights, which runs faster in the order of memory than in four rows at a time.
  for (; job.images > 2 && row + kRows <= job.rows; row += kRows) rank_row<kRows, kMomentum>(job, row);
  for (; row < job.rows; ++row) rank_row<1, kMomentum>(job, row);
}

/// Up to this many images the one pass is faster.
inline constexpr int64_t kMostRankImages = 16;

/// Whether the rule is one that rank_update knows: plain gradient descent, or with momentum.
inline bool has_rank_update(const BoundOp& update) {
  const plan::Optimiser& optimiser = std::get<plan::UpdateAttributes>(update.op.attributes).optimiser;
  return optimiser.kind == plan::Optimiser::Kind::kSgd && (update.in.size() > 2 || optimiser.weight_decay == 0);
}

/// `job` holds a, b and sizes; rows are those of the context.
inline void rank_update(const BoundOp& update, const Context& context, RankUpdate job) {
  const plan::Optimiser& optimiser = std::get<plan::UpdateAttributes>(update.op.attributes).optimiser;
  job.rate = context.step->learning_rate;
  job.mu = static_cast<float>(optimiser.momentum);
  job.decay = static_cast<float>(optimiser.weight_decay);
  job.nesterov = optimiser.nesterov;
  job.w = update.in[0].at(context);
  if (update.in.size() > 2) {
    job.momentum = update.in[2].at(context);
    rank_update_rows<true>(job);
  } else {
    rank_update_rows<false>(job);
  }
  if (update.has_derived) refresh_derived(update, job.w, context);
}

}  // namespace trainmark::backends::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif  // TRAINMARK_CPU_RANK_UPDATE_HPP

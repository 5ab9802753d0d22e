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

/// A step of plain gradient descent, or with momentum, over rows of a parameter.
struct Descent {
  float* w = nullptr;
  float* momentum = nullptr;  ///< of the same places, or null
  float rate = 0, mu = 0, decay = 0;
  bool nesterov = false;

  /// One vector of the gradient, at float `at` of w.
  template <bool kMomentum>
  HWY_INLINE void take(V gradient, int64_t at) const {
    const D d;
    const V old = hn::Load(d, w + at);
    V direction = gradient;
    if constexpr (kMomentum) {
      const V decayed = hn::MulAdd(hn::Set(d, decay), old, direction);
      direction = hn::MulAdd(hn::Set(d, mu), hn::Load(d, momentum + at), decayed);
      hn::Store(direction, d, momentum + at);
      if (nesterov) direction = hn::MulAdd(hn::Set(d, mu), direction, decayed);
    }
    hn::Store(hn::NegMulAdd(hn::Set(d, rate), direction, old), d, w + at);
  }
};

/// Rows of w (rows, columns) and what they are updated with. `columns` is a multiple of 16, and the distance between rows.
struct RankUpdate {
  const float* a = nullptr;  ///< a(row, image) at a[row + image * a_step]
  int64_t a_step = 0;
  const float* b = nullptr;  ///< (images, columns)
  int64_t b_row = 0;
  int64_t images = 0, rows = 0, columns = 0;
  Descent descent;
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
  const Descent descent = job.descent;  // a copy, which no store to w can change
  const int64_t first = row * job.columns + column;
  unroll<R>([&](auto r) CPU_LAMBDA { unroll<W>([&](auto j) CPU_LAMBDA { descent.take<kMomentum>(gradient[r][j], first + r * job.columns + j * kL); }); });
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

/// Of the rows of the context, for a rule that rank_update knows.
inline Descent descent_of(const BoundOp& update, const Context& context) {
  const plan::Optimiser& optimiser = std::get<plan::UpdateAttributes>(update.op.attributes).optimiser;
  return {update.in[0].at(context),
          update.in.size() > 2 ? update.in[2].at(context) : nullptr,
          context.step->learning_rate,
          static_cast<float>(optimiser.momentum),
          static_cast<float>(optimiser.weight_decay),
          optimiser.nesterov};
}

/// `job` holds a, b and sizes; rows are those of the context.
inline void rank_update(const BoundOp& update, const Context& context, RankUpdate job) {
  job.descent = descent_of(update, context);
  if (job.descent.momentum != nullptr) rank_update_rows<true>(job);
  else rank_update_rows<false>(job);
  if (update.has_derived) refresh_derived(update, job.descent.w, context);
}

}  // namespace trainmark::backends::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif  // TRAINMARK_CPU_RANK_UPDATE_HPP

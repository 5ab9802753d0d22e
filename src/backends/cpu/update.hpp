// The update of rows of a parameter, shared by the kernels that make its gradient and by the update on its own.
#if defined(TRAINMARK_CPU_UPDATE_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef TRAINMARK_CPU_UPDATE_HPP
#undef TRAINMARK_CPU_UPDATE_HPP
#else
#define TRAINMARK_CPU_UPDATE_HPP
#endif

#include <cmath>

#include "backends/cpu/bound_op.hpp"
#include "backends/cpu/simd.hpp"

HWY_BEFORE_NAMESPACE();
namespace trainmark::backends::cpu::HWY_NAMESPACE {

/// Rows [row_begin, row_end) of w (rows, columns) into columns of its transposed copy.
inline void refresh_derived(const BoundOp& update, const float* w, const Context& context) {
  const Operand& from = update.in[0];
  const Operand& to = update.derived;
  const D d;
  float* const out = to.at(context);
  const int64_t columns = to.shape.n;  // logical rows of the copy
  int64_t row = context.row_begin;
  for (; row + 16 <= context.row_end && row % 16 == 0; row += 16, w += 16 * from.stride) {
    for (int64_t column = 0; column < columns; column += 4) {
      HWY_ALIGN float block[64];
      rows_to_lanes4(w + column, from.stride, block);
      for (int64_t j = 0; j < 4 && column + j < columns; ++j) {
        for (int part = 0; part < 16; part += kL) hn::Store(hn::Load(d, block + j * 16 + part), d, out + (column + j) * to.stride + row + part);
      }
    }
  }
  for (; row < context.row_end; ++row, w += from.stride) {
    for (int64_t column = 0; column < columns; ++column) out[column * to.stride + row] = w[column];
  }
}

/// Adam and AdamW. in: w, dw (not read here), exp_avg, exp_avg_sq. Factors of the step are made in double precision.
inline void adam_rows(const BoundOp& update, const plan::Optimiser& optimiser, const Context& context, const float* dw, float* w, int64_t size) {
  const D d;
  const auto set = [&](double value) CPU_LAMBDA { return hn::Set(d, static_cast<float>(value)); };
  const double t = static_cast<double>(context.step->input->step + 1), rate = context.step->input->learning_rate;
  const bool apart = optimiser.kind == plan::Optimiser::Kind::kAdamW;
  const V decay = set(apart ? 0 : optimiser.weight_decay), kept = set(apart ? 1 - rate * optimiser.weight_decay : 1);
  const V beta1 = set(optimiser.beta1), rest1 = set(1 - optimiser.beta1), beta2 = set(optimiser.beta2), rest2 = set(1 - optimiser.beta2);
  const V step = set(rate / (1 - std::pow(optimiser.beta1, t))), epsilon = set(optimiser.epsilon);
  const V scale = set(1 / std::sqrt(1 - std::pow(optimiser.beta2, t)));
  float* const m = update.in[2].at(context);
  float* const v = update.in[3].at(context);
  for (int64_t i = 0; i < size; i += kL) {
    const V old = hn::Load(d, w + i), gradient = hn::MulAdd(decay, old, hn::Load(d, dw + i));
    const V mean = hn::MulAdd(beta1, hn::Load(d, m + i), hn::Mul(rest1, gradient));
    const V square = hn::MulAdd(beta2, hn::Load(d, v + i), hn::Mul(hn::Mul(rest2, gradient), gradient));
    hn::Store(mean, d, m + i);
    hn::Store(square, d, v + i);
    const V divisor = hn::MulAdd(hn::Sqrt(square), scale, epsilon);
    hn::Store(hn::NegMulAdd(step, hn::Div(mean, divisor), hn::Mul(kept, old)), d, w + i);
  }
}

/// in: w, dw (not read here), square_avg, [momentum].
inline void rmsprop_rows(const BoundOp& update, const plan::Optimiser& optimiser, const Context& context, const float* dw, float* w, int64_t size) {
  const D d;
  const auto set = [&](double value) CPU_LAMBDA { return hn::Set(d, static_cast<float>(value)); };
  const V rate = set(context.step->input->learning_rate), decay = set(optimiser.weight_decay), mu = set(optimiser.momentum);
  const V alpha = set(optimiser.alpha), rest = set(1 - optimiser.alpha), epsilon = set(optimiser.epsilon);
  float* const v = update.in[2].at(context);
  float* const momentum = update.in.size() > 3 ? update.in[3].at(context) : nullptr;
  for (int64_t i = 0; i < size; i += kL) {
    const V old = hn::Load(d, w + i), gradient = hn::MulAdd(decay, old, hn::Load(d, dw + i));
    const V square = hn::MulAdd(alpha, hn::Load(d, v + i), hn::Mul(hn::Mul(rest, gradient), gradient));
    hn::Store(square, d, v + i);
    V change = hn::Div(gradient, hn::Add(hn::Sqrt(square), epsilon));
    if (momentum != nullptr) {
      change = hn::MulAdd(mu, hn::Load(d, momentum + i), change);
      hn::Store(change, d, momentum + i);
    }
    hn::Store(hn::NegMulAdd(rate, change, old), d, w + i);
  }
}

/// w and state <- the optimiser's rule (plan/optimiser.hpp) with the gradient `dw` of rows [row_begin, row_end).
/// in: w, dw (not read here), [state ...]; all rows padded alike.
inline void update_rows(const BoundOp& update, const Context& context, const float* dw) {
  const D d;
  const plan::Optimiser& optimiser = std::get<plan::UpdateAttributes>(update.op.attributes).optimiser;
  const V rate = hn::Set(d, context.step->learning_rate);
  float* const w = update.in[0].at(context);
  const int64_t size = plan::round_up(context.rows() * update.in[0].stride, plan::kLanes);
  if (optimiser.kind == plan::Optimiser::Kind::kRmsprop) {
    rmsprop_rows(update, optimiser, context, dw, w, size);
  } else if (optimiser.kind != plan::Optimiser::Kind::kSgd) {
    adam_rows(update, optimiser, context, dw, w, size);
  } else if (update.in.size() <= 2 && optimiser.weight_decay == 0) {
    for (int64_t i = 0; i < size; i += kL) hn::Store(hn::NegMulAdd(rate, hn::Load(d, dw + i), hn::Load(d, w + i)), d, w + i);
  } else {
    float* const momentum = update.in.size() > 2 ? update.in[2].at(context) : nullptr;
    const V mu = hn::Set(d, static_cast<float>(optimiser.momentum)), decay = hn::Set(d, static_cast<float>(optimiser.weight_decay));
    for (int64_t i = 0; i < size; i += kL) {
      const V old = hn::Load(d, w + i);
      const V gradient = hn::MulAdd(decay, old, hn::Load(d, dw + i));
      V direction = gradient;
      if (momentum != nullptr) {
        direction = hn::MulAdd(mu, hn::Load(d, momentum + i), gradient);
        hn::Store(direction, d, momentum + i);
        if (optimiser.nesterov) direction = hn::MulAdd(mu, direction, gradient);
      }
      hn::Store(hn::NegMulAdd(rate, direction, old), d, w + i);
    }
  }
  if (update.has_derived) refresh_derived(update, w, context);
}

}  // namespace trainmark::backends::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif  // TRAINMARK_CPU_UPDATE_HPP

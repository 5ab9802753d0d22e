// What happens to gradients before the update: the sum over the passes of a step, and clipping by the norm of them all.
#pragma once

#include <cmath>
#include <span>

#include "backends/reference/product.hpp"

namespace trainmark::backends::reference {

/// sum = dw in the first pass, sum + dw in later ones.
template <class T>
void accumulate(const Context<T>& context, bool first, const Array<T>& dw, const Array<T>& sum) {
  for_elements(context, dw.shape.size(), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) sum.values[i] = first ? dw.values[i] : sum.values[i] + dw.values[i];
    if (dw.magnitudes == nullptr) return;
    for (int64_t i = begin; i < end; ++i) sum.magnitudes[i] = first ? dw.magnitudes[i] : sum.magnitudes[i] + dw.magnitudes[i];
  });
}

/// sum (1) = the sum of the squares of dw.
template <class T>
void sum_squares(const Context<T>& context, const Array<T>& dw, const Array<T>& sum) {
  const auto fill = [&](int64_t, int64_t k, int64_t, int64_t, T* out) { *out = dw.values[k] * dw.values[k]; };
  sum_columns(context, 1, dw.shape.size(), fill, sum.values, sum.magnitudes);
}

/// factor (1) = min(1, norm / (root of the sum of all squares + 1e-6)).
/// Source: https://pytorch.org/docs/stable/generated/torch.nn.utils.clip_grad_norm_.html
template <class T>
void clip_factor(double norm, std::span<const Array<T>> squares, const Array<T>& factor) {
  T sum = 0;
  for (const Array<T>& s : squares) sum += s.values[0];
  factor.values[0] = std::min(T{1}, static_cast<T>(norm) / (std::sqrt(sum) + static_cast<T>(plan::kClipEpsilon)));
  if (factor.magnitudes != nullptr) factor.magnitudes[0] = factor.values[0];
}

/// clipped = dw factor.
template <class T>
void clip(const Context<T>& context, const Array<T>& dw, const Array<T>& factor, const Array<T>& clipped) {
  for_elements(context, dw.shape.size(), [&](int64_t begin, int64_t end) {
    const T by = factor.values[0];
    for (int64_t i = begin; i < end; ++i) clipped.values[i] = dw.values[i] * by;
    if (dw.magnitudes == nullptr) return;
    for (int64_t i = begin; i < end; ++i) clipped.magnitudes[i] = dw.magnitudes[i] * by;
  });
}

}  // namespace trainmark::backends::reference

// ReLU, sums of tensors, concatenation of channels, and their gradients.
#pragma once

#include <cmath>
#include <limits>
#include <span>

#include "backends/reference/context.hpp"

namespace trainmark::backends::reference {

inline constexpr double kFloatEpsilon = std::numeric_limits<float>::epsilon();

/// y = max(0, x); NaN stays NaN. Both (n, c, h, w).
template <class T>
void relu(const Context<T>& context, const Array<T>& x, const Array<T>& y) {
  for_elements(context, x.shape.size(), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) y.values[i] = x.values[i] <= 0 ? T{0} : x.values[i];
    if (x.magnitudes == nullptr) return;
    for (int64_t i = begin; i < end; ++i) y.magnitudes[i] = x.values[i] <= 0 ? T{0} : x.magnitudes[i];
  });
  if (context.decisions == nullptr) return;
  Decisions& decisions = *context.decisions;
  for_elements(context, x.shape.size(), [&](int64_t begin, int64_t end) {
    int64_t ties = 0;
    uint64_t hash = 0;
    for (int64_t i = begin; i < end; ++i) {
      if (x.values[i] > 0) hash += mix_bits(static_cast<uint64_t>(i));
      // A sum without any non-zero term is exactly 0 on every engine.
      if (x.magnitudes == nullptr || x.magnitudes[i] <= 0 || std::abs(x.values[i]) > decisions.tie_threshold * kFloatEpsilon * x.magnitudes[i]) continue;
      ++ties;
      if (!decisions.turn) continue;
      y.magnitudes[i] = x.values[i] > 0 ? T{0} : x.magnitudes[i];
      y.values[i] = x.values[i] > 0 ? T{0} : std::numeric_limits<T>::min();
    }
    decisions.count += end - begin;
    decisions.near_ties += ties;
    decisions.hash += hash;
  });
}

/// dx = dy where y > 0, else 0. All (n, c, h, w).
template <class T>
void relu_grad(const Context<T>& context, const Array<T>& y, const Array<T>& dy, const Array<T>& dx) {
  for_elements(context, y.shape.size(), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) dx.values[i] = y.values[i] <= 0 ? T{0} : dy.values[i];
    if (dx.magnitudes == nullptr) return;
    for (int64_t i = begin; i < end; ++i) dx.magnitudes[i] = y.values[i] <= 0 ? T{0} : dy.magnitudes[i];
  });
}

/// y = the sum of all x. All (n, c, h, w).
template <class T>
void add(const Context<T>& context, std::span<const Array<T>> x, const Array<T>& y) {
  const Order order = Order::make(static_cast<int64_t>(x.size()), context.order_seed);
  for_elements(context, y.shape.size(), [&](int64_t begin, int64_t end) {
    for (int64_t t = 0; t < order.n; ++t) {
      const Array<T>& term = x[static_cast<size_t>(order[t])];
      for (int64_t i = begin; i < end; ++i) y.values[i] = t == 0 ? term.values[i] : y.values[i] + term.values[i];
      if (y.magnitudes == nullptr) continue;
      for (int64_t i = begin; i < end; ++i) y.magnitudes[i] = t == 0 ? term.magnitudes[i] : y.magnitudes[i] + term.magnitudes[i];
    }
  });
}

/// Copies between the channels [offset, offset + c of part) of `whole` and all of `part`: (n, c, h, w) both.
template <class T>
void copy_channels(const Context<T>& context, const Array<T>& from, int64_t from_offset, const Array<T>& to, int64_t to_offset) {
  const int64_t area = to.shape.h * to.shape.w, count = std::min(from.shape.c, to.shape.c) * area;
  for_each(context, to.shape.n, [&](int64_t n) {
    const int64_t source = (n * from.shape.c + from_offset) * area, target = (n * to.shape.c + to_offset) * area;
    std::copy_n(from.values + source, count, to.values + target);
    if (to.magnitudes != nullptr) std::copy_n(from.magnitudes + source, count, to.magnitudes + target);
  });
}

/// Inputs side by side in y's channels.
template <class T>
void concat(const Context<T>& context, std::span<const Array<T>> x, const Array<T>& y) {
  int64_t offset = 0;
  for (const Array<T>& part : x) {
    copy_channels(context, part, 0, y, offset);
    offset += part.shape.c;
  }
}

/// dx = the channels [offset, offset + c of dx) of dy.
template <class T>
void concat_grad(const Context<T>& context, const Array<T>& dy, int64_t offset, const Array<T>& dx) {
  copy_channels(context, dy, offset, dx, 0);
}

}  // namespace trainmark::backends::reference

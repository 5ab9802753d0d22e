// Max-pooling and average-pooling over windows, and their gradients. A task is one plane of one image.
//
// The first maximum in row-major order of the window wins, and takes the gradient; padding counts as minus infinity
// there, and as zeros that are counted in averages. NaN wins over everything, as in PyTorch.
#pragma once

#include "backends/reference/elementwise.hpp"

namespace trainmark::backends::reference {

/// Calls f(tap, i) for the elements of the window at output position (p, q) that lie in the image: tap is the index in
/// the window, i the position in the plane, both row-major.
template <class F>
void for_window(const network::Window& window, const plan::Extents& image, int64_t p, int64_t q, const F& f) {
  const int64_t top = p * window.stride_h - window.pad_h, left = q * window.stride_w - window.pad_w;
  for (int64_t r = 0; r < window.kernel_h; ++r) {
    const int64_t h = top + r * window.dilation_h;
    if (h < 0 || h >= image.h) continue;
    for (int64_t s = 0; s < window.kernel_w; ++s) {
      const int64_t w = left + s * window.dilation_w;
      if (w >= 0 && w < image.w) f(r * window.kernel_w + s, h * image.w + w);
    }
  }
}

/// Position in the plane of one element of that window, or -1 in the padding.
inline int64_t element(const network::Window& window, const plan::Extents& image, int64_t p, int64_t q, int64_t tap) {
  const int64_t h = p * window.stride_h - window.pad_h + tap / window.kernel_w * window.dilation_h;
  const int64_t w = q * window.stride_w - window.pad_w + tap % window.kernel_w * window.dilation_w;
  return h >= 0 && h < image.h && w >= 0 && w < image.w ? h * image.w + w : -1;
}

inline int64_t area(const network::Window& window) { return window.kernel_h * window.kernel_w; }

/// One plane of a tensor; `index` counts images and channels.
template <class T>
struct Plane {
  T* values;
  T* magnitudes;  ///< or null
  int64_t size;

  Plane(const Array<T>& array, int64_t index)
      : values(array.values + index * array.shape.h * array.shape.w),
        magnitudes(array.magnitudes == nullptr ? nullptr : array.magnitudes + index * array.shape.h * array.shape.w),
        size(array.shape.h * array.shape.w) {}
  void clear() const {
    std::fill_n(values, size, T{0});
    if (magnitudes != nullptr) std::fill_n(magnitudes, size, T{0});
  }
};

struct Winner {
  int64_t tap = 0;        ///< in the window
  int64_t position = -1;  ///< in the plane
};

template <class T>
Winner find_winner(const network::Window& window, const plan::Extents& image, int64_t p, int64_t q, const T* x) {
  Winner winner;
  for_window(window, image, p, q, [&](int64_t tap, int64_t i) {
    const bool wins = winner.position < 0 || (!(x[i] <= x[winner.position]) && !std::isnan(x[winner.position]));
    if (wins) winner = {tap, i};
  });
  return winner;
}

/// The first element of the window that did not win but could after a small error; position -1: none. Exactly equal
/// values are left out: they come from equal inputs (an empty background), where it does not matter which of them wins.
template <class T>
Winner find_rival(const network::Window& window, const plan::Extents& image, int64_t p, int64_t q, const Plane<T>& x, int64_t winner, double threshold) {
  Winner rival;
  for_window(window, image, p, q, [&](int64_t tap, int64_t i) {
    if (rival.position >= 0 || !(x.values[i] < x.values[winner])) return;
    const bool near = x.values[winner] - x.values[i] <= threshold * kFloatEpsilon * (x.magnitudes[winner] + x.magnitudes[i]);
    if (near) rival = {tap, i};
  });
  return rival;
}

/// Counts the decisions of plane `index`, y its output's shape; gives near ties to the rival where Decisions::turn says
/// so. winner (p, q) of this plane, or null.
template <class T>
void count_winners(Decisions& decisions, const network::Window& window, const plan::Extents& image, const plan::Extents& y, int64_t index, const Plane<T>& x,
                   uint8_t* winner) {
  int64_t ties = 0;
  uint64_t hash = 0;
  for (int64_t j = 0; j < y.h * y.w; ++j) {
    const int64_t p = j / y.w, q = j % y.w;
    const Winner best = find_winner(window, image, p, q, x.values);
    if (best.position < 0) continue;
    hash += mix_bits(static_cast<uint64_t>(index * y.h * y.w + j) << 8 | static_cast<uint64_t>(best.tap));
    const Winner rival = x.magnitudes == nullptr ? Winner{} : find_rival(window, image, p, q, x, best.position, decisions.tie_threshold);
    if (rival.position < 0) continue;
    ++ties;
    if (decisions.turn && winner != nullptr) winner[j] = static_cast<uint8_t>(rival.tap);
  }
  decisions.count += y.h * y.w;
  decisions.near_ties += ties;
  decisions.hash += hash;
}

/// x (n, c, h, w), y (n, c, p, q), winner (n, c, p, q) or null: index in the window.
template <class T>
void max_pool(const Context<T>& context, const network::Window& window, const Array<T>& x, const Array<T>& y, uint8_t* winner) {
  for_each(context, y.shape.n * y.shape.c, [&](int64_t index) {
    const Plane<T> in(x, index), out(y, index);
    for (int64_t p = 0, j = 0; p < y.shape.h; ++p) {
      for (int64_t q = 0; q < y.shape.w; ++q, ++j) {
        const Winner best = find_winner(window, x.shape, p, q, in.values);
        const bool empty = best.position < 0;
        out.values[j] = empty ? -std::numeric_limits<T>::infinity() : in.values[best.position];
        if (out.magnitudes != nullptr) out.magnitudes[j] = empty ? T{0} : in.magnitudes[best.position];
        if (winner != nullptr) winner[index * out.size + j] = static_cast<uint8_t>(best.tap);
      }
    }
    if (context.decisions != nullptr)
      count_winners(*context.decisions, window, x.shape, y.shape, index, in, winner == nullptr ? nullptr : winner + index * out.size);
  });
}

/// dy and winner (n, c, p, q), dx (n, c, h, w): the sum over the windows that an element won.
template <class T>
void max_pool_grad(const Context<T>& context, const network::Window& window, const Array<T>& dy, const uint8_t* winner, const Array<T>& dx) {
  for_each(context, dy.shape.n * dy.shape.c, [&](int64_t index) {
    const Plane<T> in(dy, index), out(dx, index);
    out.clear();
    for (int64_t p = 0, j = 0; p < dy.shape.h; ++p) {
      for (int64_t q = 0; q < dy.shape.w; ++q, ++j) {
        const int64_t i = element(window, dx.shape, p, q, winner[index * in.size + j]);
        if (i < 0) continue;
        out.values[i] += in.values[j];
        if (out.magnitudes != nullptr) out.magnitudes[i] += in.magnitudes[j];
      }
    }
  });
}

/// x (n, c, h, w), y (n, c, p, q).
template <class T>
void average_pool(const Context<T>& context, const network::Window& window, const Array<T>& x, const Array<T>& y) {
  const Order order = Order::make(area(window), context.order_seed);
  for_each(context, y.shape.n * y.shape.c, [&](int64_t index) {
    const Plane<T> in(x, index), out(y, index);
    for (int64_t j = 0; j < out.size; ++j) {
      const int64_t p = j / y.shape.w, q = j % y.shape.w;
      T sum = 0, magnitude = 0;
      const auto add_term = [&](int64_t, int64_t i) {
        sum += in.values[i];
        if (in.magnitudes != nullptr) magnitude += in.magnitudes[i];
      };
      if (order.natural()) for_window(window, x.shape, p, q, add_term);
      for (int64_t tap = 0; tap < order.n && !order.natural(); ++tap) {
        const int64_t i = element(window, x.shape, p, q, order[tap]);
        if (i >= 0) add_term(tap, i);
      }
      out.values[j] = sum / static_cast<T>(order.n);
      if (out.magnitudes != nullptr) out.magnitudes[j] = magnitude / static_cast<T>(order.n);
    }
  });
}

/// dy (n, c, p, q), dx (n, c, h, w).
template <class T>
void average_pool_grad(const Context<T>& context, const network::Window& window, const Array<T>& dy, const Array<T>& dx) {
  const T taps = static_cast<T>(area(window));
  for_each(context, dy.shape.n * dy.shape.c, [&](int64_t index) {
    const Plane<T> in(dy, index), out(dx, index);
    out.clear();
    for (int64_t j = 0; j < in.size; ++j) {
      for_window(window, dx.shape, j / dy.shape.w, j % dy.shape.w, [&](int64_t, int64_t i) {
        out.values[i] += in.values[j] / taps;
        if (out.magnitudes != nullptr) out.magnitudes[i] += in.magnitudes[j] / taps;
      });
    }
  });
}

}  // namespace trainmark::backends::reference

// Layer normalisation: every image by the mean and variance of its own values, with a weight and a bias per value.
//
//   xhat = (x - mean) / sqrt(variance + epsilon), the biased variance;  y = xhat w + b
//   gradient, g = dy w, m values per image:  dx = (g - sum g / m - xhat sum(g xhat) / m) inverse_deviation
//                                            dw = sum over images of dy xhat;  db = sum over images of dy
// Source: Ba, Kiros, Hinton, "Layer normalization", 2016; as PyTorch's LayerNorm over (c, h, w).
#pragma once

#include "backends/reference/product.hpp"

namespace trainmark::backends::reference {

/// sums[n] of f(n, element of the image) for every image, in the context's order.
template <class T, class F>
void sum_images(const Context<T>& context, const plan::Extents& shape, const F& f, T* sums, T* magnitudes) {
  const auto fill = [&](int64_t, int64_t k, int64_t n, int64_t count, T* out) {
    for (int64_t i = 0; i < count; ++i) out[i] = f(n + i, k);
  };
  sum_columns(context, shape.n, shape.per_image(), fill, sums, magnitudes);
}

/// x, y (n, c, h, w); w, b (c h w); mean, inverse_deviation (n).
template <class T>
void layer_norm(const Context<T>& context, double epsilon, const Array<T>& x, const Array<T>& w, const Array<T>& b, const Array<T>& y, const Array<T>& mean,
                const Array<T>& inverse_deviation) {
  const int64_t size = x.shape.per_image();
  const T count = static_cast<T>(size);
  sum_images(
      context, x.shape, [&](int64_t n, int64_t e) { return x.values[n * size + e]; }, mean.values, mean.magnitudes);
  for (int64_t n = 0; n < x.shape.n; ++n) {
    mean.values[n] /= count;
    if (mean.magnitudes != nullptr) mean.magnitudes[n] /= count;
  }
  const auto squared = [&](int64_t n, int64_t e) {
    const T deviation = x.values[n * size + e] - mean.values[n];
    return deviation * deviation;
  };
  sum_images(context, x.shape, squared, inverse_deviation.values, inverse_deviation.magnitudes);
  for_each(context, x.shape.n, [&](int64_t n) {
    const T inverse = 1 / std::sqrt(inverse_deviation.values[n] / count + static_cast<T>(epsilon));
    inverse_deviation.values[n] = inverse;
    if (inverse_deviation.magnitudes != nullptr) inverse_deviation.magnitudes[n] = inverse;
    for (int64_t e = 0; e < size; ++e) {
      const int64_t i = n * size + e;
      y.values[i] = (x.values[i] - mean.values[n]) * inverse * w.values[e] + b.values[e];
      if (y.magnitudes != nullptr) y.magnitudes[i] = (x.magnitudes[i] + std::abs(mean.values[n])) * inverse * std::abs(w.values[e]) + std::abs(b.values[e]);
    }
  });
}

/// x, dy, dx (n, c, h, w); w (c h w); mean, inverse_deviation (n).
template <class T>
void layer_norm_grad_data(const Context<T>& context, const Array<T>& x, const Array<T>& dy, const Array<T>& w, const Array<T>& mean,
                          const Array<T>& inverse_deviation, const Array<T>& dx) {
  const int64_t size = x.shape.per_image();
  const T count = static_cast<T>(size);
  for_each(context, x.shape.n, [&](int64_t n) {
    const Order order = Order::make(size, context.order_seed);
    const T inverse = inverse_deviation.values[n];
    const auto normalised = [&](int64_t e) { return (x.values[n * size + e] - mean.values[n]) * inverse; };
    T sum = 0, slope = 0, sum_terms = 0, slope_terms = 0;
    for (int64_t t = 0; t < size; ++t) {
      const int64_t e = order[t];
      const T g = dy.values[n * size + e] * w.values[e];
      sum += g;
      slope += g * normalised(e);
      sum_terms += std::abs(g);
      slope_terms += std::abs(g * normalised(e));
    }
    for (int64_t e = 0; e < size; ++e) {
      const int64_t i = n * size + e;
      dx.values[i] = (dy.values[i] * w.values[e] - sum / count - normalised(e) * slope / count) * inverse;
      if (dx.magnitudes == nullptr) continue;
      const T spread = (x.magnitudes[i] + std::abs(mean.values[n])) * inverse;
      dx.magnitudes[i] = (dy.magnitudes[i] * std::abs(w.values[e]) + (sum_terms + spread * slope_terms) / count) * inverse;
    }
  });
}

/// x, dy (n, c, h, w); mean, inverse_deviation (n); dw, db (c h w).
template <class T>
void layer_norm_grad_weights(const Context<T>& context, const Array<T>& x, const Array<T>& dy, const Array<T>& mean, const Array<T>& inverse_deviation,
                             const Array<T>& dw, const Array<T>& db) {
  const int64_t size = x.shape.per_image();
  const auto sum = [&](const auto& f, const Array<T>& out) {
    const auto fill = [&](int64_t, int64_t n, int64_t e, int64_t count, T* to) {
      for (int64_t i = 0; i < count; ++i) to[i] = f(n, n * size + e + i);
    };
    sum_columns(context, size, x.shape.n, fill, out.values, out.magnitudes);
  };
  sum([&](int64_t n, int64_t i) { return dy.values[i] * (x.values[i] - mean.values[n]) * inverse_deviation.values[n]; }, dw);
  sum([&](int64_t, int64_t i) { return dy.values[i]; }, db);
}

}  // namespace trainmark::backends::reference

// Batch normalisation per channel over (n, h, w), in training and in evaluation, and its gradient.
//
//   training:   mean, biased variance of the batch;  y = (x - mean) / sqrt(variance + epsilon) w + b;
//               running <- (1 - momentum) running + momentum (mean, unbiased variance)
//   gradient:   xhat = (x - mean) inverse_deviation;  db = sum dy;  dw = sum dy xhat;
//               dx = w inverse_deviation (dy - db / m - xhat dw / m),  m = n h w
// Source: Ioffe, Szegedy, "Batch normalization", ICML 2015; running statistics as in PyTorch's BatchNorm2d.
#pragma once

#include "backends/reference/product.hpp"

namespace trainmark::backends::reference {

/// sums[c] of f(channel, element of x) over images and positions, in the context's order.
template <class T, class F>
void sum_channels(const Context<T>& context, const plan::Extents& shape, const F& f, T* sums, T* magnitudes) {
  const int64_t area = shape.h * shape.w;
  const auto fill = [&](int64_t, int64_t k, int64_t j, int64_t count, T* out) {
    for (int64_t i = 0; i < count; ++i) out[i] = f(j + i, (k / area * shape.c + j + i) * area + k % area);
  };
  sum_columns(context, shape.c, shape.n * area, fill, sums, magnitudes);
}

/// y = (x - mean) inverse w + b with statistics per channel; mean and b may be thought of as terms of the sum.
template <class T>
void normalise(const Context<T>& context, const Array<T>& x, const T* mean, const T* inverse, const Array<T>& w, const Array<T>& b, const Array<T>& y) {
  const int64_t area = x.shape.h * x.shape.w;
  for_each(context, x.shape.n * x.shape.c, [&](int64_t plane) {
    const int64_t c = plane % x.shape.c;
    for (int64_t i = plane * area; i < (plane + 1) * area; ++i) {
      y.values[i] = (x.values[i] - mean[c]) * inverse[c] * w.values[c] + b.values[c];
      if (y.magnitudes != nullptr) y.magnitudes[i] = (x.magnitudes[i] + std::abs(mean[c])) * inverse[c] * std::abs(w.values[c]) + std::abs(b.values[c]);
    }
  });
}

/// x, y (n, c, h, w); w, b, running_mean, running_var, mean, inverse_deviation (c).
template <class T>
void batch_norm_train(const Context<T>& context, const plan::NormAttributes& norm, const Array<T>& x, const Array<T>& w, const Array<T>& b,
                      const Array<T>& running_mean, const Array<T>& running_var, const Array<T>& y, const Array<T>& mean, const Array<T>& inverse_deviation) {
  const int64_t m = x.shape.n * x.shape.h * x.shape.w;
  const T count = static_cast<T>(m), momentum = static_cast<T>(norm.momentum);
  const auto move = [&](const Array<T>& running, int64_t c, T value, T magnitude) {
    if (running.magnitudes != nullptr) running.magnitudes[c] = (1 - momentum) * std::abs(running.values[c]) + momentum * magnitude;
    running.values[c] = (1 - momentum) * running.values[c] + momentum * value;
  };
  sum_channels(
      context, x.shape, [&](int64_t, int64_t i) { return x.values[i]; }, mean.values, mean.magnitudes);
  for (int64_t c = 0; c < x.shape.c; ++c) {
    mean.values[c] /= count;
    if (mean.magnitudes != nullptr) mean.magnitudes[c] /= count;
    move(running_mean, c, mean.values[c], mean.magnitudes == nullptr ? T{0} : mean.magnitudes[c]);
  }
  const auto squared = [&](int64_t c, int64_t i) {
    const T deviation = x.values[i] - mean.values[c];
    return deviation * deviation;
  };
  sum_channels(context, x.shape, squared, inverse_deviation.values, inverse_deviation.magnitudes);
  for (int64_t c = 0; c < x.shape.c; ++c) {
    const T sum = inverse_deviation.values[c];
    const T unbiased = sum / static_cast<T>(std::max<int64_t>(m - 1, 1));
    move(running_var, c, unbiased, unbiased);
    inverse_deviation.values[c] = 1 / std::sqrt(sum / count + static_cast<T>(norm.epsilon));
    if (inverse_deviation.magnitudes != nullptr) inverse_deviation.magnitudes[c] = inverse_deviation.values[c];
  }
  normalise(context, x, mean.values, inverse_deviation.values, w, b, y);
}

/// As above, with the running statistics; `inverse_deviation` (c) is workspace.
template <class T>
void batch_norm_evaluate(const Context<T>& context, const plan::NormAttributes& norm, const Array<T>& x, const Array<T>& w, const Array<T>& b,
                         const Array<T>& running_mean, const Array<T>& running_var, const Array<T>& y, T* inverse_deviation) {
  for (int64_t c = 0; c < x.shape.c; ++c) inverse_deviation[c] = 1 / std::sqrt(running_var.values[c] + static_cast<T>(norm.epsilon));
  normalise(context, x, running_mean.values, inverse_deviation, w, b, y);
}

/// x, dy, dx (n, c, h, w); w, mean, inverse_deviation, dw, db (c). dx may be empty.
template <class T>
void batch_norm_grad(const Context<T>& context, const Array<T>& x, const Array<T>& dy, const Array<T>& w, const Array<T>& mean,
                     const Array<T>& inverse_deviation, const Array<T>& dx, const Array<T>& dw, const Array<T>& db) {
  const int64_t area = x.shape.h * x.shape.w;
  const T count = static_cast<T>(x.shape.n * area);
  const auto normalised = [&](int64_t c, int64_t i) { return (x.values[i] - mean.values[c]) * inverse_deviation.values[c]; };
  sum_channels(
      context, x.shape, [&](int64_t, int64_t i) { return dy.values[i]; }, db.values, db.magnitudes);
  sum_channels(
      context, x.shape, [&](int64_t c, int64_t i) { return dy.values[i] * normalised(c, i); }, dw.values, dw.magnitudes);
  if (!dx) return;
  for_each(context, x.shape.n * x.shape.c, [&](int64_t plane) {
    const int64_t c = plane % x.shape.c;
    const T scale = w.values[c] * inverse_deviation.values[c], shift = db.values[c] / count, slope = dw.values[c] / count;
    for (int64_t i = plane * area; i < (plane + 1) * area; ++i) {
      dx.values[i] = scale * (dy.values[i] - shift - normalised(c, i) * slope);
      if (dx.magnitudes == nullptr) continue;
      const T spread = (x.magnitudes[i] + std::abs(mean.values[c])) * inverse_deviation.values[c];
      dx.magnitudes[i] = std::abs(scale) * (dy.magnitudes[i] + (db.magnitudes[c] + spread * dw.magnitudes[c]) / count);
    }
  });
}

}  // namespace trainmark::backends::reference

// Convolution (cross-correlation) with stride, padding, dilation and groups, and its gradients.
//
//   y[n][oc][p][q] = b[oc] + sum over ic, r, s of w[oc][ic][r][s] x[n][ic'][p stride - pad + r dilation][q ...]
// where ic runs over the channels of oc's group and x is zero outside the image. The gradients are its derivatives.
// All three are products over patches that are gathered tile by tile, never stored whole.
#pragma once

#include "backends/reference/conv_geometry.hpp"
#include "backends/reference/product.hpp"

namespace trainmark::backends::reference {

/// x (n, c, h, w), w (oc, c / groups, kh, kw), b (oc) or empty, y (n, oc, p, q).
template <class T>
void conv2d(const Context<T>& context, const ConvGeometry& conv, const Array<T>& x, const Array<T>& w, const Array<T>& b, const Array<T>& y) {
  const int64_t groups = conv.groups, filters = y.shape.c / groups, depth = w.shape.per_image(), area = y.shape.h * y.shape.w;
  const Left weights{[&](int64_t batch, int64_t m) { return w.values + (batch % groups * filters + m) * depth; }, [](int64_t k) { return k; }};
  const auto pixels = [&](int64_t batch, int64_t k, int64_t j, int64_t count, T* out) {
    const Tap& tap = conv.taps[static_cast<size_t>(k)];
    const int64_t channel = batch % groups * w.shape.c + tap.channel;
    const T* plane = x.values + (batch / groups * x.shape.c + channel) * x.shape.h * x.shape.w;
    gather_pixels(plane, x.shape, conv.window, tap, y.shape.w, j, count, out);
  };
  const auto store = [&](int64_t batch, int64_t m, int64_t j, int64_t count, const T* sums, const T* magnitudes) {
    const int64_t channel = batch % groups * filters + m;
    const int64_t at = (batch / groups * y.shape.c + channel) * area + j;
    const T bias = b ? b.values[channel] : T{0};
    for (int64_t i = 0; i < count; ++i) y.values[at + i] = sums[i] + bias;
    if (magnitudes == nullptr) return;
    for (int64_t i = 0; i < count; ++i) y.magnitudes[at + i] = magnitudes[i] + std::abs(bias);
  };
  multiply<T>(context, {x.shape.n * groups, filters, area, depth}, y.magnitudes != nullptr, weights, pixels, store);
}

/// dy (n, oc, p, q), w (oc, c / groups, kh, kw), dx (n, c, h, w).
template <class T>
void conv2d_grad_data(const Context<T>& context, const ConvGeometry& conv, const Array<T>& dy, const Array<T>& w, const Array<T>& dx) {
  const int64_t groups = conv.groups, filters = dy.shape.c / groups, channels = w.shape.c, filter_size = w.shape.per_image();
  const int64_t window = w.shape.h * w.shape.w, area = dx.shape.h * dx.shape.w;
  // Terms run over (filter, r, s); the weight of channel m lies m windows into its filter.
  const Left weights{[&](int64_t batch, int64_t m) { return w.values + batch % groups * filters * filter_size + m * window; },
                     [&](int64_t k) { return k / window * filter_size + k % window; }};
  const auto gradients = [&](int64_t batch, int64_t k, int64_t j, int64_t count, T* out) {
    const int64_t channel = batch % groups * filters + k / window;
    const T* plane = dy.values + (batch / groups * dy.shape.c + channel) * dy.shape.h * dy.shape.w;
    gather_gradients(plane, dy.shape, conv.window, conv.taps[static_cast<size_t>(k % window)], dx.shape.w, j, count, out);
  };
  const auto store = [&](int64_t batch, int64_t m, int64_t j, int64_t count, const T* sums, const T* magnitudes) {
    const int64_t at = (batch / groups * dx.shape.c + batch % groups * channels + m) * area + j;
    std::copy_n(sums, count, dx.values + at);
    if (magnitudes != nullptr) std::copy_n(magnitudes, count, dx.magnitudes + at);
  };
  multiply<T>(context, {dx.shape.n * groups, channels, area, filters * window}, dx.magnitudes != nullptr, weights, gradients, store);
}

/// x (n, c, h, w), dy (n, oc, p, q), dw (oc, c / groups, kh, kw), db (oc) or empty.
template <class T>
void conv2d_grad_weights(const Context<T>& context, const ConvGeometry& conv, const Array<T>& x, const Array<T>& dy, const Array<T>& dw, const Array<T>& db) {
  const int64_t groups = conv.groups, filters = dy.shape.c / groups, filter_size = dw.shape.per_image(), area = dy.shape.h * dy.shape.w;
  // Terms run over (image, output position).
  const Left gradients{[&](int64_t batch, int64_t m) { return dy.values + (batch * filters + m) * area; },
                       [&](int64_t k) { return k / area * dy.shape.per_image() + k % area; }};
  const auto pixels = [&](int64_t batch, int64_t k, int64_t j, int64_t count, T* out) {
    const T* image = x.values + (k / area * x.shape.c + batch * dw.shape.c) * x.shape.h * x.shape.w;
    gather_patch(image, x.shape, conv, conv.corners[static_cast<size_t>(k % area)], j, count, out);
  };
  const auto store = [&](int64_t batch, int64_t m, int64_t j, int64_t count, const T* sums, const T* magnitudes) {
    const int64_t at = (batch * filters + m) * filter_size + j;
    std::copy_n(sums, count, dw.values + at);
    if (magnitudes != nullptr) std::copy_n(magnitudes, count, dw.magnitudes + at);
  };
  const int64_t depth = x.shape.n * area;
  multiply<T>(context, {groups, filters, filter_size, depth}, dw.magnitudes != nullptr, gradients, pixels, store);
  if (!db) return;
  const auto channels = [&](int64_t, int64_t k, int64_t j, int64_t count, T* out) {
    const T* first = dy.values + (k / area * dy.shape.c + j) * area + k % area;
    for (int64_t i = 0; i < count; ++i) out[i] = first[i * area];
  };
  sum_columns(context, dy.shape.c, depth, channels, db.values, db.magnitudes);
}

}  // namespace trainmark::backends::reference

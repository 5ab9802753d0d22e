// Dense layers y = W x + b over flattened inputs, and their gradients.
#pragma once

#include "backends/reference/product.hpp"

namespace trainmark::backends::reference {

/// x (n, i), w (o, i), b (o) or empty, y (n, o).
template <class T>
void dense(const Context<T>& context, const Array<T>& x, const Array<T>& w, const Array<T>& b, const Array<T>& y) {
  const int64_t inputs = x.shape.per_image(), outputs = y.shape.per_image();
  const Left images{[&](int64_t, int64_t m) { return x.values + m * inputs; }, [](int64_t k) { return k; }};
  const auto weights = [&](int64_t, int64_t k, int64_t j, int64_t count, T* out) {
    for (int64_t i = 0; i < count; ++i) out[i] = w.values[(j + i) * inputs + k];
  };
  const auto store = [&](int64_t, int64_t m, int64_t j, int64_t count, const T* sums, const T* magnitudes) {
    for (int64_t i = 0; i < count; ++i) y.values[m * outputs + j + i] = sums[i] + (b ? b.values[j + i] : T{0});
    if (magnitudes == nullptr) return;
    for (int64_t i = 0; i < count; ++i) y.magnitudes[m * outputs + j + i] = magnitudes[i] + (b ? std::abs(b.values[j + i]) : T{0});
  };
  multiply<T>(context, {1, x.shape.n, outputs, inputs}, y.magnitudes != nullptr, images, weights, store);
}

/// dy (n, o), w (o, i), dx (n, i).
template <class T>
void dense_grad_data(const Context<T>& context, const Array<T>& dy, const Array<T>& w, const Array<T>& dx) {
  const int64_t inputs = dx.shape.per_image(), outputs = dy.shape.per_image();
  const Left gradients{[&](int64_t, int64_t m) { return dy.values + m * outputs; }, [](int64_t k) { return k; }};
  const auto weights = [&](int64_t, int64_t k, int64_t j, int64_t count, T* out) { std::copy_n(w.values + k * inputs + j, count, out); };
  const auto store = [&](int64_t, int64_t m, int64_t j, int64_t count, const T* sums, const T* magnitudes) {
    std::copy_n(sums, count, dx.values + m * inputs + j);
    if (magnitudes != nullptr) std::copy_n(magnitudes, count, dx.magnitudes + m * inputs + j);
  };
  multiply<T>(context, {1, dx.shape.n, inputs, outputs}, dx.magnitudes != nullptr, gradients, weights, store);
}

/// x (n, i), dy (n, o), dw (o, i), db (o) or empty.
template <class T>
void dense_grad_weights(const Context<T>& context, const Array<T>& x, const Array<T>& dy, const Array<T>& dw, const Array<T>& db) {
  const int64_t inputs = x.shape.per_image(), outputs = dy.shape.per_image(), images = x.shape.n;
  const Left gradients{[&](int64_t, int64_t m) { return dy.values + m; }, [&](int64_t k) { return k * outputs; }};
  const auto pixels = [&](int64_t, int64_t k, int64_t j, int64_t count, T* out) { std::copy_n(x.values + k * inputs + j, count, out); };
  const auto store = [&](int64_t, int64_t m, int64_t j, int64_t count, const T* sums, const T* magnitudes) {
    std::copy_n(sums, count, dw.values + m * inputs + j);
    if (magnitudes != nullptr) std::copy_n(magnitudes, count, dw.magnitudes + m * inputs + j);
  };
  multiply<T>(context, {1, outputs, inputs, images}, dw.magnitudes != nullptr, gradients, pixels, store);
  if (!db) return;
  const auto rows = [&](int64_t, int64_t k, int64_t j, int64_t count, T* out) { std::copy_n(dy.values + k * outputs + j, count, out); };
  sum_columns(context, outputs, images, rows, db.values, db.magnitudes);
}

}  // namespace trainmark::backends::reference

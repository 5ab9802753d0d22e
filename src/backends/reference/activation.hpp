// ReLU6, GELU, sigmoid, hyperbolic tangent, and their gradients. ReLU itself is in elementwise.hpp.
//
//   relu6    min(max(0, x), 6)                 derivative 1 for 0 < y < 6, else 0
//   gelu     x P(x), P the normal distribution derivative P(x) + x p(x), p its density
//   sigmoid  1 / (1 + exp(-x))                 derivative y (1 - y)
//   tanh                                       derivative 1 - y^2
// Magnitudes: |f(x)| + |f'(x)| m for a value of magnitude m; for gradients the same of f', and what came from above.
#pragma once

#include <cmath>
#include <numbers>

#include "backends/reference/context.hpp"
#include "backends/reference/elementwise.hpp"

namespace trainmark::backends::reference {

/// A value, its derivative by x, and the derivative of that, the absolute terms of both added up.
template <class T>
struct FunctionAt {
  T value = 0, slope = 0, slope_terms = 0, curve = 0;
};

/// From x where plan::needs_input says so; for the others `at` is x in the forward pass (only `value` and `slope` are
/// used) and y = value in the gradient.
template <class T>
struct ActivationFunction {
  plan::Function function;

  FunctionAt<T> forward(T x) const {
    switch (function) {
      case plan::Function::kRelu6: {
        const T value = x <= 0 ? T{0} : x >= 6 ? T{6} : x;
        return {value, x > 0 && x < 6 ? T{1} : T{0}, T{1}, T{0}};
      }
      case plan::Function::kSigmoid: {
        const T y = 1 / (1 + std::exp(-x));
        return {y, y * (1 - y), T{0}, T{0}};
      }
      case plan::Function::kTanh: {
        const T y = std::tanh(x);
        return {y, 1 - y * y, T{0}, T{0}};
      }
      case plan::Function::kGelu:
        break;
    }
    return gelu(x);
  }

  /// `at` is x for GELU, else y.
  FunctionAt<T> backward(T at) const {
    switch (function) {
      case plan::Function::kRelu6: {
        const T slope = at <= 0 || at >= 6 ? T{0} : T{1};
        return {at, slope, slope, T{0}};
      }
      case plan::Function::kSigmoid:
        return {at, at * (1 - at), at * (1 + at), 1};
      case plan::Function::kTanh:
        return {at, 1 - at * at, 1 + at * at, 2 * at};
      case plan::Function::kGelu:
        break;
    }
    return gelu(at);
  }

 private:
  static FunctionAt<T> gelu(T x) {
    const T distribution = (1 + std::erf(x / std::numbers::sqrt2_v<T>)) / 2;
    const T density = std::exp(-x * x / 2) * std::numbers::inv_sqrtpi_v<T> / std::numbers::sqrt2_v<T>;
    return {x * distribution, distribution + x * density, distribution + std::abs(x) * density, density * (2 - x * x)};
  }
};

/// The two kinks of ReLU6 are decisions, as ReLU's one is.
template <class T>
void decide_relu6(const Context<T>& context, const Array<T>& x, const Array<T>& y) {
  Decisions& decisions = *context.decisions;
  for_elements(context, x.shape.size(), [&](int64_t begin, int64_t end) {
    int64_t ties = 0;
    uint64_t hash = 0;
    for (int64_t i = begin; i < end; ++i) {
      const T v = x.values[i];
      if (v > 0) hash += mix_bits(static_cast<uint64_t>(i) * 2 + (v < 6 ? 0 : 1));
      if (x.magnitudes == nullptr || x.magnitudes[i] <= 0) continue;
      const double reach = decisions.tie_threshold * kFloatEpsilon * static_cast<double>(x.magnitudes[i]);
      const bool low = static_cast<double>(std::abs(v)) <= reach, high = static_cast<double>(std::abs(v - 6)) <= reach;
      if (!low && !high) continue;
      ++ties;
      if (!decisions.turn) continue;
      const bool passes = low ? v <= 0 : v >= 6;  // after the turn
      y.values[i] = low ? (passes ? std::numeric_limits<T>::min() : T{0}) : (passes ? std::nextafter(T{6}, T{0}) : T{6});
    }
    decisions.count += end - begin;
    decisions.near_ties += ties;
    decisions.hash += hash;
  });
}

/// y = f(x). Both (n, c, h, w).
template <class T>
void activation(const Context<T>& context, plan::Function function, const Array<T>& x, const Array<T>& y) {
  const ActivationFunction<T> f{function};
  for_elements(context, x.shape.size(), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const FunctionAt<T> at = f.forward(x.values[i]);
      y.values[i] = at.value;
      if (y.magnitudes != nullptr) y.magnitudes[i] = std::abs(at.value) + std::abs(at.slope) * x.magnitudes[i];
    }
  });
  if (function == plan::Function::kRelu6 && context.decisions != nullptr) decide_relu6(context, x, y);
}

/// dx = f' dy; `from` is x for GELU, else y. All (n, c, h, w).
template <class T>
void activation_grad(const Context<T>& context, plan::Function function, const Array<T>& from, const Array<T>& dy, const Array<T>& dx) {
  const ActivationFunction<T> f{function};
  for_elements(context, dy.shape.size(), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const FunctionAt<T> at = f.backward(from.values[i]);
      dx.values[i] = at.slope * dy.values[i];
      if (dx.magnitudes == nullptr) continue;
      dx.magnitudes[i] = at.slope_terms * dy.magnitudes[i] + std::abs(at.curve * dy.values[i]) * from.magnitudes[i];
    }
  });
}

}  // namespace trainmark::backends::reference

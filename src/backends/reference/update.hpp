// The optimiser's step on one learned tensor: stochastic gradient descent, see plan/optimiser.hpp for the formulas.
#pragma once

#include <cmath>

#include "backends/reference/context.hpp"

namespace trainmark::backends::reference {

/// w, dw and the velocity (empty without momentum) have one shape; w and the velocity change.
template <class T>
void sgd_update(const Context<T>& context, const plan::Optimiser& optimiser, double learning_rate, const Array<T>& w, const Array<T>& dw,
                const Array<T>& velocity) {
  const T rate = static_cast<T>(learning_rate), momentum = static_cast<T>(optimiser.momentum), decay = static_cast<T>(optimiser.weight_decay);
  for_elements(context, w.shape.size(), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const T gradient = dw.values[i] + decay * w.values[i];
      T step = gradient, magnitude = w.magnitudes == nullptr ? T{0} : dw.magnitudes[i] + decay * std::abs(w.values[i]);
      if (velocity) {
        const T gradient_magnitude = magnitude;
        if (w.magnitudes != nullptr) velocity.magnitudes[i] = magnitude = momentum * std::abs(velocity.values[i]) + gradient_magnitude;
        velocity.values[i] = momentum * velocity.values[i] + gradient;
        step = optimiser.nesterov ? gradient + momentum * velocity.values[i] : velocity.values[i];
        if (optimiser.nesterov) magnitude = gradient_magnitude + momentum * magnitude;
      }
      if (w.magnitudes != nullptr) w.magnitudes[i] = std::abs(w.values[i]) + rate * magnitude;
      w.values[i] -= rate * step;
    }
  });
}

}  // namespace trainmark::backends::reference

// The optimiser's step on one learned tensor: see plan/optimiser.hpp for the formulas.
#pragma once

#include <cmath>
#include <span>

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

/// Adam and AdamW; t is the number of the step from 1 on. All arrays have one shape; w, m and v change.
template <class T>
void adam_update(const Context<T>& context, const plan::Optimiser& optimiser, double learning_rate, int64_t t, const Array<T>& w, const Array<T>& dw,
                 const Array<T>& m, const Array<T>& v) {
  const bool apart = optimiser.kind == plan::Optimiser::Kind::kAdamW;
  const T beta1 = static_cast<T>(optimiser.beta1), beta2 = static_cast<T>(optimiser.beta2), epsilon = static_cast<T>(optimiser.epsilon);
  const T rest1 = static_cast<T>(1 - optimiser.beta1), rest2 = static_cast<T>(1 - optimiser.beta2);
  const T decay = static_cast<T>(apart ? 0 : optimiser.weight_decay), kept = static_cast<T>(apart ? 1 - learning_rate * optimiser.weight_decay : 1);
  const T step = static_cast<T>(learning_rate / (1 - std::pow(optimiser.beta1, static_cast<double>(t))));
  const T root = static_cast<T>(std::sqrt(1 - std::pow(optimiser.beta2, static_cast<double>(t))));
  for_elements(context, w.shape.size(), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const T old = w.values[i], g = dw.values[i] + decay * old;
      if (w.magnitudes != nullptr) {
        const T terms = dw.magnitudes[i] + decay * std::abs(old);
        m.magnitudes[i] = beta1 * std::abs(m.values[i]) + rest1 * terms;
        v.magnitudes[i] = beta2 * v.values[i] + rest2 * (g * g + 2 * std::abs(g) * terms);
      }
      m.values[i] = beta1 * m.values[i] + rest1 * g;
      v.values[i] = beta2 * v.values[i] + rest2 * g * g;
      const T divisor = std::sqrt(v.values[i]) / root + epsilon;
      w.values[i] = kept * old - step * m.values[i] / divisor;
      if (w.magnitudes != nullptr) w.magnitudes[i] = std::abs(old) + step * m.magnitudes[i] / divisor;
    }
  });
}

/// All arrays have one shape; w, v and the velocity (empty without momentum) change.
template <class T>
void rmsprop_update(const Context<T>& context, const plan::Optimiser& optimiser, double learning_rate, const Array<T>& w, const Array<T>& dw, const Array<T>& v,
                    const Array<T>& velocity) {
  const T rate = static_cast<T>(learning_rate), momentum = static_cast<T>(optimiser.momentum), decay = static_cast<T>(optimiser.weight_decay);
  const T alpha = static_cast<T>(optimiser.alpha), rest = static_cast<T>(1 - optimiser.alpha), epsilon = static_cast<T>(optimiser.epsilon);
  for_elements(context, w.shape.size(), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const T old = w.values[i], g = dw.values[i] + decay * old;
      const T terms = w.magnitudes == nullptr ? T{0} : dw.magnitudes[i] + decay * std::abs(old);
      if (w.magnitudes != nullptr) v.magnitudes[i] = alpha * v.values[i] + rest * (g * g + 2 * std::abs(g) * terms);
      v.values[i] = alpha * v.values[i] + rest * g * g;
      const T divisor = std::sqrt(v.values[i]) + epsilon;
      T change = g / divisor, magnitude = terms / divisor;
      if (velocity) {
        magnitude += momentum * std::abs(velocity.values[i]);
        if (w.magnitudes != nullptr) velocity.magnitudes[i] = magnitude;
        velocity.values[i] = change = momentum * velocity.values[i] + change;
      }
      if (w.magnitudes != nullptr) w.magnitudes[i] = std::abs(old) + rate * magnitude;
      w.values[i] = old - rate * change;
    }
  });
}

/// `arrays` as plan::OpKind::kUpdate takes them: w, dw, and the optimiser's state.
template <class T>
void update(const Context<T>& context, const plan::Optimiser& optimiser, const StepInput& input, std::span<const Array<T>> arrays) {
  const auto state = [&](size_t i) { return arrays.size() > 2 + i ? arrays[2 + i] : Array<T>{}; };
  switch (optimiser.kind) {
    case plan::Optimiser::Kind::kSgd:
      return sgd_update(context, optimiser, input.learning_rate, arrays[0], arrays[1], state(0));
    case plan::Optimiser::Kind::kAdam:
    case plan::Optimiser::Kind::kAdamW:
      return adam_update(context, optimiser, input.learning_rate, input.step + 1, arrays[0], arrays[1], state(0), state(1));
    case plan::Optimiser::Kind::kRmsprop:
      return rmsprop_update(context, optimiser, input.learning_rate, arrays[0], arrays[1], state(0), state(1));
  }
}

}  // namespace trainmark::backends::reference

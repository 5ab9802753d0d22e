// Disturbing values by about half a unit in the last place of float32, for calibrating the error model.
//
// In double a value moves by a uniform share of up to half a unit; in float, where half a unit cannot be written, it
// moves by one unit down, not at all, or one unit up with probabilities 1/4, 1/2, 1/4. Zeros stay zeros.
#pragma once

#include <cmath>
#include <cstdint>
#include <type_traits>

#include "backends/reference/order.hpp"

namespace trainmark::backends::reference {

/// Disturbs values[i] for i in [0, count) as elements first + i of the tensor that `seed` names.
template <class T>
void disturb(uint64_t seed, int64_t first, int64_t count, T* values) {
  for (int64_t i = 0; i < count; ++i) {
    const uint64_t bits = mix_bits(seed ^ mix_bits(static_cast<uint64_t>(first + i)));
    if (values[i] == 0) continue;
    if constexpr (std::is_same_v<T, float>) {
      if (bits & 1) values[i] = std::nextafter(values[i], bits & 2 ? HUGE_VALF : -HUGE_VALF);
    } else {
      const double share = static_cast<double>(static_cast<int64_t>(bits)) * 0x1p-63;  // in [-1, 1)
      values[i] *= 1 + share * 0x1p-24;
    }
  }
}

}  // namespace trainmark::backends::reference

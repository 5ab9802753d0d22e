// The batch: 8-bit pixels of the chosen samples through the normalisation table.
#pragma once

#include "backends/reference/context.hpp"
#include "backends/reference/disturb.hpp"

namespace trainmark::backends::reference {

/// x (n, c, h, w). A disturb_seed other than 0 disturbs every value: see disturb.hpp.
template <class T>
void gather(const Context<T>& context, const StepInput& input, uint64_t disturb_seed, const Array<T>& x) {
  const int64_t area = x.shape.h * x.shape.w, size = x.shape.per_image();
  for_each(context, x.shape.n, [&](int64_t n) {
    const uint8_t* image = input.samples->pixels + input.indices[n] * size;
    T* out = x.values + n * size;
    for (int64_t c = 0; c < x.shape.c; ++c) {
      const auto& table = input.normalisation->channels[static_cast<size_t>(c)];
      for (int64_t i = 0; i < area; ++i) out[c * area + i] = table[image[c * area + i]];
    }
    if (disturb_seed != 0) disturb(disturb_seed, (input.first_image + n) * size, size, out);
    if (x.magnitudes == nullptr) return;
    for (int64_t i = 0; i < size; ++i) x.magnitudes[n * size + i] = out[i] < 0 ? -out[i] : out[i];
  });
}

}  // namespace trainmark::backends::reference

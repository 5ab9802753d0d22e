// Dropout with masks that every engine makes alike, whatever its number of threads.
//
// Element i (row-major over the batch's (n, c, h, w)) is dropped when value i of the Philox stream of (seed, step, layer)
// is below rate 2^32; kept elements are multiplied by 1 / (1 - rate). This is the definition that other engines follow.
#pragma once

#include "backends/reference/context.hpp"
#include "core/philox.hpp"

namespace trainmark::backends::reference {

/// The stream's number: a mark of its own, the layer in 16 bits, the step in 40.
inline uint64_t dropout_stream(int64_t step, int layer) {
  return uint64_t{0xD0} << 56 | (static_cast<uint64_t>(layer) & 0xFFFF) << 40 | (static_cast<uint64_t>(step) & 0xFFFFFFFFFF);
}

/// mask[i - begin] = 1 where element i is kept, for i in [begin, end).
inline void dropout_mask(double rate, uint64_t seed, int64_t step, int layer, int64_t begin, int64_t end, uint8_t* mask) {
  const uint64_t stream = dropout_stream(step, layer);
  const auto threshold = static_cast<uint64_t>(rate * 0x1p32);
  std::array<uint32_t, 4> values{};
  for (int64_t i = begin; i < end; ++i) {
    const auto block = static_cast<uint64_t>(i) / 4;
    if (i == begin || i % 4 == 0) {
      values = core::philox4x32(
          {static_cast<uint32_t>(block), static_cast<uint32_t>(block >> 32), static_cast<uint32_t>(stream), static_cast<uint32_t>(stream >> 32)},
          {static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32)});
    }
    mask[i - begin] = values[static_cast<size_t>(i % 4)] >= threshold ? 1 : 0;
  }
}

/// y = x mask / (1 - rate): forward with (x, y), backward with (dy, dx). All (n, c, h, w).
template <class T>
void apply_mask(const Context<T>& context, double rate, const Array<T>& x, const uint8_t* mask, const Array<T>& y) {
  const T scale = static_cast<T>(1 / (1 - rate));
  for_elements(context, x.shape.size(), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) y.values[i] = mask[i] != 0 ? x.values[i] * scale : T{0};
    if (y.magnitudes == nullptr) return;
    for (int64_t i = begin; i < end; ++i) y.magnitudes[i] = mask[i] != 0 ? x.magnitudes[i] * scale : T{0};
  });
}

/// x, y, mask (n, c, h, w).
template <class T>
void dropout(const Context<T>& context, const plan::DropoutAttributes& dropout, const StepInput& input, const Array<T>& x, const Array<T>& y, uint8_t* mask) {
  const int64_t first = input.first_image * x.shape.per_image();
  for_elements(context, x.shape.size(), [&](int64_t begin, int64_t end) {
    dropout_mask(dropout.rate, input.seed, input.step, dropout.layer, first + begin, first + end, mask + begin);
  });
  apply_mask(context, dropout.rate, x, mask, y);
}

}  // namespace trainmark::backends::reference

// Windows of max-pooling, and the byte that says which of its taps won.
#pragma once

#include <cstdint>

#include "network/network.hpp"

namespace trainmark::backends::cpu {

/// With a fused ReLU: nothing in the window was above zero.
inline constexpr int32_t kNoWinner = 255;

/// Along one axis: taps [begin, end) of the window at output position `at` that lie inside the input; and the first pixel.
struct Taps {
  int64_t begin, end, origin;
  Taps(int64_t at, int64_t kernel, int64_t stride, int64_t pad, int64_t dilation, int64_t size) : begin(0), end(kernel), origin(at * stride - pad) {
    while (begin < end && origin + begin * dilation < 0) ++begin;
    while (end > begin && origin + (end - 1) * dilation >= size) --end;
  }
};

inline bool is_2x2(const network::Window& w) { return w == network::Window::square(2, 2); }

}  // namespace trainmark::backends::cpu

// Where the window of a convolution lies, as tables made once, and the gathering of what it sees.
//
// The gathering decides the speed of convolutions with few filters, hence the tables instead of divisions and the rows
// without tests at every pixel: 64 -> 64 channels, 3x3, went from 1.2 to 4.7 GFLOP/s in the
// gradients, on a machine that was busy with other things.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "plan/op.hpp"
#include "plan/tensor.hpp"

namespace trainmark::backends::reference {

/// A weight within its filter: channel of the group, row and column of the window.
struct Tap {
  int64_t channel, r, s;
};

/// Upper left corner of the window at an output position, in the input; negative in the padding.
struct Corner {
  int64_t h, w;
  bool inside;  ///< the whole window lies in the image
};

struct ConvGeometry {
  network::Window window;
  int64_t groups = 1;
  std::vector<Tap> taps;         ///< of one filter, in the order of its weights
  std::vector<int64_t> offsets;  ///< of the taps from the corner, within the group's planes
  std::vector<Corner> corners;   ///< by output position, row-major

  /// x, w, y: shapes of input, weights and output.
  ConvGeometry(const plan::ConvAttributes& conv, const plan::Extents& x, const plan::Extents& w, const plan::Extents& y)
      : window(conv.window), groups(conv.groups) {
    for (int64_t i = 0; i < w.per_image(); ++i) {
      const Tap tap{i / (w.h * w.w), i / w.w % w.h, i % w.w};
      taps.push_back(tap);
      offsets.push_back((tap.channel * x.h + tap.r * window.dilation_h) * x.w + tap.s * window.dilation_w);
    }
    for (int64_t i = 0; i < y.h * y.w; ++i) {
      const int64_t top = i / y.w * window.stride_h - window.pad_h, left = i % y.w * window.stride_w - window.pad_w;
      const bool inside = top >= 0 && left >= 0 && top + (w.h - 1) * window.dilation_h < x.h && left + (w.w - 1) * window.dilation_w < x.w;
      corners.push_back({top, left, inside});
    }
  }
};

/// Ceiling of a / b for b > 0, at least 0.
constexpr int64_t steps_to(int64_t a, int64_t b) { return a <= 0 ? 0 : (a + b - 1) / b; }

/// out[i] = the pixel of `plane` that output position j + i (row-major in an image `width` wide) sees through the tap.
template <class T>
void gather_pixels(const T* plane /*(h, w)*/, const plan::Extents& x, const network::Window& window, const Tap& tap, int64_t width, int64_t j, int64_t count,
                   T* out) {
  int64_t p = j / width, q = j % width;
  for (int64_t done = 0; done < count; ++p, q = 0) {
    const int64_t length = std::min(width - q, count - done);
    const int64_t row = p * window.stride_h - window.pad_h + tap.r * window.dilation_h;
    const int64_t first = q * window.stride_w - window.pad_w + tap.s * window.dilation_w;
    // Outputs [begin, end) of this row see the image, the others padding.
    const bool visible = row >= 0 && row < x.h;
    const int64_t begin = visible ? std::min(length, steps_to(-first, window.stride_w)) : length;
    const int64_t end = visible ? std::clamp(steps_to(x.w - first, window.stride_w), begin, length) : length;
    const T* from = plane + row * x.w + first;
    std::fill(out + done, out + done + begin, T{0});
    for (int64_t i = begin; i < end; ++i) out[done + i] = from[i * window.stride_w];
    std::fill(out + done + end, out + done + length, T{0});
    done += length;
  }
}

/// out[i] = the gradient in `plane` of the one output position that sees input position j + i (row-major in an image
/// `width` wide) through the tap, else 0.
template <class T>
void gather_gradients(const T* plane /*(p, q)*/, const plan::Extents& y, const network::Window& window, const Tap& tap, int64_t width, int64_t j, int64_t count,
                      T* out) {
  std::fill_n(out, count, T{0});
  int64_t h = j / width, w = j % width;
  for (int64_t done = 0; done < count; ++h, w = 0) {
    const int64_t length = std::min(width - w, count - done);
    const int64_t row = h + window.pad_h - tap.r * window.dilation_h;
    if (row >= 0 && row % window.stride_h == 0 && row / window.stride_h < y.h) {
      const T* from = plane + row / window.stride_h * y.w;
      const int64_t first = w + window.pad_w - tap.s * window.dilation_w;  // output column times stride, of the row's first input
      const int64_t begin = steps_to(first, window.stride_w);
      const int64_t end = std::min(y.w, steps_to(first + length, window.stride_w));
      for (int64_t q = begin; q < end; ++q) out[done + q * window.stride_w - first] = from[q];
    }
    done += length;
  }
}

/// out[i] = what tap j + i of the window at `corner` sees in the planes of its group.
template <class T>
void gather_patch(const T* planes /*(c / groups, h, w)*/, const plan::Extents& x, const ConvGeometry& conv, const Corner& corner, int64_t j, int64_t count,
                  T* out) {
  const T* from = planes + corner.h * x.w + corner.w;
  const int64_t* offsets = conv.offsets.data() + j;
  if (corner.inside) {
    for (int64_t i = 0; i < count; ++i) out[i] = from[offsets[i]];
    return;
  }
  for (int64_t i = 0; i < count; ++i) {
    const Tap& tap = conv.taps[static_cast<size_t>(j + i)];
    const int64_t h = corner.h + tap.r * conv.window.dilation_h, w = corner.w + tap.s * conv.window.dilation_w;
    out[i] = h >= 0 && h < x.h && w >= 0 && w < x.w ? from[offsets[i]] : T{0};
  }
}

}  // namespace trainmark::backends::reference

// Between an image and its planes of column taps (conv_rows.hpp), for each instruction set.
#if defined(TRAINMARK_CPU_CONV_UNFOLD_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef TRAINMARK_CPU_CONV_UNFOLD_HPP
#undef TRAINMARK_CPU_CONV_UNFOLD_HPP
#else
#define TRAINMARK_CPU_CONV_UNFOLD_HPP
#endif

#include <algorithm>

#include "backends/cpu/conv_rows.hpp"
#include "backends/cpu/simd.hpp"

HWY_BEFORE_NAMESPACE();
namespace trainmark::backends::cpu::HWY_NAMESPACE {

/// `count` values, and zeros up to the end of the last vector: `to` has room for whole vectors.
HWY_INLINE void copy_vectors(const float* HWY_RESTRICT from, int64_t count, float* HWY_RESTRICT to) {
  const D d;
  int64_t i = 0;
  for (; i + kL <= count; i += kL) hn::StoreU(hn::LoadU(d, from + i), d, to + i);
  if (i < count) hn::StoreU(load_first(First(count - i), from + i), d, to + i);
}

/// Zeros in whole vectors over `count` values.
HWY_INLINE void zero_vectors(float* to, int64_t count) {
  const D d;
  for (int64_t i = 0; i < count; i += kL) hn::StoreU(hn::Zero(d), d, to + i);
}

/// Rows of one plane where neighbours in it are neighbours in x: each row ends in whole vectors, which the next overwrites.
inline void unfold_rows(const ConvRows& t, const ConvRows::Plane& plane, const float* x, float* to) {
  const D d;
  const float* from = x + plane.x_row * t.x_width + plane.x_column;
  const int64_t whole = plane.columns / kL * kL, behind = plane.first_column + plane.columns;
  const First rest(plane.columns - whole);
  const bool zeros = plane.columns < t.width;
  for (int64_t row = 0; row < plane.rows; ++row, from += t.stride_h * t.x_width, to += t.width) {
    if (zeros) zero_vectors(to, plane.first_column);
    float* const out = to + plane.first_column;
    for (int64_t i = 0; i < whole; i += kL) hn::StoreU(hn::LoadU(d, from + i), d, out + i);
    if (rest.count != 0) hn::StoreU(load_first(rest, from + whole), d, out + whole);
    if (zeros) zero_vectors(to + behind, t.width - behind);
  }
}

/// The same where x has a stride.
inline void unfold_strided(const ConvRows& t, const ConvRows::Plane& plane, const float* x, float* to) {
  const float* from = x + plane.x_row * t.x_width + plane.x_column;
  for (int64_t row = 0; row < plane.rows; ++row, from += t.stride_h * t.x_width, to += t.width) {
    std::fill_n(to, t.width, 0.0F);
    for (int64_t i = 0; i < plane.columns; ++i) to[plane.first_column + i] = from[i * t.stride_w];
  }
}

/// One image (c, h, w) -> (c, planes).
inline void unfold(const ConvRows& t, const float* x, float* to) {
  for (int64_t c = 0; c < t.channels; ++c, x += t.x_height * t.x_width) {
    for (const ConvRows::Plane& plane : t.planes) {
      const int64_t begin = plane.first_row * t.width, end = begin + plane.rows * t.width;
      zero_vectors(to, begin);
      if (t.stride_w == 1) unfold_rows(t, plane, x, to + begin);
      else unfold_strided(t, plane, x, to + begin);
      // Products with lanes that hold no position must stay finite. There is room for a vector behind the last value.
      const int64_t aligned = plan::round_up(end, plan::kLanes);
      zero_vectors(to + end, plan::kLanes);
      zero_vectors(to + aligned, t.plane_floats - aligned);
      to += t.plane_floats;
    }
  }
}

/// (c, planes) -> dx (c, h, w): sums over the planes, in their order; zero where mask, if any, is not above zero.
inline void fold_strided(const ConvRows& t, const float* planes, const float* mask, float* dx) {
  const int64_t area = t.x_height * t.x_width, size = t.channels * area;
  std::fill_n(dx, size, 0.0F);
  for (int64_t c = 0; c < t.channels; ++c) {
    for (const ConvRows::Plane& plane : t.planes) {
      for (int64_t row = 0; row < plane.rows; ++row) {
        const float* const from = planes + (plane.first_row + row) * t.width + plane.first_column;
        float* const to = dx + c * area + (plane.x_row + row * t.stride_h) * t.x_width + plane.x_column;
        for (int64_t i = 0; i < plane.columns; ++i) to[i * t.stride_w] += from[i];
      }
      planes += t.plane_floats;
    }
  }
  for (int64_t i = 0; mask != nullptr && i < size; ++i) dx[i] = mask[i] > 0 ? dx[i] : 0;
}

inline constexpr int64_t kMostFolded = 16;  // column taps

/// The same without strides: for each vector of a row of dx, one masked load per column tap.
inline void fold_rows(const ConvRows& t, const float* planes, const float* mask, float* dx) {
  const D d;
  const auto taps = static_cast<int64_t>(t.planes.size());
  const int64_t first_row = t.planes[0].first_row, x_row = t.planes[0].x_row, rows = t.planes[0].rows;
  for (int64_t column = 0; column < t.x_width; column += kL) {
    const First stored(std::min<int64_t>(kL, t.x_width - column));
    hn::Mask<D> valid[kMostFolded];
    int64_t offset[kMostFolded];
    for (int64_t k = 0; k < taps; ++k) {
      const ConvRows::Plane& plane = t.planes[static_cast<size_t>(k)];
      const int64_t begin = std::clamp<int64_t>(plane.x_column - column, 0, kL), end = std::clamp<int64_t>(plane.x_column + plane.columns - column, begin, kL);
      valid[k] = hn::AndNot(First(begin).mask, First(end).mask);
      offset[k] = k * t.plane_floats + (begin < end ? column - plane.x_column + plane.first_column : 0);
    }
    const float* channel = planes + first_row * t.width;
    for (int64_t c = 0; c < t.channels; ++c, channel += taps * t.plane_floats) {
      for (int64_t row = 0; row < t.x_height; ++row) {
        const int64_t at = (c * t.x_height + row) * t.x_width + column;
        V sum = hn::Zero(d);
        if (row >= x_row && row < x_row + rows) {
          const float* const from = channel + (row - x_row) * t.width;
          for (int64_t k = 0; k < taps; ++k) sum = hn::Add(sum, masked_load(valid[k], from + offset[k]));
        }
        if (mask != nullptr) sum = hn::IfThenElseZero(hn::Gt(load_first(stored, mask + at), hn::Zero(d)), sum);
        store_first(stored, sum, dx + at);
      }
    }
  }
}

inline void fold(const ConvRows& t, const float* planes, const float* mask, float* dx) {
  if (t.stride_h == 1 && t.stride_w == 1 && static_cast<int64_t>(t.planes.size()) <= kMostFolded) fold_rows(t, planes, mask, dx);
  else fold_strided(t, planes, mask, dx);
}

}  // namespace trainmark::backends::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif  // TRAINMARK_CPU_CONV_UNFOLD_HPP

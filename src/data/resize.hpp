// Resizing by area, in whole numbers: the same to the bit everywhere.
//
// Let both images cover the unit square. A pixel of the result is the mean of the source over its area, rounded half up:
// with source (H, W) and result (h, w) every overlap is a whole multiple of 1 / (H h W w), so the weighted sum is exact.
// Enlarging gives plain blocks with blended edges; the proportions of an image are not kept.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace trainmark::data {

/// `source` is (height, width, channels); the result (new_height, new_width, channels). All sides are positive.
std::vector<uint8_t> resize_area(std::span<const uint8_t> source, int64_t height, int64_t width, int64_t channels, int64_t new_height, int64_t new_width);

}  // namespace trainmark::data

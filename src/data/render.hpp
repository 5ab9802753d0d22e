// From lines to pixels: a round pen with soft edges, then noise. Whole numbers only, like distort.hpp.
#pragma once

#include <cstdint>
#include <span>

#include "core/philox.hpp"
#include "data/distort.hpp"

namespace trainmark::data {

/// Draws `lines` with a pen of half width `radius` (1/256 pixel) and value `ink` (of 255) on black.
/// `pixels` is (kDigitSide, kDigitSide), overwritten.
void draw_lines(std::span<const Line> lines, int32_t radius, int32_t ink, std::span<uint8_t> pixels);

/// Adds to every pixel a triangular deviation of at most `amplitude` (of 255), and clips to 0..255.
void add_noise(int32_t amplitude, core::Philox& random, std::span<uint8_t> pixels);

/// The largest whole number whose square is at most `value`.
uint32_t integer_sqrt(uint64_t value);

}  // namespace trainmark::data

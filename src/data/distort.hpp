// From a glyph to the lines of one image: every image gets its own hand, slant, scale, rotation, shift and elastic bend.
//
// Whole numbers only: coordinates in 1/256 pixel, factors in 1/65536. So the same random numbers give the same lines to
// the bit on every machine and compiler.
#pragma once

#include <cstdint>
#include <vector>

#include "core/philox.hpp"
#include "data/strokes.hpp"

namespace trainmark::data {

/// Side of the square images, pixels.
constexpr int kDigitSide = 28;

/// How much the images vary. The defaults are calibrated: after 10 epochs (batch 64, SGD 0.05, momentum 0.9) a dense layer reaches 88.1 % of the test images,
/// mnist-mlp 97.0 %, mnist-cnn 99.2 % (PyTorch, one seed; the last five epochs vary by 1.1, 0.6 and 0.5 points). A changed value is another data set. Symmetric
/// values are the largest deviation, drawn from a triangular distribution around zero.
struct Variation {
  int hand_units = 90;        ///< deviation of every pen point, in units of strokes.hpp (a digit is 1400 tall)
  int height_min = 15 * 256;  ///< height of the digit, 1/256 pixel
  int height_max = 21 * 256;  ///< height of the digit, 1/256 pixel
  int aspect = 16000;         ///< deviation of width / height from 1, 1/65536
  int slant = 22000;          ///< shear, 1/65536
  int tan_half_angle = 8000;  ///< tangent of half the rotation, 1/65536
  int elastic = 400;          ///< deviation of each node of the elastic grid, 1/256 pixel
  int shift = 620;            ///< shift of the whole digit in x and y, 1/256 pixel
  int radius_min = 90;        ///< half the width of the pen, 1/256 pixel
  int radius_max = 220;       ///< half the width of the pen, 1/256 pixel
  int ink_min = 200;          ///< faintest value of the pen, of 255
  int noise_max = 200;        ///< largest amplitude of the noise on every pixel, of 255
};

/// A point of the image, 1/256 pixel, from the upper left corner of the upper left pixel.
struct ImagePoint {
  int32_t x = 0, y = 0;
};

/// A straight piece of a stroke.
struct Line {
  ImagePoint from, to;
};

/// Replaces `lines` by those of one distorted copy of the glyph.
void distort(const Glyph& glyph, const Variation& variation, core::Philox& random, std::vector<Line>& lines);

/// Uniform in [low, high], both included.
int32_t between(core::Philox& random, int32_t low, int32_t high);
/// Triangular in [-range, range]: small deviations are more likely than large ones.
int32_t around_zero(core::Philox& random, int32_t range);

}  // namespace trainmark::data

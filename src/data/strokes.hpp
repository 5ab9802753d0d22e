// The ten digits as pen strokes: the points that a pen passes through, in several ways of writing each digit.
//
// Coordinates are whole numbers in a box about 800 wide and 1400 tall around the origin, y downwards. Between points the
// pen follows a Catmull-Rom spline (distort.cpp); at a corner it turns sharply. Drawn by hand for this project.
#pragma once

#include <cstdint>
#include <span>

namespace trainmark::data {

/// A point that the pen passes through.
struct StrokePoint {
  int16_t x = 0, y = 0;
  bool corner = false;  ///< the direction changes sharply here
};

/// One movement of the pen without lifting it: at least two points.
using Stroke = std::span<const StrokePoint>;

/// One way of writing a digit.
struct Glyph {
  std::span<const Stroke> strokes;
};

/// The ways of writing `digit`, 0 to 9; never empty.
std::span<const Glyph> glyphs_of(int digit);

}  // namespace trainmark::data

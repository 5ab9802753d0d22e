// A pixel's value depends on its centre's distance to the nearest line: full ink within the pen, none a pixel further out.
//
// The distance to a line is either to its inside, |cross| / length, or to an end, a square root. Both minima are kept
// apart, so there is one division per line and one root per pixel instead of one of each for every pair.
#include "data/render.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>

#include "core/check.hpp"

namespace trainmark::data {
namespace {

constexpr int kPixels = kDigitSide * kDigitSide;
constexpr int32_t kFar = 1 << 24;

/// Smallest distances seen so far of every pixel's centre.
struct Distances {
  std::array<int32_t, kPixels> inside;      // to the inside of a line, 1/256 pixel
  std::array<int32_t, kPixels> end_square;  // to an end of a line, squared, 1/65536 pixel^2
};

void measure(const Line& line, int32_t reach, Distances& distances) {
  const int32_t dx = line.to.x - line.from.x, dy = line.to.y - line.from.y;
  const int32_t length_square = dx * dx + dy * dy;
  const auto length = static_cast<int32_t>(integer_sqrt(static_cast<uint64_t>(length_square)));
  const int64_t inverse = length == 0 ? 0 : (int64_t{1} << 24) / length;
  const auto first = [&](int32_t a, int32_t b) { return std::clamp((std::min(a, b) - reach) >> 8, 0, kDigitSide); };
  const auto last = [&](int32_t a, int32_t b) { return std::clamp(((std::max(a, b) + reach) >> 8) + 1, 0, kDigitSide); };
  const int32_t x_end = last(line.from.x, line.to.x), y_end = last(line.from.y, line.to.y);
  for (int32_t y = first(line.from.y, line.to.y); y < y_end; ++y) {
    for (int32_t x = first(line.from.x, line.to.x); x < x_end; ++x) {
      const int32_t px = x * 256 + 128 - line.from.x, py = y * 256 + 128 - line.from.y;
      const auto i = static_cast<size_t>(y * kDigitSide + x);
      const int64_t along = int64_t{px} * dx + int64_t{py} * dy;
      if (along > 0 && along < length_square) {
        const int64_t cross = std::abs(int64_t{px} * dy - int64_t{py} * dx);
        distances.inside[i] = std::min(distances.inside[i], static_cast<int32_t>(cross * inverse >> 24));
      }
      const int32_t qx = px - dx, qy = py - dy;
      distances.end_square[i] = std::min({distances.end_square[i], px * px + py * py, qx * qx + qy * qy});
    }
  }
}

}  // namespace

uint32_t integer_sqrt(uint64_t value) {
  uint64_t root = 0;
  uint64_t bit = uint64_t{1} << 62;
  while (bit > value) bit >>= 2;
  for (; bit != 0; bit >>= 2) {
    if (value >= root + bit) {
      value -= root + bit;
      root = (root >> 1) + bit;
    } else {
      root >>= 1;
    }
  }
  return static_cast<uint32_t>(root);
}

void draw_lines(std::span<const Line> lines, int32_t radius, int32_t ink, std::span<uint8_t> pixels) {
  CHECK(pixels.size() == kPixels, "an image of a digit is 28 x 28");
  Distances distances;
  distances.inside.fill(kFar);
  distances.end_square.fill(kFar);
  const int32_t reach = radius + 128;
  for (const Line& line : lines) measure(line, reach + 128, distances);
  for (size_t i = 0; i < kPixels; ++i) {
    int32_t distance = distances.inside[i];
    if (distances.end_square[i] < reach * reach)
      distance = std::min(distance, static_cast<int32_t>(integer_sqrt(static_cast<uint64_t>(distances.end_square[i]))));
    pixels[i] = static_cast<uint8_t>(std::clamp(reach - distance, 0, 256) * ink >> 8);
  }
}

void add_noise(int32_t amplitude, core::Philox& random, std::span<uint8_t> pixels) {
  CHECK(pixels.size() % 2 == 0, "two pixels share one random number");
  for (size_t i = 0; i < pixels.size(); i += 2) {
    const uint32_t bits = random.next_u32();
    for (size_t k = 0; k < 2; ++k) {
      const auto pair = static_cast<int32_t>(bits >> 16 * k & 0xFFFF);
      const int32_t deviation = (pair & 0xFF) + (pair >> 8) - 255;  // triangular in [-255, 255]
      pixels[i + k] = static_cast<uint8_t>(std::clamp(pixels[i + k] + deviation * amplitude / 255, 0, 255));
    }
  }
}

}  // namespace trainmark::data

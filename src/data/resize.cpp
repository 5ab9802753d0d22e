#include "data/resize.hpp"

#include <algorithm>

#include "core/check.hpp"

namespace trainmark::data {
namespace {

/// The part of one side of a result pixel that one source pixel covers, in 1 / (sides of both).
struct Overlap {
  int64_t at;      // source pixel
  int64_t weight;  // all weights of a result pixel sum to the source's side
};

/// The source pixels under result pixel `at` of `to`, along one side. In units where a source pixel is `to` long and a
/// result pixel is `from`.
void overlaps_of(int64_t at, int64_t from, int64_t to, std::vector<Overlap>& overlaps) {
  overlaps.clear();
  const int64_t begin = at * from, end = begin + from;
  for (int64_t source = begin / to; source * to < end; ++source) {
    overlaps.push_back({source, std::min(end, (source + 1) * to) - std::max(begin, source * to)});
  }
}

}  // namespace

std::vector<uint8_t> resize_area(std::span<const uint8_t> source, int64_t height, int64_t width, int64_t channels, int64_t new_height, int64_t new_width) {
  CHECK(height > 0 && width > 0 && channels > 0 && new_height > 0 && new_width > 0, "images have pixels");
  CHECK(static_cast<int64_t>(source.size()) == height * width * channels, "the source has its size");
  std::vector<std::vector<Overlap>> columns(static_cast<size_t>(new_width));
  for (int64_t x = 0; x < new_width; ++x) overlaps_of(x, width, new_width, columns[static_cast<size_t>(x)]);
  std::vector<uint8_t> result;
  result.reserve(static_cast<size_t>(new_height * new_width * channels));
  const int64_t area = height * width;
  std::vector<Overlap> rows;
  for (int64_t y = 0; y < new_height; ++y) {
    overlaps_of(y, height, new_height, rows);
    for (const std::vector<Overlap>& column : columns) {
      for (int64_t c = 0; c < channels; ++c) {
        int64_t sum = 0;
        for (const Overlap& row : rows) {
          for (const Overlap& over : column) sum += row.weight * over.weight * source[static_cast<size_t>((row.at * width + over.at) * channels + c)];
        }
        result.push_back(static_cast<uint8_t>((2 * sum + area) / (2 * area)));
      }
    }
  }
  return result;
}

}  // namespace trainmark::data

// JPEG and PNG files in memory become 8-bit pixels, red, green, blue.
//
// The header is read first and absurd sizes are refused before anything is allocated for the pixels. Decoding is exact
// (JPEG: the slow integer transform), grey is (77 R + 150 G + 29 B + 128) >> 8 for every format, transparency is dropped,
// 16-bit PNGs keep the upper 8 bits, and EXIF's orientation is ignored.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "data/samples.hpp"

namespace trainmark::data {

constexpr int64_t kLargestImageSide = 16'384;        ///< pixels
constexpr int64_t kLargestImagePixels = 64'000'000;  ///< height x width: 192 MB decoded

struct ImageHeader {
  int64_t height = 0, width = 0;
  bool grey = false;  ///< one channel in the file
};

/// Size and channels, from the header alone. Usage errors begin with `where`: neither JPEG nor PNG, damaged, no pixels, too
/// large. A pure function, as is decode_image.
core::Result<ImageHeader> read_image_header(std::span<const std::byte> bytes, std::string_view where);

struct Image {
  int64_t height = 0, width = 0;
  std::vector<uint8_t> rgb;  ///< (height, width, 3)
};

/// Decodes a whole image. Usage errors also: damaged or truncated pixels (a JPEG that its decoder only warns about too).
core::Result<Image> decode_image(std::span<const std::byte> bytes, std::string_view where);

}  // namespace trainmark::data

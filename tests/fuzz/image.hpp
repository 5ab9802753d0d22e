// One JPEG or PNG file in memory. Pictures above a million pixels are only measured: decoding them is slow, not wrong.
#pragma once

#include "data/image.hpp"
#include "fuzz/target.hpp"

namespace trainmark::fuzz {

inline bool image(Input input) {
  constexpr std::string_view kWhere = "the file 'cat.png'";
  const auto header = data::read_image_header(std::as_bytes(input), kWhere);
  if (!header) return refused(header.error(), kWhere);
  if (header->height * header->width > 1'000'000) return false;
  const auto decoded = data::decode_image(std::as_bytes(input), kWhere);
  if (!decoded) return refused(decoded.error(), kWhere);
  CHECK(decoded->height == header->height && decoded->width == header->width, "an image has the size of its header");
  CHECK(decoded->rgb.size() == static_cast<size_t>(header->height * header->width * 3), "every pixel is decoded");
  return true;
}

}  // namespace trainmark::fuzz

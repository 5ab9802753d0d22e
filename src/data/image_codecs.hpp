// The two decoders behind image.hpp. A message is what is wrong with the file, in words; nullopt when all is well.
#pragma once

#include <optional>
#include <string>

#include "data/image.hpp"

namespace trainmark::data {

std::optional<std::string> read_jpeg_header(std::span<const std::byte> bytes, ImageHeader& header);
std::optional<std::string> read_png_header(std::span<const std::byte> bytes, ImageHeader& header);

/// Into `rgb`, (height, width, 3), which has the size that the header announced.
std::optional<std::string> decode_jpeg(std::span<const std::byte> bytes, std::span<uint8_t> rgb);
std::optional<std::string> decode_png(std::span<const std::byte> bytes, std::span<uint8_t> rgb);

}  // namespace trainmark::data

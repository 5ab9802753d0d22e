#include "data/image.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "data/image_codecs.hpp"

namespace trainmark::data {
namespace {

using core::Result;
using core::usage_error;

enum class Format { kJpeg, kPng, kOther };

template <size_t N>
bool begins_with(std::span<const std::byte> bytes, const std::array<uint8_t, N>& mark) {
  return bytes.size() >= N && std::equal(mark.begin(), mark.end(), reinterpret_cast<const uint8_t*>(bytes.data()));
}

Format format_of(std::span<const std::byte> bytes) {
  if (begins_with<3>(bytes, {0xFF, 0xD8, 0xFF})) return Format::kJpeg;
  if (begins_with<8>(bytes, {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'})) return Format::kPng;
  return Format::kOther;
}

}  // namespace

Result<ImageHeader> read_image_header(std::span<const std::byte> bytes, std::string_view where) {
  const Format format = format_of(bytes);
  if (bytes.empty()) return usage_error(fmt::format("{} is empty; get it again or remove it", where));
  if (format == Format::kOther) return usage_error(fmt::format("{} is neither JPEG nor PNG; convert or remove it", where));
  ImageHeader header;
  const auto problem = format == Format::kJpeg ? read_jpeg_header(bytes, header) : read_png_header(bytes, header);
  if (problem) return usage_error(fmt::format("{} is a damaged {} ({}); get it again or remove it", where, format == Format::kJpeg ? "JPEG" : "PNG", *problem));
  if (header.height < 1 || header.width < 1) return usage_error(fmt::format("{} claims {} x {} pixels; remove it", where, header.height, header.width));
  if (header.height > kLargestImageSide || header.width > kLargestImageSide || header.height * header.width > kLargestImagePixels) {
    return usage_error(fmt::format("{} claims {} x {} pixels; images may have {} a side and {} million in all", where, header.height, header.width,
                                   kLargestImageSide, kLargestImagePixels / 1'000'000));
  }
  return header;
}

Result<Image> decode_image(std::span<const std::byte> bytes, std::string_view where) {
  const auto header = read_image_header(bytes, where);
  if (!header) return header.error();
  Image image{header->height, header->width, {}};
  image.rgb.resize(static_cast<size_t>(image.height * image.width * 3));
  const bool jpeg = format_of(bytes) == Format::kJpeg;
  const auto problem = jpeg ? decode_jpeg(bytes, image.rgb) : decode_png(bytes, image.rgb);
  if (problem) return usage_error(fmt::format("{} is a damaged {} ({}); get it again or remove it", where, jpeg ? "JPEG" : "PNG", *problem));
  return image;
}

}  // namespace trainmark::data

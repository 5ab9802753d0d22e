// PNG by libspng, with limits on sizes and on the chunks that it keeps.
#include <spng.h>

#include <memory>

#include "data/image_codecs.hpp"

namespace trainmark::data {
namespace {

constexpr size_t kLargestChunk = 16 * 1024 * 1024;  // bytes of text, profile and the like; pixels are not limited by it

struct FreeContext {
  void operator()(spng_ctx* context) const { spng_ctx_free(context); }
};
using Context = std::unique_ptr<spng_ctx, FreeContext>;

/// 0, or libspng's error.
int begin(spng_ctx* context, std::span<const std::byte> bytes, spng_ihdr& header) {
  constexpr auto kSide = static_cast<uint32_t>(INT32_MAX);  // ours are checked by the caller, who can say them
  if (const int error = spng_set_image_limits(context, kSide, kSide)) return error;
  if (const int error = spng_set_chunk_limits(context, kLargestChunk, kLargestChunk)) return error;
  if (const int error = spng_set_png_buffer(context, bytes.data(), bytes.size())) return error;
  return spng_get_ihdr(context, &header);
}

}  // namespace

std::optional<std::string> read_png_header(std::span<const std::byte> bytes, ImageHeader& header) {
  const Context context(spng_ctx_new(0));
  if (!context) return "no memory for a decoder";
  spng_ihdr ihdr{};
  if (const int error = begin(context.get(), bytes, ihdr)) return spng_strerror(error);
  header = {ihdr.height, ihdr.width, ihdr.color_type == SPNG_COLOR_TYPE_GRAYSCALE || ihdr.color_type == SPNG_COLOR_TYPE_GRAYSCALE_ALPHA};
  return std::nullopt;
}

std::optional<std::string> decode_png(std::span<const std::byte> bytes, std::span<uint8_t> rgb) {
  const Context context(spng_ctx_new(0));
  if (!context) return "no memory for a decoder";
  spng_ihdr ihdr{};
  if (const int error = begin(context.get(), bytes, ihdr)) return spng_strerror(error);
  size_t size = 0;
  if (const int error = spng_decoded_image_size(context.get(), SPNG_FMT_RGB8, &size)) return spng_strerror(error);
  if (size != rgb.size()) return "its size differs from its header";
  if (const int error = spng_decode_image(context.get(), rgb.data(), rgb.size(), SPNG_FMT_RGB8, 0)) return spng_strerror(error);
  // The pixels may be there and the rest of the file, with its checksum, cut off.
  if (const int error = spng_decode_chunks(context.get())) return spng_strerror(error);
  return std::nullopt;
}

}  // namespace trainmark::data

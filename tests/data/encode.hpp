// Images for tests. PNGs are put together by hand with zlib alone: an encoder that knows nothing of the decoder under
// test, and that can lie in its header. JPEGs come from libjpeg.
#pragma once

#include <zlib.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string>
#include <vector>
// It needs size_t and FILE.
#include <jpeglib.h>

namespace trainmark::data {

inline std::string big_endian(uint32_t value) {
  return {static_cast<char>(value >> 24), static_cast<char>(value >> 16), static_cast<char>(value >> 8), static_cast<char>(value)};
}

inline std::string png_chunk(const std::string& type, const std::string& content) {
  const std::string body = type + content;
  return big_endian(static_cast<uint32_t>(content.size())) + body +
         big_endian(static_cast<uint32_t>(::crc32(0, reinterpret_cast<const Bytef*>(body.data()), static_cast<uInt>(body.size()))));
}

/// 8-bit, (height, width, channels) with 1 grey, 2 grey and alpha, 3 RGB or 4 RGBA channels. The header may say other sides.
inline std::string encode_png(uint32_t height, uint32_t width, int channels, const std::vector<uint8_t>& pixels, uint32_t said_height = 0,
                              uint32_t said_width = 0) {
  static constexpr char kTypes[] = {0, 0, 4, 2, 6};
  std::string rows;
  const size_t row = size_t{width} * static_cast<size_t>(channels);
  for (uint32_t y = 0; y < height; ++y) rows += '\0' + std::string(reinterpret_cast<const char*>(pixels.data()) + y * row, row);
  uLongf size = compressBound(rows.size());
  std::string packed(size, '\0');
  compress(reinterpret_cast<Bytef*>(packed.data()), &size, reinterpret_cast<const Bytef*>(rows.data()), rows.size());
  packed.resize(size);
  const std::string header =
      big_endian(said_width != 0 ? said_width : width) + big_endian(said_height != 0 ? said_height : height) + '\x08' + kTypes[channels] + std::string(3, '\0');
  return "\x89PNG\r\n\x1A\n" + png_chunk("IHDR", header) + png_chunk("IDAT", packed) + png_chunk("IEND", "");
}

/// Quality 100, colours not subsampled. `channels` is 1 or 3.
inline std::string encode_jpeg(int height, int width, int channels, const std::vector<uint8_t>& pixels, bool progressive = false) {
  jpeg_compress_struct jpeg{};
  jpeg_error_mgr errors{};
  jpeg.err = jpeg_std_error(&errors);
  jpeg_create_compress(&jpeg);
  unsigned char* bytes = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&jpeg, &bytes, &size);
  jpeg.image_width = static_cast<JDIMENSION>(width);
  jpeg.image_height = static_cast<JDIMENSION>(height);
  jpeg.input_components = channels;
  jpeg.in_color_space = channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
  jpeg_set_defaults(&jpeg);
  jpeg_set_quality(&jpeg, 100, TRUE);
  for (int c = 0; c < jpeg.num_components; ++c) jpeg.comp_info[c].h_samp_factor = jpeg.comp_info[c].v_samp_factor = 1;
  if (progressive) jpeg_simple_progression(&jpeg);
  jpeg_start_compress(&jpeg, TRUE);
  while (jpeg.next_scanline < jpeg.image_height) {
    JSAMPROW line = const_cast<uint8_t*>(pixels.data()) + size_t{jpeg.next_scanline} * static_cast<size_t>(width * channels);
    jpeg_write_scanlines(&jpeg, &line, 1);
  }
  jpeg_finish_compress(&jpeg);
  jpeg_destroy_compress(&jpeg);
  const std::string text(reinterpret_cast<const char*>(bytes), size);
  std::free(bytes);
  return text;
}

}  // namespace trainmark::data

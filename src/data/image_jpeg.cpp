// JPEG by libjpeg. Its errors leave by longjmp, so the functions that call it hold nothing that has a destructor; all of
// it lives in a struct of the caller.
#include <setjmp.h>

#include <cstddef>
#include <cstdio>
// It needs size_t and FILE.
#include <jpeglib.h>

#include "data/image_codecs.hpp"

namespace trainmark::data {
namespace {

constexpr int kMostScans = 200;                   // of a progressive file: thousands would decode for minutes
constexpr long kMostMemory = 512L * 1024 * 1024;  // bytes libjpeg may take for a progressive file's coefficients

struct Decoder {
  jpeg_decompress_struct jpeg{};
  jpeg_error_mgr errors{};
  jpeg_progress_mgr progress{};
  jmp_buf failed{};
  char message[JMSG_LENGTH_MAX] = "";

  Decoder() {
    jpeg.err = jpeg_std_error(&errors);
    jpeg.client_data = this;
    errors.error_exit = [](j_common_ptr info) {
      auto* self = static_cast<Decoder*>(info->client_data);
      info->err->format_message(info, self->message);
      longjmp(self->failed, 1);
    };
    errors.emit_message = [](j_common_ptr info, int level) {  // level -1: the data are corrupt
      if (level < 0) info->err->error_exit(info);
    };
    errors.output_message = [](j_common_ptr) {};
    progress.progress_monitor = [](j_common_ptr info) {
      auto* self = static_cast<Decoder*>(info->client_data);
      if (self->jpeg.input_scan_number <= kMostScans) return;
      std::snprintf(self->message, sizeof self->message, "it has more than %d scans", kMostScans);
      longjmp(self->failed, 1);
    };
  }
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;
  ~Decoder() { jpeg_destroy_decompress(&jpeg); }
};

/// Reads the header. False: see message.
bool begin(Decoder& decoder, std::span<const std::byte> bytes) {
  if (setjmp(decoder.failed) != 0) return false;
  jpeg_create_decompress(&decoder.jpeg);
  decoder.jpeg.progress = &decoder.progress;
  decoder.jpeg.mem->max_memory_to_use = kMostMemory;
  jpeg_mem_src(&decoder.jpeg, reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<unsigned long>(bytes.size()));
  jpeg_read_header(&decoder.jpeg, TRUE);
  return true;
}

bool decode(Decoder& decoder, std::span<uint8_t> rgb) {
  if (setjmp(decoder.failed) != 0) return false;
  decoder.jpeg.out_color_space = JCS_RGB;
  decoder.jpeg.dct_method = JDCT_ISLOW;
  jpeg_start_decompress(&decoder.jpeg);
  const size_t row = size_t{decoder.jpeg.output_width} * 3;
  if (row * decoder.jpeg.output_height != rgb.size()) {
    std::snprintf(decoder.message, sizeof decoder.message, "its size differs from its header");
    return false;
  }
  while (decoder.jpeg.output_scanline < decoder.jpeg.output_height) {
    JSAMPROW line = rgb.data() + row * decoder.jpeg.output_scanline;
    jpeg_read_scanlines(&decoder.jpeg, &line, 1);
  }
  jpeg_finish_decompress(&decoder.jpeg);
  return true;
}

}  // namespace

std::optional<std::string> read_jpeg_header(std::span<const std::byte> bytes, ImageHeader& header) {
  Decoder decoder;
  if (!begin(decoder, bytes)) return decoder.message;
  header = {decoder.jpeg.image_height, decoder.jpeg.image_width, decoder.jpeg.num_components == 1};
  if (decoder.jpeg.num_components != 1 && decoder.jpeg.num_components != 3) return "its colours are neither grey nor RGB";
  return std::nullopt;
}

std::optional<std::string> decode_jpeg(std::span<const std::byte> bytes, std::span<uint8_t> rgb) {
  Decoder decoder;
  if (!begin(decoder, bytes) || !decode(decoder, rgb)) return decoder.message;
  return std::nullopt;
}

}  // namespace trainmark::data

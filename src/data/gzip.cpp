#include "data/gzip.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <limits>

#include "core/check.hpp"

namespace trainmark::data {
namespace {

constexpr int kGzipOnly = 16 + MAX_WBITS;  // zlib: expect a gzip header and trailer

struct Inflater {
  z_stream stream{};
  Inflater() { CHECK(inflateInit2(&stream, kGzipOnly) == Z_OK, "zlib cannot start"); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  ~Inflater() { inflateEnd(&stream); }
};

}  // namespace

bool is_gzip(std::span<const std::byte> bytes) { return bytes.size() >= 2 && bytes[0] == std::byte{0x1F} && bytes[1] == std::byte{0x8B}; }

core::Result<std::string> gunzip(std::span<const std::byte> bytes, size_t limit, std::string_view where) {
  constexpr size_t kPart = std::numeric_limits<uInt>::max();
  Inflater inflater;
  z_stream& stream = inflater.stream;
  std::string unpacked;
  unpacked.resize(std::min<size_t>(limit, 1 << 16));
  size_t filled = 0;
  int state = Z_OK;
  while (filled < limit) {
    if (filled == unpacked.size()) unpacked.resize(std::min(limit, unpacked.size() * 2));
    if (state == Z_STREAM_END) {  // a gzip file may hold several members one after another
      if (bytes.empty()) break;
      if (!is_gzip(bytes)) return core::usage_error(fmt::format("{} has {} bytes behind the end of its gzip data; get the file again", where, bytes.size()));
      inflateReset(&stream);
    }
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(bytes.data()));
    stream.avail_in = static_cast<uInt>(std::min(bytes.size(), kPart));
    stream.next_out = reinterpret_cast<Bytef*>(unpacked.data() + filled);
    stream.avail_out = static_cast<uInt>(std::min(unpacked.size() - filled, kPart));
    const uInt in = stream.avail_in, out = stream.avail_out;
    state = inflate(&stream, Z_NO_FLUSH);
    bytes = bytes.subspan(in - stream.avail_in);
    filled += out - stream.avail_out;
    if (state == Z_BUF_ERROR || (state == Z_OK && bytes.empty() && stream.avail_out > 0)) {
      return core::usage_error(fmt::format("{} ends in the middle of its gzip data; get the file again", where));
    }
    if (state != Z_OK && state != Z_STREAM_END) {
      return core::usage_error(fmt::format("{} is damaged gzip ({}); get the file again", where, stream.msg == nullptr ? "unknown reason" : stream.msg));
    }
  }
  unpacked.resize(filled);
  return unpacked;
}

}  // namespace trainmark::data

// Every number of a header is checked against the size of the file before it is used.
#include "data/idx.hpp"

#include <fmt/format.h>

#include <limits>
#include <string>

#include "core/check.hpp"
#include "core/hash.hpp"
#include "data/gzip.hpp"

namespace trainmark::data {
namespace {

namespace fs = std::filesystem;
using core::Result;
using core::usage_error;

constexpr uint32_t kImagesMagic = 0x803;  // 8-bit values in three dimensions
constexpr uint32_t kLabelsMagic = 0x801;  // 8-bit values in one dimension

uint32_t big_endian(std::span<const std::byte> bytes, size_t at) {
  uint32_t value = 0;
  for (size_t i = 0; i < 4; ++i) value = value << 8 | std::to_integer<uint32_t>(bytes[at + i]);
  return value;
}

void append_big_endian(std::string& text, uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) text += static_cast<char>(value >> shift & 0xFF);
}

/// What a header says.
struct Header {
  uint64_t count = 0, height = 1, width = 1;
  uint64_t bytes = 0;  // of the whole file
};

Result<Header> parse_header(std::span<const std::byte> bytes, bool images, const std::string& where) {
  const size_t size = images ? kIdxImagesHeader : kIdxLabelsHeader;
  const char* kind = images ? "images" : "labels";
  if (bytes.size() < size)
    return usage_error(fmt::format("{} has {} bytes, fewer than the {} of an IDX header for {}; get the file again", where, bytes.size(), size, kind));
  const uint32_t magic = big_endian(bytes, 0);
  const uint32_t expected = images ? kImagesMagic : kLabelsMagic;
  if (magic != expected) {
    return usage_error(fmt::format("{} begins with {:#010x}, but an IDX file of {} begins with {:#010x}{}", where, magic, kind, expected,
                                   magic == kImagesMagic || magic == kLabelsMagic ? "; images and labels seem to be exchanged" : "; it is no such file"));
  }
  Header header;
  header.count = big_endian(bytes, 4);
  if (images) {
    header.height = big_endian(bytes, 8);
    header.width = big_endian(bytes, 12);
  }
  if (header.count == 0) return usage_error(fmt::format("{} holds no {}", where, kind));
  if (header.height == 0 || header.width == 0)
    return usage_error(fmt::format("{} holds images of {} x {} pixels, which have none", where, header.height, header.width));
  if (header.height > std::numeric_limits<int64_t>::max() / header.width / header.count) {
    return usage_error(fmt::format("{} claims {} images of {} x {} pixels, more than any file can hold", where, header.count, header.height, header.width));
  }
  header.bytes = size + header.count * header.height * header.width;
  return header;
}

/// The path of a raw file with the content of `path`: itself, or the unpacked copy of a gzip file.
Result<fs::path> raw_path(const fs::path& path, bool images, const fs::path& unpack_folder) {
  const auto file = core::MappedFile::open(path);
  if (!file) return file.error();
  if (!is_gzip(file->bytes())) return path;
  const std::string where = fmt::format("the file '{}'", path.string());
  const auto begin = gunzip(file->bytes(), kIdxImagesHeader, where);
  if (!begin) return begin.error();
  const auto header = parse_header(std::as_bytes(std::span(*begin)), images, where);
  if (!header) return header.error();
  const fs::path unpacked = unpack_folder / (core::sha256_hex(file->bytes()) + ".idx");
  std::error_code failure;
  if (fs::file_size(unpacked, failure) == header->bytes && !failure) return unpacked;
  const auto content = gunzip(file->bytes(), header->bytes + 1, where);  // one more shows a file that is too long
  if (!content) return content.error();
  if (content->size() != header->bytes) {
    return usage_error(fmt::format("{} unpacks to {} {} bytes, but its header announces {}; get the file again", where,
                                   content->size() > header->bytes ? "more than" : "only", content->size() > header->bytes ? header->bytes : content->size(),
                                   header->bytes));
  }
  fs::create_directories(unpack_folder, failure);
  if (const auto written = core::write_file(unpacked, std::string_view(*content)); !written) return written.error();
  return unpacked;
}

/// Maps the raw file and checks its header and size; `original` is the path that errors name.
Result<Header> map_raw(const fs::path& raw, const fs::path& original, bool images, core::MappedFile& mapped) {
  auto file = core::MappedFile::open(raw);
  if (!file) return file.error();
  mapped = std::move(*file);
  const std::string where = fmt::format("the file '{}'", original.string());
  auto header = parse_header(mapped.bytes(), images, where);
  if (!header) return header;
  if (mapped.bytes().size() != header->bytes) {
    return usage_error(fmt::format("{} has {} bytes, {} than the {} that its header announces; get the file again", where, mapped.bytes().size(),
                                   mapped.bytes().size() < header->bytes ? "fewer" : "more", header->bytes));
  }
  return header;
}

}  // namespace

Result<Split> open_idx(const fs::path& images, const fs::path& labels, int classes, const fs::path& unpack_folder) {
  CHECK(classes >= 1 && classes <= 256, "8-bit labels have 1 to 256 classes");
  Split split;
  auto images_raw = raw_path(images, true, unpack_folder);
  if (!images_raw) return images_raw.error();
  auto labels_raw = raw_path(labels, false, unpack_folder);
  if (!labels_raw) return labels_raw.error();
  split.images_path = std::move(*images_raw);
  split.labels_path = std::move(*labels_raw);
  const auto image_header = map_raw(split.images_path, images, true, split.images_file);
  if (!image_header) return image_header.error();
  const auto label_header = map_raw(split.labels_path, labels, false, split.labels_file);
  if (!label_header) return label_header.error();
  if (image_header->count != label_header->count) {
    return usage_error(fmt::format("the file '{}' holds {} images, but '{}' holds {} labels; they do not belong together", images.string(), image_header->count,
                                   labels.string(), label_header->count));
  }
  const auto* label_bytes = reinterpret_cast<const uint8_t*>(split.labels_file.bytes().data() + kIdxLabelsHeader);
  for (uint64_t i = 0; i < label_header->count; ++i) {
    if (label_bytes[i] >= classes) {
      return usage_error(
          fmt::format("the file '{}': label {} is {}, but the labels of {} classes are 0 to {}", labels.string(), i, label_bytes[i], classes, classes - 1));
    }
  }
  split.samples.pixels = reinterpret_cast<const uint8_t*>(split.images_file.bytes().data() + kIdxImagesHeader);
  split.samples.labels = label_bytes;
  split.samples.count = static_cast<int64_t>(image_header->count);
  split.samples.shape = {1, static_cast<int64_t>(image_header->height), static_cast<int64_t>(image_header->width)};
  split.samples.classes = classes;
  return split;
}

Result<void> write_idx_images(const fs::path& path, int64_t height, int64_t width, std::span<const uint8_t> pixels) {
  CHECK(height > 0 && width > 0, "images have pixels");
  const auto size = static_cast<size_t>(height * width);
  CHECK(pixels.size() % size == 0, "the pixels make whole images");
  std::string bytes;
  bytes.reserve(kIdxImagesHeader + pixels.size());
  append_big_endian(bytes, kImagesMagic);
  append_big_endian(bytes, static_cast<uint32_t>(pixels.size() / size));
  append_big_endian(bytes, static_cast<uint32_t>(height));
  append_big_endian(bytes, static_cast<uint32_t>(width));
  bytes.append(reinterpret_cast<const char*>(pixels.data()), pixels.size());
  return core::write_file(path, std::string_view(bytes));
}

Result<void> write_idx_labels(const fs::path& path, std::span<const uint8_t> labels) {
  std::string bytes;
  append_big_endian(bytes, kLabelsMagic);
  append_big_endian(bytes, static_cast<uint32_t>(labels.size()));
  bytes.append(reinterpret_cast<const char*>(labels.data()), labels.size());
  return core::write_file(path, std::string_view(bytes));
}

}  // namespace trainmark::data

// Every number of a header is checked against the size of the file before it is used.
#include "data/idx.hpp"

#include <fmt/format.h>

#include <algorithm>
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
constexpr uint32_t kColourMagic = 0x804;  // in four
constexpr uint32_t kLabelsMagic = 0x801;  // 8-bit values in one dimension

uint32_t big_endian(std::span<const std::byte> bytes, size_t at) {
  uint32_t value = 0;
  for (size_t i = 0; i < 4; ++i) value = value << 8 | std::to_integer<uint32_t>(bytes[at + i]);
  return value;
}

void append_big_endian(std::string& text, uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) text += static_cast<char>(value >> shift & 0xFF);
}

/// The path of a raw file with the content of `path`: itself, or the unpacked copy of a gzip file.
Result<fs::path> raw_path(const fs::path& path, IdxKind kind, const fs::path& unpack_folder) {
  const auto file = core::MappedFile::open(path);
  if (!file) return file.error();
  if (!is_gzip(file->bytes())) return path;
  const std::string where = fmt::format("the file '{}'", path.string());
  const auto begin = gunzip(file->bytes(), kIdxColourHeader, where);
  if (!begin) return begin.error();
  const auto header = parse_idx_header(std::as_bytes(std::span(*begin)), kind, where);
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
Result<IdxHeader> map_raw(const fs::path& raw, const fs::path& original, IdxKind kind, core::MappedFile& mapped) {
  auto file = core::MappedFile::open(raw);
  if (!file) return file.error();
  mapped = std::move(*file);
  const std::string where = fmt::format("the file '{}'", original.string());
  auto header = parse_idx_header(mapped.bytes(), kind, where);
  if (!header) return header;
  if (mapped.bytes().size() != header->bytes) {
    return usage_error(fmt::format("{} has {} bytes, {} than the {} that its header announces; get the file again", where, mapped.bytes().size(),
                                   mapped.bytes().size() < header->bytes ? "fewer" : "more", header->bytes));
  }
  return header;
}

}  // namespace

Result<IdxHeader> parse_idx_header(std::span<const std::byte> bytes, IdxKind kind, std::string_view where) {
  const bool images = kind == IdxKind::kImages;
  const char* what = images ? "images" : "labels";
  const uint32_t magic = bytes.size() < 4 ? 0 : big_endian(bytes, 0);
  const bool colour = images && magic == kColourMagic;
  IdxHeader header;
  header.offset = !images ? kIdxLabelsHeader : colour ? kIdxColourHeader : kIdxImagesHeader;
  if (bytes.size() < header.offset) {
    return usage_error(fmt::format("{} has {} bytes, fewer than the {} of an IDX header for {}; get the file again", where, bytes.size(), header.offset, what));
  }
  const uint32_t expected = images ? kImagesMagic : kLabelsMagic;
  if (magic != expected && !colour) {
    return usage_error(fmt::format("{} begins with {:#010x}, but an IDX file of {} begins with {:#010x}{}", where, magic, what, expected,
                                   magic == kImagesMagic || magic == kLabelsMagic ? "; images and labels seem to be exchanged" : "; it is no such file"));
  }
  header.count = big_endian(bytes, 4);
  if (images) header.shape = {colour ? big_endian(bytes, 8) : 1, big_endian(bytes, header.offset - 8), big_endian(bytes, header.offset - 4)};
  if (header.count == 0) return usage_error(fmt::format("{} holds no {}", where, what));
  const std::string size = fmt::format("{}{} x {}", colour ? fmt::format("{} x ", header.shape.channels) : "", header.shape.height, header.shape.width);
  if (header.shape.channels == 0 || header.shape.height == 0 || header.shape.width == 0)
    return usage_error(fmt::format("{} holds images of {} pixels, which have none", where, size));
  header.bytes = header.count;
  for (const int64_t factor : {header.shape.channels, header.shape.height, header.shape.width}) {
    if (header.bytes > std::numeric_limits<int64_t>::max() / 2 / static_cast<uint64_t>(factor))
      return usage_error(fmt::format("{} claims {} images of {} pixels, more than any file can hold", where, header.count, size));
    header.bytes *= static_cast<uint64_t>(factor);
  }
  header.bytes += header.offset;
  return header;
}

Result<Split> open_idx(const fs::path& images, const fs::path& labels, int classes, const fs::path& unpack_folder) {
  CHECK(classes >= 0 && classes <= 256, "8-bit labels have 1 to 256 classes");
  Split split;
  auto images_raw = raw_path(images, IdxKind::kImages, unpack_folder);
  if (!images_raw) return images_raw.error();
  auto labels_raw = raw_path(labels, IdxKind::kLabels, unpack_folder);
  if (!labels_raw) return labels_raw.error();
  split.images_path = std::move(*images_raw);
  split.labels_path = std::move(*labels_raw);
  const auto image_header = map_raw(split.images_path, images, IdxKind::kImages, split.images_file);
  if (!image_header) return image_header.error();
  const auto label_header = map_raw(split.labels_path, labels, IdxKind::kLabels, split.labels_file);
  if (!label_header) return label_header.error();
  if (image_header->count != label_header->count) {
    return usage_error(fmt::format("the file '{}' holds {} images, but '{}' holds {} labels; they do not belong together", images.string(), image_header->count,
                                   labels.string(), label_header->count));
  }
  const auto* label_bytes = reinterpret_cast<const uint8_t*>(split.labels_file.bytes().data() + kIdxLabelsHeader);
  if (classes == 0) classes = 1 + *std::max_element(label_bytes, label_bytes + label_header->count);
  for (uint64_t i = 0; i < label_header->count; ++i) {
    if (label_bytes[i] >= classes) {
      return usage_error(
          fmt::format("the file '{}': label {} is {}, but the labels of {} classes are 0 to {}", labels.string(), i, label_bytes[i], classes, classes - 1));
    }
  }
  split.samples.pixels = reinterpret_cast<const uint8_t*>(split.images_file.bytes().data() + image_header->offset);
  split.samples.labels = label_bytes;
  split.samples.count = static_cast<int64_t>(image_header->count);
  split.samples.shape = image_header->shape;
  split.samples.classes = classes;
  return split;
}

std::string idx_images_header(int64_t count, const Shape3& shape) {
  std::string bytes;
  append_big_endian(bytes, shape.channels == 1 ? kImagesMagic : kColourMagic);
  append_big_endian(bytes, static_cast<uint32_t>(count));
  if (shape.channels != 1) append_big_endian(bytes, static_cast<uint32_t>(shape.channels));
  append_big_endian(bytes, static_cast<uint32_t>(shape.height));
  append_big_endian(bytes, static_cast<uint32_t>(shape.width));
  return bytes;
}

Result<void> write_idx_images(const fs::path& path, const Shape3& shape, std::span<const uint8_t> pixels) {
  CHECK(shape.channels > 0 && shape.height > 0 && shape.width > 0, "images have pixels");
  const auto size = static_cast<size_t>(shape.size());
  CHECK(pixels.size() % size == 0, "the pixels make whole images");
  std::string bytes = idx_images_header(static_cast<int64_t>(pixels.size() / size), shape);
  bytes.append(reinterpret_cast<const char*>(pixels.data()), pixels.size());
  return core::write_file(path, std::string_view(bytes));
}

Result<void> write_idx_images(const fs::path& path, int64_t height, int64_t width, std::span<const uint8_t> pixels) {
  return write_idx_images(path, Shape3{1, height, width}, pixels);
}

Result<void> write_idx_labels(const fs::path& path, std::span<const uint8_t> labels) {
  std::string bytes;
  append_big_endian(bytes, kLabelsMagic);
  append_big_endian(bytes, static_cast<uint32_t>(labels.size()));
  bytes.append(reinterpret_cast<const char*>(labels.data()), labels.size());
  return core::write_file(path, std::string_view(bytes));
}

}  // namespace trainmark::data

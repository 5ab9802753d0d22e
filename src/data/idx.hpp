// IDX, the file format of MNIST: a big-endian header, then 8-bit values. Read raw or gzip, written raw.
//
// Images have three dimensions (count, height, width) when grey, four (count, channels, height, width) otherwise.
// Raw files are mapped, not read: the pages are shared by all workers and count as RssFile, not as anybody's memory. A
// gzip file is unpacked once into the cache folder, under the hash of its content, and that raw file is mapped.
// Source of the format: Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits", file formats.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "core/file.hpp"
#include "core/result.hpp"
#include "data/samples.hpp"

namespace trainmark::data {

constexpr size_t kIdxImagesHeader = 16;  ///< bytes before the pixels of grey images: magic, count, height, width
constexpr size_t kIdxColourHeader = 20;  ///< bytes before the pixels of others: magic, count, channels, height, width
constexpr size_t kIdxLabelsHeader = 8;   ///< bytes before the labels: magic, count

enum class IdxKind { kImages, kLabels };

/// What the header of an IDX file says.
struct IdxHeader {
  uint64_t count = 0;     ///< images or labels, at least 1
  Shape3 shape{1, 1, 1};  ///< of one image; of labels 1 x 1 x 1
  size_t offset = 0;      ///< bytes before the values
  uint64_t bytes = 0;     ///< of the whole file
};

/// Reads the header at the begin of `bytes`. Usage errors begin with `where`: too short, wrong magic number, nothing in
/// it, more than a file can hold.
core::Result<IdxHeader> parse_idx_header(std::span<const std::byte> bytes, IdxKind kind, std::string_view where);

/// The samples of one split and the raw IDX files that hold them, mapped for as long as the object lives.
struct Split {
  std::filesystem::path images_path;  ///< raw IDX: pixels begin behind its header
  std::filesystem::path labels_path;  ///< raw IDX: labels begin at byte kIdxLabelsHeader
  core::MappedFile images_file, labels_file;
  SamplesView samples;  ///< into the mapped files
};

/// Opens two IDX files, raw or gzip; gzip is unpacked below `unpack_folder`. Labels are in [0, classes); with `classes` 0
/// any label goes and the samples have one class more than the largest. Usage errors that name the file: not readable,
/// wrong magic number, truncated, too long, no images, images without pixels, counts that differ, a label out of range,
/// damaged gzip.
core::Result<Split> open_idx(const std::filesystem::path& images, const std::filesystem::path& labels, int classes, const std::filesystem::path& unpack_folder);

/// The bytes before the pixels of `count` images.
std::string idx_images_header(int64_t count, const Shape3& shape);

/// Writes whole images, (count, channels, height, width), atomically.
core::Result<void> write_idx_images(const std::filesystem::path& path, const Shape3& shape, std::span<const uint8_t> pixels);
/// Writes grey images, (count, height, width), atomically.
core::Result<void> write_idx_images(const std::filesystem::path& path, int64_t height, int64_t width, std::span<const uint8_t> pixels);
/// Writes labels atomically.
core::Result<void> write_idx_labels(const std::filesystem::path& path, std::span<const uint8_t> labels);

}  // namespace trainmark::data

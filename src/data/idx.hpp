// IDX, the file format of MNIST: a big-endian header, then 8-bit values. Read raw or gzip, written raw.
//
// Raw files are mapped, not read: the pages are shared by all workers and count as RssFile, not as anybody's memory. A
// gzip file is unpacked once into the cache folder, under the hash of its content, and that raw file is mapped.
// Source of the format: Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits", file formats.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>

#include "core/file.hpp"
#include "core/result.hpp"
#include "data/samples.hpp"

namespace trainmark::data {

constexpr size_t kIdxImagesHeader = 16;  ///< bytes before the pixels: magic, count, height, width
constexpr size_t kIdxLabelsHeader = 8;   ///< bytes before the labels: magic, count

/// The samples of one split and the raw IDX files that hold them, mapped for as long as the object lives.
struct Split {
  std::filesystem::path images_path;  ///< raw IDX: pixels begin at byte kIdxImagesHeader
  std::filesystem::path labels_path;  ///< raw IDX: labels begin at byte kIdxLabelsHeader
  core::MappedFile images_file, labels_file;
  SamplesView samples;  ///< into the mapped files
};

/// Opens two IDX files, raw or gzip; gzip is unpacked below `unpack_folder`. Usage errors that name the file: not
/// readable, wrong magic number, truncated, too long, no images, images without pixels, counts that differ, a label that
/// is not in [0, classes), damaged gzip.
core::Result<Split> open_idx(const std::filesystem::path& images, const std::filesystem::path& labels, int classes, const std::filesystem::path& unpack_folder);

/// Writes `count` grey images, (count, height, width), atomically.
core::Result<void> write_idx_images(const std::filesystem::path& path, int64_t height, int64_t width, std::span<const uint8_t> pixels);
/// Writes labels atomically.
core::Result<void> write_idx_labels(const std::filesystem::path& path, std::span<const uint8_t> labels);

}  // namespace trainmark::data

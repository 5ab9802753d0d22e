// CIFAR-10's binary version: files of records of one label byte and 3 x 32 x 32 pixel bytes (red, green, blue planes).
//
// Source of the format: A. Krizhevsky, "The CIFAR-10 dataset", https://www.cs.toronto.edu/~kriz/cifar.html.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string_view>

#include "core/result.hpp"
#include "data/dataset.hpp"
#include "data/dataset_name.hpp"
#include "data/import_cache.hpp"

namespace trainmark::data {

constexpr Shape3 kCifarShape{3, 32, 32};
constexpr int kCifarClasses = 10;

/// Appends the records of one file to `samples`. Usage errors begin with `where`: empty, no whole number of records, a
/// label above 9. A pure function.
core::Result<void> parse_cifar(std::span<const std::byte> bytes, std::string_view where, OwnedSamples& samples);

/// The folder of data_batch_1.bin, data_batch_2.bin ... (as many as there are) and test_batch.bin, converted to IDX in the
/// cache folder; the files may also lie in cifar-10-batches-bin/ below it, as in the published archive.
core::Result<Dataset> load_cifar(const std::filesystem::path& folder, std::string_view name);

/// Why `folder` cannot be loaded, or nothing: looks for the files only.
core::Result<void> find_cifar(const std::filesystem::path& folder);

}  // namespace trainmark::data

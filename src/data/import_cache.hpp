// Data sets converted from other formats, as IDX files in the cache folder: imported/KEY/.
//
// KEY is a hash of whatever the content depends on (bytes of the source, options, version of the conversion), so a source
// that changed is converted again and a stale folder is never used. A folder appears under its final name by one rename
// when it is complete; of several processes that make it at once the first wins. about.json holds the content's SHA-256,
// which is compared at every load.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/file.hpp"
#include "core/result.hpp"
#include "data/dataset.hpp"

namespace trainmark::data {

constexpr std::string_view kImportedFolder = "imported";  ///< below the cache folder

/// The files of an imported folder.
struct ImportedFiles {
  explicit ImportedFiles(const std::filesystem::path& folder)
      : train_images(folder / "train-images"),
        train_labels(folder / "train-labels"),
        test_images(folder / "test-images"),
        test_labels(folder / "test-labels"),
        about(folder / "about.json") {}
  std::filesystem::path train_images, train_labels, test_images, test_labels;  ///< raw IDX
  std::filesystem::path about;                                                 ///< {"classes": [names], "sha256": dataset_sha256, "source": text}
};

/// Samples of one split in memory.
struct OwnedSamples {
  std::vector<uint8_t> pixels;  ///< (count, channels, height, width)
  std::vector<uint8_t> labels;  ///< (count)
};

/// Writes the four IDX files of ImportedFiles.
core::Result<void> write_imported(const std::filesystem::path& folder, const Shape3& shape, const OwnedSamples& train, const OwnedSamples& test);

/// Moves the samples that are marked in `held_out` from `all` to the second of the pair; both keep their order.
std::pair<OwnedSamples, OwnedSamples> split_samples(const OwnedSamples& all, const Shape3& shape, const std::vector<bool>& held_out);

/// The names of `count` classes that have none: "0", "1" ...
std::vector<std::string> numbered_classes(int count);

/// Writes the IDX files into a folder and yields the names of the classes.
using MakeImport = std::function<core::Result<std::vector<std::string>>(const std::filesystem::path& folder)>;

/// The set `key` (hexadecimal digits), converted by `make` when the cache lacks it. `source` is said in about.json. Name,
/// version and provenance of the data set are the caller's to fill in. Errors: those of `make`; a folder that cannot be
/// written; content that is not what was written (the sentence says what to remove).
core::Result<Dataset> load_imported(std::string_view key, std::string_view source, const MakeImport& make);

/// Opens an imported folder and compares its content with about.json.
core::Result<Dataset> open_imported(const std::filesystem::path& folder);

/// Renames a finished temporary folder to `folder`, readable for all. It is no error when another process was faster.
core::Result<void> publish_folder(const core::TemporaryFolder& made, const std::filesystem::path& folder);

}  // namespace trainmark::data

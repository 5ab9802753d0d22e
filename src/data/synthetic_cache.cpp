#include "data/synthetic_cache.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/affinity.hpp"
#include "core/file.hpp"
#include "data/import_cache.hpp"
#include "data/synthetic_digits.hpp"

namespace trainmark::data {
namespace {

namespace fs = std::filesystem;
using core::Result;
using core::tool_error;

constexpr int kMaxThreads = 8;  // the set is made in a second or two; more threads start slower than they draw

Result<void> write_split(const fs::path& folder, SyntheticSplit split, const char* stem, int threads) {
  const int64_t count = split == SyntheticSplit::kTrain ? kSyntheticTrain : kSyntheticTest;
  const SyntheticSamples samples = make_synthetic(split, count, threads);
  if (auto written = write_idx_images(folder / fmt::format("{}-images-idx3-ubyte", stem), kDigitSide, kDigitSide, samples.pixels); !written) return written;
  return write_idx_labels(folder / fmt::format("{}-labels-idx1-ubyte", stem), samples.labels);
}

/// Opens the four files of a folder. They are never packed.
Result<Dataset> open_folder(const fs::path& folder) {
  Dataset dataset;
  auto train = open_idx(folder / "train-images-idx3-ubyte", folder / "train-labels-idx1-ubyte", 10, folder);
  if (!train) return train.error();
  auto test = open_idx(folder / "t10k-images-idx3-ubyte", folder / "t10k-labels-idx1-ubyte", 10, folder);
  if (!test) return test.error();
  dataset.name = "synthetic-digits";
  dataset.version = std::string(kSyntheticVersion);
  dataset.sha256 = dataset_sha256(*train, *test);
  dataset.provenance = "synthetic: drawn by trainmark from pen strokes, the same to the bit on every machine; no handwriting of people";
  dataset.synthetic = true;
  dataset.train = std::move(*train);
  dataset.test = std::move(*test);
  return dataset;
}

Result<void> make_folder(const fs::path& cache, const fs::path& folder) {
  const auto part = core::TemporaryFolder::make(cache, folder.filename().string() + ".part");
  if (!part) return part.error();
  const int threads = std::clamp(static_cast<int>(core::allowed_cpus().size()), 1, kMaxThreads);
  if (auto written = write_split(part->path(), SyntheticSplit::kTrain, "train", threads); !written) return written;
  if (auto written = write_split(part->path(), SyntheticSplit::kTest, "t10k", threads); !written) return written;
  const auto made = open_folder(part->path());
  if (!made) return made.error();
  if (made->sha256 != kSyntheticSha256) {
    return tool_error(
        fmt::format("this build of trainmark draws other synthetic digits (SHA-256 {}) than it should ({}); results on them could not be compared; please "
                    "report the compiler",
                    made->sha256, kSyntheticSha256));
  }
  return publish_folder(*part, folder);
}

}  // namespace

Result<Dataset> load_synthetic(const fs::path& cache) {
  const fs::path folder = cache / fmt::format("synthetic-digits-{}", kSyntheticVersion);
  std::error_code ignored;
  if (!fs::exists(folder, ignored)) {
    if (auto made = make_folder(cache, folder); !made) return made.error();
  }
  auto dataset = open_folder(folder);
  const std::string remedy = fmt::format("remove the folder '{}', and it is made again", folder.string());
  if (!dataset) return core::Error{dataset.error().kind, fmt::format("{}; {}", dataset.error().message, remedy)};
  if (dataset->sha256 != kSyntheticSha256)
    return core::usage_error(fmt::format("the synthetic digits in '{}' are damaged (their SHA-256 is not the expected one); {}", folder.string(), remedy));
  return dataset;
}

}  // namespace trainmark::data

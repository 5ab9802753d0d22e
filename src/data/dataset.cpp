// The list of data sets and `mnist`; `synthetic-digits` has a file of its own (synthetic_cache.cpp).
#include "data/dataset.hpp"

#include <fmt/format.h>

#include <array>

#include "core/check.hpp"
#include "core/file.hpp"
#include "core/hash.hpp"
#include "core/suggest.hpp"
#include "data/synthetic_cache.hpp"
#include "data/synthetic_digits.hpp"

namespace trainmark::data {
namespace {

namespace fs = std::filesystem;
using core::Result;
using core::usage_error;

constexpr int kDigitClasses = 10;

// The content that has been published since 1998; the hash is that of dataset_sha256.
constexpr std::string_view kMnistSha256 = "c65580678af93f1ea48c2c0d01d543ec89307c6b8a0eb7ca542d7c18c5f4c681";

struct MnistFiles {
  fs::path train_images, train_labels, test_images, test_labels;
};

/// The file of that name in `folder`: raw or gzip, with the first dash of "-idx" also written as a dot.
std::optional<fs::path> find_file(const fs::path& folder, std::string_view stem, std::string_view ending) {
  for (const char* separator : {"-", "."}) {
    for (const char* packing : {"", ".gz"}) {
      fs::path path = folder / fmt::format("{}{}{}{}", stem, separator, ending, packing);
      std::error_code ignored;
      if (fs::is_regular_file(path, ignored)) return path;
    }
  }
  return std::nullopt;
}

Result<fs::path> mnist_folder(const std::optional<fs::path>& data_dir) {
  if (data_dir) return *data_dir;
  const auto cache = core::cache_folder();
  if (!cache) return cache.error();
  return *cache / "mnist";
}

Result<MnistFiles> find_mnist(const fs::path& folder) {
  MnistFiles files;
  const std::array<std::tuple<const char*, const char*, fs::path*>, 4> wanted = {{{"train-images", "idx3-ubyte", &files.train_images},
                                                                                  {"train-labels", "idx1-ubyte", &files.train_labels},
                                                                                  {"t10k-images", "idx3-ubyte", &files.test_images},
                                                                                  {"t10k-labels", "idx1-ubyte", &files.test_labels}}};
  for (const auto& [stem, ending, place] : wanted) {
    auto found = find_file(folder, stem, ending);
    if (!found) {
      return usage_error(fmt::format(
          "the data set mnist needs the file '{0}-{1}' or '{0}-{1}.gz' in the folder '{2}', which does not have it; put the four files of MNIST there or name "
          "their folder with --data DIR (synthetic-digits needs no files)",
          stem, ending, folder.string()));
    }
    *place = std::move(*found);
  }
  return files;
}

Result<Dataset> load_mnist(const std::optional<fs::path>& data_dir) {
  const auto folder = mnist_folder(data_dir);
  if (!folder) return folder.error();
  const auto files = find_mnist(*folder);
  if (!files) return files.error();
  const auto cache = core::cache_folder();
  if (!cache) return cache.error();
  Dataset dataset;
  auto train = open_idx(files->train_images, files->train_labels, kDigitClasses, *cache / "unpacked");
  if (!train) return train.error();
  auto test = open_idx(files->test_images, files->test_labels, kDigitClasses, *cache / "unpacked");
  if (!test) return test.error();
  if (train->samples.shape != test->samples.shape) {
    return usage_error(
        fmt::format("the training images in '{}' have {} x {} pixels, but the test images in '{}' have {} x {}; both splits of a data set need one size",
                    files->train_images.string(), train->samples.shape.height, train->samples.shape.width, files->test_images.string(),
                    test->samples.shape.height, test->samples.shape.width));
  }
  dataset.name = "mnist";
  dataset.sha256 = dataset_sha256(*train, *test);
  const bool published = dataset.sha256 == kMnistSha256;
  dataset.version = published ? "1998" : "other";
  dataset.provenance = published ? "MNIST as published by Y. LeCun, C. Cortes and C. Burges, 1998 (content verified by its SHA-256)"
                                 : "files named like those of MNIST whose content is not that of MNIST";
  dataset.train = std::move(*train);
  dataset.test = std::move(*test);
  return dataset;
}

}  // namespace

std::vector<DatasetInfo> known_datasets(const std::optional<fs::path>& data_dir) {
  const Shape3 digit{1, kDigitSide, kDigitSide};
  DatasetInfo mnist{"mnist", "handwritten digits, grey (Y. LeCun, C. Cortes, C. Burges, 1998)", digit, kDigitClasses, 60'000, 10'000, false, ""};
  const auto folder = mnist_folder(data_dir);
  const auto files = folder ? find_mnist(*folder) : Result<MnistFiles>(folder.error());
  mnist.available = files.ok();
  if (!files) mnist.unavailable = files.error().message;
  DatasetInfo synthetic{"synthetic-digits",
                        "synthetic: digits drawn by trainmark from pen strokes, grey, made on the machine at first use",
                        digit,
                        kDigitClasses,
                        kSyntheticTrain,
                        kSyntheticTest,
                        false,
                        ""};
  const auto cache = core::cache_folder();
  synthetic.available = cache.ok();
  if (!cache) synthetic.unavailable = cache.error().message;
  return {std::move(mnist), std::move(synthetic)};
}

Result<Dataset> load_dataset(std::string_view name, const std::optional<fs::path>& data_dir) {
  if (name == "mnist") return load_mnist(data_dir);
  if (name == "synthetic-digits") {
    const auto cache = core::cache_folder();
    if (!cache) return cache.error();
    return load_synthetic(*cache);
  }
  return usage_error(
      fmt::format("there is no data set '{}'{}; known are mnist and synthetic-digits", name, core::did_you_mean(name, {"mnist", "synthetic-digits"})));
}

std::string dataset_sha256(const Split& train, const Split& test) {
  std::string sums;
  for (const core::MappedFile* file : {&train.images_file, &train.labels_file, &test.images_file, &test.labels_file}) sums += core::sha256_hex(file->bytes());
  return core::sha256_hex(sums);
}

SamplesView samples_range(const SamplesView& samples, int64_t first, int64_t count) {
  CHECK(first >= 0 && count >= 0 && count <= samples.count - first, "the range of samples is within the split");
  SamplesView range = samples;
  range.pixels += first * samples.shape.size();
  range.labels += first;
  range.count = count;
  return range;
}

}  // namespace trainmark::data

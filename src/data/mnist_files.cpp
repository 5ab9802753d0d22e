#include "data/mnist_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <tuple>

#include "core/file.hpp"
#include "core/hash.hpp"
#include "data/sources.hpp"

namespace trainmark::data {
namespace {

namespace fs = std::filesystem;
using core::Result;
using core::usage_error;

constexpr int kClasses = 10;

// The content that has been published since 1998; the hash is that of dataset_sha256.
constexpr std::string_view kMnistSha256 = "c65580678af93f1ea48c2c0d01d543ec89307c6b8a0eb7ca542d7c18c5f4c681";

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

/// Whether every file is, byte for byte, the one that is distributed.
bool are_distributed(const FourFiles& files, std::string_view dataset) {
  const auto source = find_source(dataset);
  if (!source) return false;
  for (const fs::path& path : {files.train_images, files.train_labels, files.test_images, files.test_labels}) {
    const auto known = std::find_if((*source)->files.begin(), (*source)->files.end(), [&](const SourceFile& f) { return f.name == path.filename(); });
    const auto file = core::MappedFile::open(path);
    if (known == (*source)->files.end() || !file || core::sha256_hex(file->bytes()) != known->sha256) return false;
  }
  return true;
}

}  // namespace

Result<FourFiles> find_mnist(std::string_view dataset, const fs::path& folder) {
  FourFiles files;
  const std::array<std::tuple<const char*, const char*, fs::path*>, 4> wanted = {{{"train-images", "idx3-ubyte", &files.train_images},
                                                                                  {"train-labels", "idx1-ubyte", &files.train_labels},
                                                                                  {"t10k-images", "idx3-ubyte", &files.test_images},
                                                                                  {"t10k-labels", "idx1-ubyte", &files.test_labels}}};
  for (const auto& [stem, ending, place] : wanted) {
    auto found = find_file(folder, stem, ending);
    if (!found) {
      return usage_error(
          fmt::format("the data set {0} needs the file '{1}-{2}' or '{1}-{2}.gz' in the folder '{3}', which does not have it; 'trainmark data fetch {0}' gets "
                      "the four files, or name their folder with --data DIR (synthetic-digits needs no files)",
                      dataset, stem, ending, folder.string()));
    }
    *place = std::move(*found);
  }
  return files;
}

Result<Dataset> open_four_files(const FourFiles& files, int classes) {
  const auto cache = core::cache_folder();
  if (!cache) return cache.error();
  auto train = open_idx(files.train_images, files.train_labels, classes, *cache / "unpacked");
  if (!train) return train.error();
  auto test = open_idx(files.test_images, files.test_labels, classes, *cache / "unpacked");
  if (!test) return test.error();
  if (train->samples.shape != test->samples.shape) {
    return usage_error(
        fmt::format("the training images in '{}' have {} x {} pixels, but the test images in '{}' have {} x {}; both splits of a data set need one size",
                    files.train_images.string(), train->samples.shape.height, train->samples.shape.width, files.test_images.string(),
                    test->samples.shape.height, test->samples.shape.width));
  }
  train->samples.classes = test->samples.classes = std::max(train->samples.classes, test->samples.classes);
  Dataset dataset;
  dataset.sha256 = dataset_sha256(*train, *test);
  dataset.train = std::move(*train);
  dataset.test = std::move(*test);
  return dataset;
}

Result<Dataset> load_mnist(std::string_view name, const fs::path& folder) {
  const auto files = find_mnist(name, folder);
  if (!files) return files.error();
  auto dataset = open_four_files(*files, kClasses);
  if (!dataset) return dataset;
  dataset->name = name;
  const bool mnist = name == "mnist";
  const bool published = mnist ? dataset->sha256 == kMnistSha256 : are_distributed(*files, name);
  dataset->version = !published ? "other" : mnist ? "1998" : "2017";
  if (!published) {
    dataset->provenance = mnist ? "files named like those of MNIST whose content is not that of MNIST"
                                : "files named like those of Fashion-MNIST that are not, byte for byte, those of its distribution";
  } else {
    dataset->provenance = mnist ? "MNIST as published by Y. LeCun, C. Cortes and C. Burges, 1998 (content verified by its SHA-256)"
                                : "Fashion-MNIST as published by H. Xiao, K. Rasul and R. Vollgraf, 2017 (files verified by their SHA-256)";
  }
  return dataset;
}

}  // namespace trainmark::data

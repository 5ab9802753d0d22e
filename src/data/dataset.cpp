// Dispatch by name; each kind of data set has a file of its own.
#include "data/dataset.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/check.hpp"
#include "core/file.hpp"
#include "core/hash.hpp"
#include "core/suggest.hpp"
#include "data/cifar.hpp"
#include "data/csv_dataset.hpp"
#include "data/dataset_name.hpp"
#include "data/idx_folder.hpp"
#include "data/image_folder.hpp"
#include "data/mnist_files.hpp"
#include "data/synthetic_cache.hpp"
#include "data/synthetic_digits.hpp"

namespace trainmark::data {
namespace {

namespace fs = std::filesystem;
using core::Result;
using core::usage_error;

constexpr int kDigitClasses = 10;
constexpr const char* kFromFiles = "csv:FILE, idx:DIR, folder:DIR, cifar:DIR";

/// The folder of a data set that is fetched: the user's, else its own in the cache folder.
Result<fs::path> folder_of(std::string_view name, const std::optional<fs::path>& data_dir) {
  if (data_dir) return *data_dir;
  const auto cache = core::cache_folder();
  if (!cache) return cache.error();
  return *cache / name;
}

Result<Dataset> load_from_files(const DatasetName& name) {
  if (name.kind == "csv") return load_csv(name);
  if (name.kind == "idx") return load_idx_folder(name);
  if (name.kind == "folder") return load_image_folder(name);
  if (name.kind == "cifar") {
    if (auto good = check_options(name, {}); !good) return good.error();
    return load_cifar(name.path, name.title());
  }
  return usage_error(fmt::format("the data set '{}' is of no known kind{}; data sets in files are {}", name.text,
                                 core::did_you_mean(name.kind, {"csv", "idx", "folder", "cifar"}), kFromFiles));
}

}  // namespace

std::vector<DatasetInfo> known_datasets(const std::optional<fs::path>& data_dir) {
  const Shape3 digit{1, kDigitSide, kDigitSide};
  std::vector<DatasetInfo> list = {
      {"mnist", "handwritten digits, grey (Y. LeCun, C. Cortes, C. Burges, 1998)", digit, kDigitClasses, 60'000, 10'000, false, ""},
      {"fashion-mnist", "pictures of clothes, grey (H. Xiao, K. Rasul, R. Vollgraf, 2017)", digit, kDigitClasses, 60'000, 10'000, false, ""},
      {"cifar-10", "photographs of animals and vehicles, colour (A. Krizhevsky, 2009)", kCifarShape, kCifarClasses, 50'000, 10'000, false, ""},
      {"synthetic-digits", "synthetic: digits drawn by trainmark from pen strokes, grey, made on the machine at first use", digit, kDigitClasses,
       kSyntheticTrain, kSyntheticTest, false, ""}};
  for (DatasetInfo& info : list) {
    const auto folder = folder_of(info.name, info.name == "synthetic-digits" ? std::nullopt : data_dir);
    Result<void> found = folder ? Result<void>() : folder.error();
    if (folder && info.name == "cifar-10") found = find_cifar(*folder);
    if (folder && (info.name == "mnist" || info.name == "fashion-mnist")) {
      if (const auto files = find_mnist(info.name, *folder); !files) found = files.error();
    }
    info.available = found.ok();
    if (!found) info.unavailable = found.error().message;
  }
  return list;
}

Result<Dataset> load_dataset(std::string_view name, const std::optional<fs::path>& data_dir) {
  if (name.find(':') != std::string_view::npos) {
    const auto parsed = parse_dataset_name(name);
    if (!parsed) return parsed.error();
    return load_from_files(*parsed);
  }
  const auto folder = folder_of(name, data_dir);
  if (!folder) return folder.error();
  if (name == "mnist" || name == "fashion-mnist") return load_mnist(name, *folder);
  if (name == "cifar-10") return load_cifar(*folder, name);
  if (name == "synthetic-digits") {
    const auto cache = core::cache_folder();
    if (!cache) return cache.error();
    return load_synthetic(*cache);
  }
  const std::vector<std::string> known = {"mnist", "fashion-mnist", "cifar-10", "synthetic-digits"};
  return usage_error(
      fmt::format("there is no data set '{}'{}; known are {}, and from files {}", name, core::did_you_mean(name, known), fmt::join(known, ", "), kFromFiles));
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

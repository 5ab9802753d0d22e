#include "data/cifar.hpp"

#include <fmt/format.h>

#include <sstream>

#include "core/hash.hpp"

namespace trainmark::data {
namespace {

namespace fs = std::filesystem;
using core::Result;
using core::usage_error;

constexpr int kConversion = 1;  // raised when the same files would become other samples
constexpr size_t kImage = static_cast<size_t>(3 * 32 * 32);
constexpr size_t kRecord = 1 + kImage;

struct CifarFiles {
  std::vector<fs::path> train;
  fs::path test, names;
};

Result<CifarFiles> find_files(const fs::path& where) {
  std::error_code ignored;
  const fs::path below = where / "cifar-10-batches-bin";
  const fs::path folder = fs::is_directory(below, ignored) ? below : where;
  CifarFiles files{{}, folder / "test_batch.bin", folder / "batches.meta.txt"};
  for (int i = 1; fs::is_regular_file(folder / fmt::format("data_batch_{}.bin", i), ignored); ++i) {
    files.train.push_back(folder / fmt::format("data_batch_{}.bin", i));
  }
  const char* missing = files.train.empty() ? "data_batch_1.bin" : fs::is_regular_file(files.test, ignored) ? nullptr : "test_batch.bin";
  if (missing == nullptr) return files;
  return usage_error(
      fmt::format("the binary version of CIFAR-10 needs the file '{}' in the folder '{}', which does not have it; 'trainmark data fetch cifar-10' gets it, or "
                  "name the folder "
                  "of data_batch_1.bin to data_batch_5.bin and test_batch.bin with --data DIR",
                  missing, folder.string()));
}

/// The names of the classes in batches.meta.txt, or numbers where there is no such list of ten.
std::vector<std::string> read_names(const fs::path& path) {
  std::vector<std::string> names;
  const auto text = core::read_file(path);
  std::istringstream lines(text ? *text : "");
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (!line.empty()) names.push_back(line);
  }
  return names.size() == kCifarClasses ? names : numbered_classes(kCifarClasses);
}

Result<OwnedSamples> read_batches(const std::vector<fs::path>& paths) {
  OwnedSamples samples;
  for (const fs::path& path : paths) {
    const auto file = core::MappedFile::open(path);
    if (!file) return file.error();
    if (auto parsed = parse_cifar(file->bytes(), fmt::format("the file '{}'", path.string()), samples); !parsed) return parsed.error();
  }
  return samples;
}

Result<std::string> content_key(const CifarFiles& files) {
  std::string content = fmt::format("cifar {}\n", kConversion);
  std::vector<fs::path> all = files.train;
  all.push_back(files.test);
  std::error_code ignored;
  if (fs::is_regular_file(files.names, ignored)) all.push_back(files.names);
  for (const fs::path& path : all) {
    const auto file = core::MappedFile::open(path);
    if (!file) return file.error();
    content += fmt::format("{} {}\n", path.filename().string(), core::sha256_hex(file->bytes()));
  }
  return core::sha256_hex(content).substr(0, 32);
}

}  // namespace

Result<void> parse_cifar(std::span<const std::byte> bytes, std::string_view where, OwnedSamples& samples) {
  if (bytes.empty() || bytes.size() % kRecord != 0) {
    return usage_error(fmt::format("{} has {} bytes, but CIFAR-10's binary version has {} for every image, a label and 3 x 32 x 32 pixels; get the file again",
                                   where, bytes.size(), kRecord));
  }
  for (size_t record = 0; record < bytes.size() / kRecord; ++record) {
    const auto* values = reinterpret_cast<const uint8_t*>(bytes.data()) + record * kRecord;
    if (values[0] >= kCifarClasses)
      return usage_error(fmt::format("{}: the label of image {} is {}, but those of CIFAR-10 are 0 to 9; is it another set?", where, record, values[0]));
    samples.labels.push_back(values[0]);
    samples.pixels.insert(samples.pixels.end(), values + 1, values + kRecord);
  }
  return {};
}

Result<void> find_cifar(const fs::path& folder) {
  const auto files = find_files(folder);
  return files ? Result<void>() : files.error();
}

Result<Dataset> load_cifar(const fs::path& folder, std::string_view name) {
  const auto files = find_files(folder);
  if (!files) return files.error();
  const auto key = content_key(*files);
  if (!key) return key.error();
  auto dataset = load_imported(*key, "cifar", [&](const fs::path& into) -> Result<std::vector<std::string>> {
    const auto train = read_batches(files->train);
    if (!train) return train.error();
    const auto test = read_batches({files->test});
    if (!test) return test.error();
    if (auto written = write_imported(into, kCifarShape, *train, *test); !written) return written.error();
    return read_names(files->names);
  });
  if (!dataset) return dataset.error();
  dataset->name = name;
  dataset->provenance = "files in the form of CIFAR-10's binary version (A. Krizhevsky, 2009)";
  return dataset;
}

}  // namespace trainmark::data

#include "data/idx_folder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace trainmark::data {
namespace {

namespace fs = std::filesystem;
using core::Result;
using core::usage_error;

bool has(std::string_view name, std::string_view word) { return name.find(word) != std::string_view::npos; }

std::string without_gz(const std::string& name) { return name.ends_with(".gz") ? name.substr(0, name.size() - 3) : name; }

/// Where the file of that name belongs: 0 training images, 1 training labels, 2 test images, 3 test labels; -1 nowhere.
int role_of(std::string_view name) {
  const bool train = has(name, "train"), test = has(name, "test") || has(name, "t10k");
  const bool images = has(name, "images"), labels = has(name, "labels");
  return train == test || images == labels ? -1 : (test ? 2 : 0) + (labels ? 1 : 0);
}

}  // namespace

Result<FourFiles> find_idx_files(const fs::path& folder, std::string_view prefix) {
  std::vector<std::string> names;
  std::error_code failure;
  for (fs::directory_iterator entry(folder, failure), end; !failure && entry != end; entry.increment(failure)) {
    std::error_code ignored;
    const std::string name = entry->path().filename().string();
    if (name.starts_with(prefix) && !name.starts_with(".") && entry->is_regular_file(ignored)) names.push_back(name);
  }
  if (failure) return usage_error(fmt::format("cannot read the folder '{}': {}", folder.string(), failure.message()));
  std::sort(names.begin(), names.end());  // "a" before "a.gz": the unpacked form wins
  std::array<std::string, 4> found;
  for (const std::string& name : names) {
    const int role = role_of(name);
    if (role < 0) continue;
    std::string& place = found[static_cast<size_t>(role)];
    if (place.empty()) {
      place = name;
    } else if (without_gz(name) != place) {
      return usage_error(fmt::format("in the folder '{}' both '{}' and '{}' could be the {} {}; choose a set by the option prefix=", folder.string(), place,
                                     name, role < 2 ? "training" : "test", role % 2 == 0 ? "images" : "labels"));
    }
  }
  for (size_t role = 0; role < found.size(); ++role) {
    if (!found[role].empty()) continue;
    return usage_error(fmt::format("the folder '{}' has no IDX file of the {} {}: a file{} whose name holds '{}' and '{}'", folder.string(),
                                   role < 2 ? "training" : "test", role % 2 == 0 ? "images" : "labels",
                                   prefix.empty() ? "" : fmt::format(" beginning with '{}'", prefix), role < 2 ? "train" : "test' or 't10k",
                                   role % 2 == 0 ? "images" : "labels"));
  }
  return FourFiles{folder / found[0], folder / found[1], folder / found[2], folder / found[3]};
}

Result<Dataset> load_idx_folder(const DatasetName& name) {
  if (auto good = check_options(name, {"prefix", "classes"}); !good) return good.error();
  int classes = 0;
  if (const std::string wanted = name.option("classes"); !wanted.empty()) {
    const auto number = parse_number(wanted, 1, 256, "the option classes");
    if (!number) return number.error();
    classes = static_cast<int>(*number);
  }
  const auto files = find_idx_files(name.path, name.option("prefix"));
  if (!files) return files.error();
  auto dataset = open_four_files(*files, classes);
  if (!dataset) return dataset;
  dataset->name = name.title();
  dataset->version = dataset->sha256.substr(0, 12);
  dataset->provenance = fmt::format("the user's IDX files in the folder '{}'", name.path.filename().string());
  return dataset;
}

}  // namespace trainmark::data

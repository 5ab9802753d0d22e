#include "data/import_cache.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "core/json.hpp"

namespace trainmark::data {
namespace {

namespace fs = std::filesystem;
using core::Json;
using core::Result;
using core::usage_error;

struct About {
  std::vector<std::string> classes;
  std::string sha256;
};

Result<About> read_about(const fs::path& path) {
  const auto text = core::read_file(path);
  if (!text) return text.error();
  const std::string where = fmt::format("the file '{}'", path.string());
  const auto json = core::parse_json(*text, where);
  if (!json) return json.error();
  const auto sha256 = core::get<std::string>(*json, "sha256", where);
  if (!sha256) return sha256.error();
  const auto classes = core::get<Json>(*json, "classes", where);
  if (!classes) return classes.error();
  About about{{}, *sha256};
  if (!classes->is_array()) return usage_error(where + ": 'classes' is not a list");
  for (const Json& name : *classes) {
    if (!name.is_string()) return usage_error(where + ": 'classes' must hold texts only");
    about.classes.push_back(name.get<std::string>());
  }
  if (about.classes.empty() || about.classes.size() > 256)
    return usage_error(fmt::format("{}: {} classes; there must be 1 to 256", where, about.classes.size()));
  return about;
}

Result<Dataset> open_splits(const fs::path& folder, std::vector<std::string> classes) {
  const ImportedFiles files(folder);
  const int count = static_cast<int>(classes.size());
  auto train = open_idx(files.train_images, files.train_labels, count, folder);
  if (!train) return train.error();
  auto test = open_idx(files.test_images, files.test_labels, count, folder);
  if (!test) return test.error();
  if (train->samples.shape != test->samples.shape) return usage_error(fmt::format("the splits in '{}' have images of different sizes", folder.string()));
  Dataset dataset;
  dataset.sha256 = dataset_sha256(*train, *test);
  dataset.version = dataset.sha256.substr(0, 12);
  dataset.class_names = std::move(classes);
  dataset.train = std::move(*train);
  dataset.test = std::move(*test);
  return dataset;
}

Result<void> make_folder(const fs::path& folder, std::string_view source, const MakeImport& make) {
  const auto part = core::TemporaryFolder::make(folder.parent_path(), folder.filename().string() + ".part");
  if (!part) return part.error();
  const auto classes = make(part->path());
  if (!classes) return classes.error();
  const auto made = open_splits(part->path(), *classes);
  if (!made) return made.error();
  const Json about = {{"classes", *classes}, {"sha256", made->sha256}, {"source", source}};
  const std::string text = about.dump(1, ' ', false, Json::error_handler_t::replace);  // names of files need not be UTF-8
  if (auto written = core::write_file(ImportedFiles(part->path()).about, text); !written) return written;
  return publish_folder(*part, folder);
}

}  // namespace

Result<void> write_imported(const fs::path& folder, const Shape3& shape, const OwnedSamples& train, const OwnedSamples& test) {
  const ImportedFiles files(folder);
  if (auto written = write_idx_images(files.train_images, shape, train.pixels); !written) return written;
  if (auto written = write_idx_labels(files.train_labels, train.labels); !written) return written;
  if (auto written = write_idx_images(files.test_images, shape, test.pixels); !written) return written;
  return write_idx_labels(files.test_labels, test.labels);
}

std::pair<OwnedSamples, OwnedSamples> split_samples(const OwnedSamples& all, const Shape3& shape, const std::vector<bool>& held_out) {
  std::pair<OwnedSamples, OwnedSamples> splits;
  const auto size = static_cast<std::ptrdiff_t>(shape.size());
  auto pixels = all.pixels.begin();
  for (size_t i = 0; i < all.labels.size(); ++i, pixels += size) {
    OwnedSamples& split = held_out[i] ? splits.second : splits.first;
    split.pixels.insert(split.pixels.end(), pixels, pixels + size);
    split.labels.push_back(all.labels[i]);
  }
  return splits;
}

std::vector<std::string> numbered_classes(int count) {
  std::vector<std::string> names;
  for (int i = 0; i < count; ++i) names.push_back(std::to_string(i));
  return names;
}

Result<Dataset> open_imported(const fs::path& folder) {
  const std::string remedy = fmt::format("remove the folder '{}', and it is made again", folder.string());
  auto about = read_about(ImportedFiles(folder).about);
  if (!about) return usage_error(fmt::format("{}; {}", about.error().message, remedy));
  auto dataset = open_splits(folder, std::move(about->classes));
  if (!dataset) return core::Error{dataset.error().kind, fmt::format("{}; {}", dataset.error().message, remedy)};
  if (dataset->sha256 != about->sha256)
    return usage_error(fmt::format("the samples in '{}' are damaged (their SHA-256 is not the one of their making); {}", folder.string(), remedy));
  return dataset;
}

Result<Dataset> load_imported(std::string_view key, std::string_view source, const MakeImport& make) {
  const auto cache = core::cache_folder();
  if (!cache) return cache.error();
  const fs::path folder = *cache / kImportedFolder / key;
  std::error_code ignored;
  if (!fs::exists(folder, ignored)) {
    if (auto made = make_folder(folder, source, make); !made) return made.error();
  }
  return open_imported(folder);
}

Result<void> publish_folder(const core::TemporaryFolder& made, const fs::path& folder) {
  std::error_code failure;
  fs::permissions(made.path(), fs::perms::owner_all | fs::perms::group_read | fs::perms::group_exec | fs::perms::others_read | fs::perms::others_exec, failure);
  if (std::rename(made.path().c_str(), folder.c_str()) == 0) return {};
  const int reason = errno;
  if (reason == EEXIST || reason == ENOTEMPTY) return {};  // another process was faster: its folder is as good
  return core::tool_error(fmt::format("cannot rename the finished folder '{}' to '{}': {}", made.path().string(), folder.string(), std::strerror(reason)));
}

}  // namespace trainmark::data

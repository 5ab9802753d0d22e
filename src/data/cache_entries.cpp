#include "data/cache_entries.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>

#include "core/suggest.hpp"
#include "data/dataset.hpp"
#include "data/fetch.hpp"
#include "data/import_cache.hpp"
#include "data/sources.hpp"
#include "data/synthetic_cache.hpp"

namespace trainmark::data {
namespace {

namespace fs = std::filesystem;
using core::Result;
using core::usage_error;

std::vector<fs::path> children_of(const fs::path& folder) {
  std::vector<fs::path> children;
  std::error_code failure;
  for (fs::directory_iterator entry(folder, failure), end; !failure && entry != end; entry.increment(failure)) children.push_back(entry->path());
  return children;
}

/// The kind of a name directly in the cache folder; nothing when it is not ours.
std::optional<CacheKind> kind_of(const std::string& name) {
  const bool fetched = find_source(name).ok();
  if (fetched) return CacheKind::kFetched;
  if (name == "unpacked") return CacheKind::kUnpacked;
  if (name == "downloads") return CacheKind::kUnfinished;
  const std::string stem = name.substr(0, name.find(".part-"));
  const bool synthetic = stem.starts_with("synthetic-digits-");
  if (stem.size() < name.size() && (synthetic || find_source(stem).ok())) return CacheKind::kUnfinished;
  return synthetic ? std::optional(CacheKind::kSynthetic) : std::nullopt;
}

CacheEntry measure(std::string name, CacheKind kind, const fs::path& path) {
  CacheEntry entry{std::move(name), kind, path, 0, 0};
  std::error_code failure;
  for (fs::recursive_directory_iterator file(path, failure), end; !failure && file != end; file.increment(failure)) {
    std::error_code ignored;
    if (!file->is_regular_file(ignored)) continue;
    ++entry.files;
    entry.bytes += static_cast<int64_t>(file->file_size(ignored));
  }
  return entry;
}

Result<void> verify_fetched(const CacheEntry& entry) {
  if (entry.name == "cifar-10") {
    if (auto good = check_sums(entry.path); !good) return good;
  }
  const auto dataset = load_dataset(entry.name, entry.path);
  if (!dataset) return dataset.error();
  if (dataset->version == "other") return usage_error(fmt::format("'{}' holds {}", entry.path.string(), dataset->provenance));
  return {};
}

}  // namespace

std::string_view describe(CacheKind kind) {
  switch (kind) {
    case CacheKind::kFetched:
      return "fetched data set";
    case CacheKind::kSynthetic:
      return "made on this machine";
    case CacheKind::kImported:
      return "converted from your files";
    case CacheKind::kUnpacked:
      return "unpacked copies of gzip files";
    case CacheKind::kUnfinished:
      return "left by something unfinished";
  }
  return "";
}

std::vector<CacheEntry> list_cache(const fs::path& cache) {
  std::vector<CacheEntry> entries;
  for (const fs::path& path : children_of(cache)) {
    const std::string name = path.filename().string();
    if (name == kImportedFolder) {
      for (const fs::path& child : children_of(path)) {
        const std::string key = child.filename().string();
        const bool unfinished = key.find(".part-") != std::string::npos;
        entries.push_back(measure(fmt::format("{}/{}", kImportedFolder, key), unfinished ? CacheKind::kUnfinished : CacheKind::kImported, child));
      }
    } else if (const auto kind = kind_of(name)) {
      entries.push_back(measure(name, *kind, path));
    }
  }
  std::sort(entries.begin(), entries.end(), [](const CacheEntry& a, const CacheEntry& b) { return a.name < b.name; });
  return entries;
}

bool is_verifiable(CacheKind kind) { return kind != CacheKind::kUnpacked && kind != CacheKind::kUnfinished; }

Result<void> verify_entry(const CacheEntry& entry) {
  Result<Dataset> opened = usage_error("");
  switch (entry.kind) {
    case CacheKind::kFetched:
      return verify_fetched(entry);
    case CacheKind::kSynthetic:
      opened = load_synthetic(entry.path.parent_path());
      break;
    case CacheKind::kImported:
      opened = open_imported(entry.path);
      break;
    case CacheKind::kUnpacked:
    case CacheKind::kUnfinished:
      return {};
  }
  return opened ? Result<void>() : opened.error();
}

Result<std::vector<CacheEntry>> choose_entries(const std::vector<CacheEntry>& entries, std::string_view name) {
  std::vector<CacheEntry> chosen;
  std::vector<std::string> names;
  for (const CacheEntry& entry : entries) {
    names.push_back(entry.name);
    const bool group = (name == kImportedFolder && entry.name.starts_with("imported/")) || (name == "synthetic-digits" && entry.kind == CacheKind::kSynthetic);
    if (entry.name == name || group) chosen.push_back(entry);
  }
  if (chosen.empty()) {
    return usage_error(fmt::format("the cache holds no '{}'{}; it has {}", name, core::did_you_mean(name, names),
                                   names.empty() ? "nothing" : fmt::format("{}", fmt::join(names, ", "))));
  }
  return chosen;
}

Result<void> remove_entry(const CacheEntry& entry) {
  std::error_code failure;
  fs::remove_all(entry.path, failure);
  if (failure) return core::tool_error(fmt::format("cannot remove '{}': {}", entry.path.string(), failure.message()));
  return {};
}

}  // namespace trainmark::data

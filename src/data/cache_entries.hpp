// What the cache folder holds, whether it is whole, and removing it.
//
// Only what trainmark puts there is named, checked and removed: somebody may have set TRAINMARK_CACHE to a folder with
// other things in it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace trainmark::data {

enum class CacheKind {
  kFetched,     ///< mnist, fashion-mnist, cifar-10
  kSynthetic,   ///< synthetic-digits-VERSION
  kImported,    ///< imported/KEY: converted from files of the user's
  kUnpacked,    ///< unpacked: raw copies of gzip files
  kUnfinished,  ///< downloads and *.part: what a process that broke off has left
};

struct CacheEntry {
  std::string name;  ///< relative to the cache folder; what `data clean` takes
  CacheKind kind = CacheKind::kUnfinished;
  std::filesystem::path path;
  int64_t files = 0;
  int64_t bytes = 0;  ///< of all its files
};

/// A few words for each kind.
std::string_view describe(CacheKind kind);

/// The entries of the cache, sorted by name; none when the folder is not there.
std::vector<CacheEntry> list_cache(const std::filesystem::path& cache);

/// Compares an entry's content with its checksums. Usage errors: damaged, incomplete, not the published content.
core::Result<void> verify_entry(const CacheEntry& entry);

/// Whether an entry has any checksum: those of kUnpacked and kUnfinished have none.
bool is_verifiable(CacheKind kind);

/// The entries that `name` means: itself, or all of `imported`, of `synthetic-digits`. Usage error when there is none.
core::Result<std::vector<CacheEntry>> choose_entries(const std::vector<CacheEntry>& entries, std::string_view name);

core::Result<void> remove_entry(const CacheEntry& entry);

}  // namespace trainmark::data

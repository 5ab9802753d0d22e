// Fetching a data set into the cache folder: its files, or the archive that holds them.
//
// Files stay as they are distributed (gzip), since their SHA-256 is published and loading unpacks them anyway. An archive
// is unpacked into a folder that appears by one rename, with the SHA-256 of every file in SHA256SUMS, and then removed.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "core/result.hpp"
#include "data/download.hpp"
#include "data/sources.hpp"

namespace trainmark::data {

/// The name of the list of sums beside the files of an archive, in the form of sha256sum(1).
constexpr const char* kSumsFile = "SHA256SUMS";

struct FetchOptions {
  std::string mirror;  ///< http(s) address that holds DATASET/FILE; empty: the published mirrors
  DownloadOptions download;
  std::function<void(const SourceFile& file)> begin;  ///< called before each file
};

/// Fetches into `cache`/DATASET what is not there yet; the folder.
core::Result<std::filesystem::path> fetch(const Source& source, const std::filesystem::path& cache, const FetchOptions& options);

/// Writes the sums of all files below `folder`.
core::Result<void> write_sums(const std::filesystem::path& folder);

/// Compares the files of `folder` with its list of sums. Usage errors: no list, a file missing or different.
core::Result<void> check_sums(const std::filesystem::path& folder);

}  // namespace trainmark::data

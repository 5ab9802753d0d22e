// Downloading one file whose length and SHA-256 are known: from any mirror, continued where it broke off.
//
// The bytes go to NAME.part beside the target, which one process at a time holds by a lock; it stays when a download
// fails, and the next one goes on from there, from whatever mirror: the SHA-256 of the whole decides. A finished file gets
// its name by one rename.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "data/http.hpp"
#include "data/sources.hpp"

namespace trainmark::data {

struct DownloadOptions {
  HttpLimits limits;
  int attempts = 4;                                       ///< requests to one mirror while it gives more of the file each time
  int pause_ms = 1000;                                    ///< between them
  std::function<void(int64_t bytes)> progress;            ///< bytes of the file so far
  std::function<void(std::string_view message)> message;  ///< a sentence without full stop: why another mirror is tried
};

/// Makes `folder`/NAME, unless it is there with the right content. Tool error when no mirror gives it: what each of them did,
/// and what to do offline.
core::Result<void> download(const SourceFile& file, const std::vector<std::string>& mirrors, const std::filesystem::path& folder,
                            const DownloadOptions& options);

/// Whether the file exists with the length and the SHA-256 of `file`.
bool is_complete(const SourceFile& file, const std::filesystem::path& path);

}  // namespace trainmark::data

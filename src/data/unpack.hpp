// Unpacking tar archives that nobody should have to trust.
//
// Only folders and regular files are taken. A path that leaves the folder, a link, a device, too many entries or more
// bytes than allowed end the unpacking with an error; the caller's folder is then to be thrown away.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

#include "core/result.hpp"

namespace trainmark::data {

struct UnpackLimits {
  int64_t bytes = 0;  ///< of all files together
  int64_t entries = 0;
};

/// Unpacks the tar archive, packed with gzip or not, into the existing `folder`. Usage errors name the archive and the entry.
core::Result<void> unpack_tar(const std::filesystem::path& archive, const std::filesystem::path& folder, const UnpackLimits& limits);

/// Whether an entry's name stays below the folder it is unpacked into: relative, and no part is "..". A pure function.
bool is_safe_entry(std::string_view name);

}  // namespace trainmark::data

// Unpacking gzip in memory, with a limit, so that a file cannot unpack to more than its reader expects.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace trainmark::data {

/// Whether the bytes begin like a gzip file.
bool is_gzip(std::span<const std::byte> bytes);

/// The first `limit` bytes of what the gzip file `bytes` holds, or all if there are fewer. Where all fit below the limit
/// the checksum is verified. Usage errors name `where`: damaged, truncated, or followed by other bytes.
core::Result<std::string> gunzip(std::span<const std::byte> bytes, size_t limit, std::string_view where);

}  // namespace trainmark::data

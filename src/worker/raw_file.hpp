// Files of raw little-endian values: losses, times, predictions, correct answers, orders and tables.
#pragma once

#include <fmt/format.h>

#include <bit>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <vector>

#include "core/file.hpp"

namespace trainmark::worker {

static_assert(std::endian::native == std::endian::little, "raw files are written as the values lie in memory");

/// Reads `count` values. Error: the file is not readable or has another length.
template <class T>
core::Result<std::vector<T>> read_raw(const std::filesystem::path& path, int64_t count) {
  const auto bytes = core::read_file_of(path, static_cast<size_t>(count) * sizeof(T));
  if (!bytes) return core::Error{bytes.error().kind, fmt::format("{} ({} values of {} bytes)", bytes.error().message, count, sizeof(T))};
  std::vector<T> values(static_cast<size_t>(count));
  if (count > 0) std::memcpy(values.data(), bytes->data(), bytes->size());
  return values;
}

/// Writes the values; not flushed to the disk, since such a file lives until the other side has read it.
template <class T>
core::Result<void> write_raw(const std::filesystem::path& path, std::span<const T> values) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(reinterpret_cast<const char*>(values.data()), static_cast<std::streamsize>(values.size_bytes()));
  file.close();
  if (!file) return core::tool_error(fmt::format("cannot write the file '{}' of {} bytes", path.string(), values.size_bytes()));
  return {};
}

}  // namespace trainmark::worker

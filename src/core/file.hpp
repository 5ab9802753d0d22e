// Files: whole reads, atomic writes, read-only maps, the cache folder and temporary folders.
//
// A file that somebody may read is written beside its place and renamed, so no reader ever sees half of it.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace trainmark::core {

/// The whole file. Errors name the path and the system's reason.
Result<std::string> read_file(const std::filesystem::path& path);

/// The whole of a regular file that must have this size, which is compared before anything is read: for files that a
/// program wrote which nobody should have to trust.
Result<std::string> read_file_of(const std::filesystem::path& path, size_t bytes);

/// Whether a file must survive a power cut. Files that only pass from one process to another need not: a flush takes
/// milliseconds, and minutes on a busy disk.
enum class Flush { kYes, kNo };

/// Writes `bytes` to a temporary name in the same folder, flushes it to the disk and renames it to `path`.
Result<void> write_file(const std::filesystem::path& path, std::span<const std::byte> bytes, Flush flush = Flush::kYes);
Result<void> write_file(const std::filesystem::path& path, std::string_view text);

/// A file mapped read-only for as long as the object lives. An empty file maps to an empty span.
class MappedFile {
 public:
  static Result<MappedFile> open(const std::filesystem::path& path);
  MappedFile() = default;
  MappedFile(MappedFile&& other) noexcept { swap(other); }
  MappedFile& operator=(MappedFile&& other) noexcept {
    swap(other);
    return *this;
  }
  ~MappedFile();

  std::span<const std::byte> bytes() const { return {data_, size_}; }

 private:
  void swap(MappedFile& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
  }
  const std::byte* data_ = nullptr;
  size_t size_ = 0;
};

/// Where downloads and generated data are kept between runs: $TRAINMARK_CACHE, else $XDG_CACHE_HOME/trainmark, else
/// ~/.cache/trainmark. The folder is made when it is missing.
Result<std::filesystem::path> cache_folder();

/// A new private folder under `parent`, removed with its content when the object dies.
class TemporaryFolder {
 public:
  static Result<TemporaryFolder> make(const std::filesystem::path& parent, std::string_view prefix);
  TemporaryFolder() = default;
  TemporaryFolder(TemporaryFolder&& other) noexcept { path_.swap(other.path_); }
  TemporaryFolder& operator=(TemporaryFolder&& other) noexcept {
    path_.swap(other.path_);
    return *this;
  }
  ~TemporaryFolder();
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace trainmark::core

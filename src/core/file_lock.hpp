// A lock that processes hold through a file and that ends with its process, however that ends.
#pragma once

#include <filesystem>
#include <optional>

#include "core/result.hpp"

namespace trainmark::core {

class FileLock {
 public:
  /// Takes the lock without waiting; the file is made when it is missing and holds the owner's process number. Nothing when another
  /// process has it. Where the file system knows no locks, the lock is granted to everybody. Error: the file cannot be made.
  static Result<std::optional<FileLock>> try_take(const std::filesystem::path& path);

  /// Whether a process has the lock of that path now; only looks.
  static bool is_held(const std::filesystem::path& path);

  FileLock(FileLock&& other) noexcept { swap(other); }
  FileLock& operator=(FileLock&& other) noexcept {
    swap(other);
    return *this;
  }
  /// Removes the file.
  ~FileLock();

 private:
  FileLock() = default;
  void swap(FileLock& other) noexcept {
    path_.swap(other.path_);
    std::swap(fd_, other.fd_);
  }
  std::filesystem::path path_;
  int fd_ = -1;
};

}  // namespace trainmark::core

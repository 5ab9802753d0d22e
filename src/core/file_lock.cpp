// flock(2): one owner per open file. The owner removes the file, so a lock that was just taken may be on a file that is no longer at
// its path; then the next one is tried.
#include "core/file_lock.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace trainmark::core {
namespace {

bool is_at(int fd, const std::filesystem::path& path) {
  struct stat open_file {
  }, named{};
  return fstat(fd, &open_file) == 0 && stat(path.c_str(), &named) == 0 && open_file.st_dev == named.st_dev && open_file.st_ino == named.st_ino;
}

}  // namespace

Result<std::optional<FileLock>> FileLock::try_take(const std::filesystem::path& path) {
  constexpr int kAttempts = 100;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    FileLock lock;
    lock.fd_ = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (lock.fd_ < 0) return tool_error(fmt::format("cannot make the lock '{}': {}", path.string(), std::strerror(errno)));
    if (flock(lock.fd_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) return std::optional<FileLock>();
    if (!is_at(lock.fd_, path)) continue;
    lock.path_ = path;
    const std::string owner = fmt::format("{}\n", getpid());
    if (ftruncate(lock.fd_, 0) == 0) [[maybe_unused]]
      const ssize_t written = write(lock.fd_, owner.data(), owner.size());
    return std::optional<FileLock>(std::move(lock));
  }
  return std::optional<FileLock>();
}

bool FileLock::is_held(const std::filesystem::path& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const bool held = flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  close(fd);  // and with it the shared lock, where it was granted
  return held;
}

FileLock::~FileLock() {
  if (fd_ < 0) return;
  if (!path_.empty()) unlink(path_.c_str());
  close(fd_);
}

}  // namespace trainmark::core

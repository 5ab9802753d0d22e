// Files by POSIX calls; every error carries errno's text.
#include "core/file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace trainmark::core {
namespace {

namespace fs = std::filesystem;

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

Error system_error(std::string_view what, const fs::path& path) {
  const int reason = errno;
  return {reason == ENOENT || reason == ENOTDIR ? ErrorKind::kUsage : ErrorKind::kTool,
          fmt::format("cannot {} '{}': {}{}", what, path.string(), std::strerror(reason), reason == ENOSPC ? "; free some space and try again" : "")};
}

Result<void> write_all(int fd, std::span<const std::byte> bytes, const fs::path& path) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return system_error("write", path);
    bytes = bytes.subspan(static_cast<size_t>(written));
  }
  return {};
}

}  // namespace

Result<std::string> read_file(const fs::path& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return system_error("open", path);
  std::string text;
  char buffer[1 << 16];
  while (true) {
    const ssize_t got = ::read(file.get(), buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_error("read", path);
    if (got == 0) return text;
    text.append(buffer, static_cast<size_t>(got));
  }
}

Result<std::string> read_file_of(const fs::path& path, size_t bytes) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));  // a pipe is refused below, not waited for
  if (file.get() < 0) return system_error("open", path);
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return system_error("inspect", path);
  if (!S_ISREG(status.st_mode)) return tool_error(fmt::format("'{}' is not a regular file", path.string()));
  const auto wrong_size = [&](auto size) { return tool_error(fmt::format("the file '{}' has {} bytes; {} were expected", path.string(), size, bytes)); };
  if (static_cast<uint64_t>(status.st_size) != bytes) return wrong_size(status.st_size);
  std::string text(bytes, '\0');
  for (size_t filled = 0; filled < bytes;) {
    const ssize_t got = ::read(file.get(), text.data() + filled, bytes - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_error("read", path);
    if (got == 0) return wrong_size(filled);  // cut off meanwhile
    filled += static_cast<size_t>(got);
  }
  return text;
}

Result<void> write_file(const fs::path& path, std::span<const std::byte> bytes, Flush flush) {
  const fs::path temporary = path.string() + fmt::format(".{}.part", ::getpid());
  {
    const Descriptor file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    if (file.get() < 0) return system_error("create", temporary);
    Result<void> written = write_all(file.get(), bytes, temporary);
    if (written && flush == Flush::kYes && ::fsync(file.get()) != 0) written = system_error("flush", temporary);
    if (!written) {
      ::unlink(temporary.c_str());
      return written;
    }
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) {
    const Error error = system_error("rename a finished file to", path);
    ::unlink(temporary.c_str());
    return error;
  }
  return {};
}

Result<void> write_file(const fs::path& path, std::string_view text) { return write_file(path, std::as_bytes(std::span(text.data(), text.size()))); }

Result<MappedFile> MappedFile::open(const fs::path& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));  // a pipe is refused below, not waited for
  if (file.get() < 0) return system_error("open", path);
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return system_error("inspect", path);
  if (!S_ISREG(status.st_mode)) return usage_error(fmt::format("'{}' is not a regular file", path.string()));
  MappedFile mapped;
  if (status.st_size == 0) return mapped;
  void* data = ::mmap(nullptr, static_cast<size_t>(status.st_size), PROT_READ, MAP_SHARED, file.get(), 0);
  if (data == MAP_FAILED) return system_error("map", path);
  mapped.data_ = static_cast<const std::byte*>(data);
  mapped.size_ = static_cast<size_t>(status.st_size);
  return mapped;
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) ::munmap(const_cast<std::byte*>(data_), size_);
}

Result<fs::path> cache_folder() {
  fs::path folder;
  if (const char* own = std::getenv("TRAINMARK_CACHE"); own != nullptr && *own != '\0') {
    folder = own;
  } else if (const char* xdg = std::getenv("XDG_CACHE_HOME"); xdg != nullptr && *xdg != '\0') {
    folder = fs::path(xdg) / "trainmark";
  } else if (const char* home = std::getenv("HOME"); home != nullptr && *home != '\0') {
    folder = fs::path(home) / ".cache" / "trainmark";
  } else {
    return usage_error("there is no cache folder: none of TRAINMARK_CACHE, XDG_CACHE_HOME and HOME is set; set TRAINMARK_CACHE to a writable folder");
  }
  std::error_code failure;
  fs::create_directories(folder, failure);
  if (failure)
    return tool_error(fmt::format("cannot make the cache folder '{}': {}; set TRAINMARK_CACHE to a writable folder", folder.string(), failure.message()));
  return folder;
}

Result<TemporaryFolder> TemporaryFolder::make(const fs::path& parent, std::string_view prefix) {
  std::error_code failure;
  fs::create_directories(parent, failure);
  std::string name = (parent / fmt::format("{}-XXXXXX", prefix)).string();
  if (::mkdtemp(name.data()) == nullptr) return system_error("make a folder such as", name);
  TemporaryFolder folder;
  folder.path_ = name;
  return folder;
}

TemporaryFolder::~TemporaryFolder() {
  if (path_.empty()) return;
  std::error_code ignored;  // a folder that cannot be removed is not worth an error in a destructor
  fs::remove_all(path_, ignored);
}

}  // namespace trainmark::core

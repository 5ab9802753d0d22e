// What the targets share. A target is one function over bytes that nobody should have to trust. It says whether they were
// accepted as a whole; what is wrong with them must end in a sentence that names the place, and in nothing else. Both callers use the same functions: libFuzzer
// (NAME_fuzz.cpp), and replay_test.cpp, which runs the corpus in every ordinary build.
#pragma once

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <string_view>

#include "core/check.hpp"
#include "core/file.hpp"
#include "core/result.hpp"

namespace trainmark::fuzz {

using Input = std::span<const uint8_t>;

inline std::string_view as_text(Input input) { return {reinterpret_cast<const char*>(input.data()), input.size()}; }

/// A folder of this process, in memory where the system has such a place; removed when the process ends orderly.
inline const std::filesystem::path& scratch() {
  static const core::TemporaryFolder folder = [] {
    auto in_memory = core::TemporaryFolder::make("/dev/shm", "trainmark-fuzz");
    if (in_memory) return *std::move(in_memory);
    return core::TemporaryFolder::make(std::filesystem::temp_directory_path(), "trainmark-fuzz").value();
  }();
  return folder.path();
}

/// Not core::write_file: targets write thousands of files a second, and need no flush and no rename.
inline void put(const std::filesystem::path& path, std::string_view content) {
  std::ofstream(path, std::ios::binary | std::ios::trunc).write(content.data(), static_cast<std::streamsize>(content.size()));
}

/// A refusal must be a sentence that names the place. Always false: what a target gives back for a refused input.
inline bool refused(const core::Error& error, std::string_view place) {
  CHECK(error.message.find(place) != std::string::npos, error.message);
  CHECK(error.message.size() > place.size() + 10, error.message);
  return false;
}

/// Bytes behind a descriptor, as a pipe would carry them, but without another thread to fill it.
class MemoryFile {
 public:
  explicit MemoryFile(std::string_view content = "") : fd_(memfd_create("trainmark-fuzz", MFD_CLOEXEC)) {
    CHECK(fd_ >= 0 && write(fd_, content.data(), content.size()) == static_cast<ssize_t>(content.size()), "a target needs memory");
    rewind();
  }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  ~MemoryFile() { close(fd_); }
  int fd() const { return fd_; }
  void rewind() const { CHECK(lseek(fd_, 0, SEEK_SET) == 0, "a file in memory has a begin"); }

 private:
  int fd_;
};

/// The text up to the next newline, taken off the front of `rest`.
inline std::string_view take_line(std::string_view& rest) {
  const size_t end = rest.find('\n');
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return line;
}

/// "\n" within a line of an input is a newline of the file that it describes, "\\" a backslash.
inline std::string unescape(std::string_view text) {
  std::string plain;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size() && (text[i + 1] == 'n' || text[i + 1] == '\\')) {
      plain += text[++i] == 'n' ? '\n' : '\\';
    } else {
      plain += text[i];
    }
  }
  return plain;
}

}  // namespace trainmark::fuzz

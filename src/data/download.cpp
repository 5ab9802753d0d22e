#include "data/download.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <optional>
#include <thread>
#include <utility>

#include "core/file.hpp"
#include "core/hash.hpp"

namespace trainmark::data {
namespace {

namespace fs = std::filesystem;
using core::Result;
using core::tool_error;

/// NAME.part, open and locked.
class PartFile {
 public:
  static Result<PartFile> open(const fs::path& path) {
    while (true) {
      PartFile part;
      part.path_ = path;
      part.descriptor_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
      if (part.descriptor_ < 0) return tool_error(fmt::format("cannot create '{}': {}", path.string(), std::strerror(errno)));
      if (::flock(part.descriptor_, LOCK_EX | LOCK_NB) != 0)
        return tool_error(fmt::format("another trainmark is downloading '{}' at this moment; wait for it", path.string()));
      if (part.is_still_there()) return part;  // else the other one finished and renamed it between the two calls
    }
  }
  PartFile() = default;
  PartFile(PartFile&& other) noexcept : path_(std::move(other.path_)), descriptor_(std::exchange(other.descriptor_, -1)) {}
  PartFile& operator=(PartFile&&) = delete;
  ~PartFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }

  int descriptor() const { return descriptor_; }
  const fs::path& path() const { return path_; }

  /// Goes to the end of the file; its length.
  int64_t size() const { return ::lseek(descriptor_, 0, SEEK_END); }
  /// Keeps the first `bytes` only. Should that fail, the SHA-256 will not match.
  void shorten_to(int64_t bytes) const {
    if (::ftruncate(descriptor_, bytes) == 0) ::lseek(descriptor_, bytes, SEEK_SET);
  }
  void clear() const { shorten_to(0); }

 private:
  bool is_still_there() const {
    struct stat ours {
    }, theirs{};
    return ::fstat(descriptor_, &ours) == 0 && ::stat(path_.c_str(), &theirs) == 0 && ours.st_ino == theirs.st_ino && ours.st_dev == theirs.st_dev;
  }

  fs::path path_;
  int descriptor_ = -1;
};

/// All of the file from one mirror, continued as long as each request brings more. nullopt when complete, else what went
/// wrong, part of a sentence.
std::optional<std::string> fill_from(const std::string& url, const SourceFile& file, const PartFile& part, const DownloadOptions& options) {
  for (int attempt = 1;; ++attempt) {
    const int64_t before = part.size();
    const HttpResult got = http_append(url, part.descriptor(), before, file.bytes, options.limits, options.progress);
    if (got.outcome == HttpOutcome::kComplete) return std::nullopt;
    if (got.outcome == HttpOutcome::kRefused) {
      part.shorten_to(before);  // what a lying server has sent is not to be gone on from
      return got.reason;
    }
    if (attempt >= options.attempts || (got.outcome == HttpOutcome::kCut && part.size() == before)) return got.reason;
    if (got.outcome == HttpOutcome::kRestart) {
      part.clear();
      continue;
    }
    if (options.message) options.message(fmt::format("'{}' {} after {} of {} bytes; going on from there", url, got.reason, part.size(), file.bytes));
    std::this_thread::sleep_for(std::chrono::milliseconds(options.pause_ms));
  }
}

/// The whole file from one mirror with the right content; nullopt when done.
std::optional<std::string> try_mirror(const std::string& url, const SourceFile& file, const PartFile& part, const DownloadOptions& options) {
  for (const bool continued : {part.size() > 0, false}) {
    if (part.size() > file.bytes) part.clear();
    if (part.size() < file.bytes) {
      if (auto problem = fill_from(url, file, part, options)) return problem;
    }
    if (is_complete(file, part.path())) return std::nullopt;
    part.clear();
    // Bytes of an earlier download may be the wrong ones: once more from the start.
    if (!continued) break;
  }
  return "gives a file whose SHA-256 is not the published one, so it is not used";
}

}  // namespace

bool is_complete(const SourceFile& file, const fs::path& path) {
  std::error_code failure;
  if (fs::file_size(path, failure) != static_cast<uintmax_t>(file.bytes) || failure) return false;
  const auto mapped = core::MappedFile::open(path);
  return mapped && core::sha256_hex(mapped->bytes()) == file.sha256;
}

Result<void> download(const SourceFile& file, const std::vector<std::string>& mirrors, const fs::path& folder, const DownloadOptions& options) {
  const fs::path target = folder / file.name;
  if (is_complete(file, target)) return {};
  std::error_code failure;
  fs::create_directories(folder, failure);
  if (failure) return tool_error(fmt::format("cannot make the folder '{}': {}", folder.string(), failure.message()));
  const auto part = PartFile::open(target.string() + ".part");
  if (!part) return part.error();
  std::vector<std::string> problems;
  for (const std::string& mirror : mirrors) {
    const std::string url = mirror + file.name;
    const auto problem = try_mirror(url, file, *part, options);
    if (!problem) {
      if (::fsync(part->descriptor()) == 0 && std::rename(part->path().c_str(), target.c_str()) == 0) return {};
      return tool_error(fmt::format("cannot finish the file '{}': {}", target.string(), std::strerror(errno)));
    }
    problems.push_back(fmt::format("'{}' {}", url, *problem));
    if (options.message && problems.size() < mirrors.size()) options.message(problems.back() + "; trying the next mirror");
  }
  if (part->size() == 0) {
    fs::remove(part->path(), failure);
    fs::remove(folder, failure);  // removes it only when it is empty
  }
  return tool_error(
      fmt::format("cannot download {}: {}; is this machine online? Another mirror can be named with --mirror URL, or the file be put into '{}' by hand",
                  file.name, fmt::join(problems, "; "), folder.string()));
}

}  // namespace trainmark::data

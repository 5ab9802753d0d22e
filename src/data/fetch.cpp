#include "data/fetch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

#include "core/file.hpp"
#include "core/hash.hpp"
#include "data/import_cache.hpp"
#include "data/unpack.hpp"

namespace trainmark::data {
namespace {

namespace fs = std::filesystem;
using core::Result;
using core::usage_error;

// CIFAR-10 unpacks to 184 MB in 8 files; ten times the packed length is for sets to come.
constexpr int64_t kLargestExpansion = 10;
constexpr int64_t kMostEntries = 1000;

Result<std::vector<std::string>> mirrors_of(const Source& source, const FetchOptions& options) {
  if (options.mirror.empty()) return source.mirrors;
  if (!is_http_url(options.mirror)) return usage_error(fmt::format("the mirror '{}' is no address beginning with http:// or https://", options.mirror));
  return std::vector<std::string>{fmt::format("{}{}{}/", options.mirror, options.mirror.ends_with('/') ? "" : "/", source.dataset)};
}

Result<fs::path> fetch_archive(const Source& source, const std::vector<std::string>& mirrors, const fs::path& cache, const FetchOptions& options) {
  const fs::path folder = cache / source.dataset;
  const SourceFile& file = source.files.front();
  std::error_code failure;
  if (fs::exists(folder, failure)) {
    if (check_sums(folder)) return folder;
    return usage_error(
        fmt::format("the folder '{}' is there but not whole; remove it with 'trainmark data clean {}' and fetch again", folder.string(), source.dataset));
  }
  const fs::path downloads = cache / "downloads";
  if (options.begin) options.begin(file);
  if (auto got = download(file, mirrors, downloads, options.download); !got) return got.error();
  const auto part = core::TemporaryFolder::make(cache, source.dataset + ".part");
  if (!part) return part.error();
  const UnpackLimits limits{file.bytes * kLargestExpansion, kMostEntries};
  if (auto unpacked = unpack_tar(downloads / file.name, part->path(), limits); !unpacked) return unpacked.error();
  if (auto written = write_sums(part->path()); !written) return written.error();
  if (auto published = publish_folder(*part, folder); !published) return published.error();
  fs::remove(downloads / file.name, failure);
  return folder;
}

Result<std::string> sum_of(const fs::path& path) {
  const auto file = core::MappedFile::open(path);
  if (!file) return file.error();
  return core::sha256_hex(file->bytes());
}

}  // namespace

Result<fs::path> fetch(const Source& source, const fs::path& cache, const FetchOptions& options) {
  const auto mirrors = mirrors_of(source, options);
  if (!mirrors) return mirrors.error();
  if (source.archive) return fetch_archive(source, *mirrors, cache, options);
  for (const SourceFile& file : source.files) {
    if (options.begin) options.begin(file);
    if (auto got = download(file, *mirrors, cache / source.dataset, options.download); !got) return got.error();
  }
  return cache / source.dataset;
}

Result<void> write_sums(const fs::path& folder) {
  std::vector<std::string> lines;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file() || entry.path().filename() == kSumsFile) continue;
    const auto sum = sum_of(entry.path());
    if (!sum) return sum.error();
    lines.push_back(fmt::format("{}  {}\n", *sum, entry.path().lexically_relative(folder).string()));
  }
  std::sort(lines.begin(), lines.end(), [](const std::string& a, const std::string& b) { return a.substr(66) < b.substr(66); });
  std::string text;
  for (const std::string& line : lines) text += line;
  return core::write_file(folder / kSumsFile, text);
}

Result<void> check_sums(const fs::path& folder) {
  const auto text = core::read_file(folder / kSumsFile);
  if (!text) return usage_error(fmt::format("the folder '{}' has no list of checksums, {}", folder.string(), kSumsFile));
  if (text->empty()) return usage_error(fmt::format("the list of checksums '{}' is empty", (folder / kSumsFile).string()));
  std::istringstream lines(*text);
  for (std::string line; std::getline(lines, line);) {
    if (line.size() < 67)
      return usage_error(fmt::format("the file '{}' has the line '{}', which is no checksum", (folder / kSumsFile).string(), line.substr(0, 80)));
    const fs::path path = folder / line.substr(66);
    const auto sum = sum_of(path);
    if (!sum) return usage_error(sum.error().message);
    if (*sum != line.substr(0, 64))
      return usage_error(fmt::format("the file '{}' is damaged: its SHA-256 is {}, not {}", path.string(), *sum, line.substr(0, 64)));
  }
  return {};
}

}  // namespace trainmark::data

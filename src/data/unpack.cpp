// libarchive reads; the files are written here and not by libarchive, so that each byte is counted before it is written.
#include "data/unpack.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

#include <array>
#include <fstream>
#include <memory>

namespace trainmark::data {
namespace {

namespace fs = std::filesystem;
using core::Result;
using core::usage_error;

struct FreeArchive {
  void operator()(archive* reader) const { archive_read_free(reader); }
};
using Reader = std::unique_ptr<archive, FreeArchive>;

std::string reason_of(archive* reader) {
  const char* text = archive_error_string(reader);
  return text == nullptr ? "unknown reason" : text;
}

/// Copies the content of the current entry; `left` counts down the bytes that are still allowed.
Result<void> copy_entry(archive* reader, const fs::path& to, int64_t& left, const std::string& where) {
  std::ofstream file(to, std::ios::binary | std::ios::trunc);
  std::array<char, 1 << 16> buffer;
  while (true) {
    const la_ssize_t got = archive_read_data(reader, buffer.data(), buffer.size());
    if (got < 0) return usage_error(fmt::format("{} is damaged ({}); get it again", where, reason_of(reader)));
    if (got == 0) break;
    left -= got;
    if (left < 0) return usage_error(fmt::format("{} unpacks to more than it should; it is refused, since it could fill the disk", where));
    file.write(buffer.data(), got);
  }
  file.close();
  if (!file) return core::tool_error(fmt::format("cannot write the file '{}': is the disk full?", to.string()));
  return {};
}

/// Makes the folder or file of the current entry.
Result<void> take_entry(archive* reader, archive_entry* entry, const fs::path& folder, int64_t& left, const std::string& where) {
  const char* name = archive_entry_pathname(entry);
  if (name == nullptr || !is_safe_entry(name))
    return usage_error(
        fmt::format("{} holds the entry '{}', which would leave the folder it is unpacked into; it is refused", where, name == nullptr ? "" : name));
  const auto type = archive_entry_filetype(entry);
  const fs::path to = folder / name;
  std::error_code failure;
  if (type == AE_IFDIR) {
    fs::create_directories(to, failure);
  } else if (type == AE_IFREG && archive_entry_hardlink(entry) == nullptr) {
    fs::create_directories(to.parent_path(), failure);
    if (!failure) return copy_entry(reader, to, left, where);
  } else {
    return usage_error(fmt::format("{} holds '{}', which is neither a file nor a folder; it is refused", where, name));
  }
  if (failure) return core::tool_error(fmt::format("cannot make the folder for '{}': {}", to.string(), failure.message()));
  return {};
}

}  // namespace

bool is_safe_entry(std::string_view name) {
  const fs::path path(name);
  if (name.empty() || name.front() == '/' || name.find('\0') != std::string_view::npos) return false;
  for (const fs::path& part : path) {
    if (part == "..") return false;
  }
  return true;
}

Result<void> unpack_tar(const fs::path& path, const fs::path& folder, const UnpackLimits& limits) {
  const std::string where = fmt::format("the archive '{}'", path.string());
  const Reader reader(archive_read_new());
  if (!reader) return core::tool_error("no memory to read archives");
  archive_read_support_filter_gzip(reader.get());
  archive_read_support_format_tar(reader.get());
  if (archive_read_open_filename(reader.get(), path.c_str(), 1 << 16) != ARCHIVE_OK)
    return usage_error(fmt::format("{} cannot be read ({})", where, reason_of(reader.get())));
  int64_t left = limits.bytes;
  for (int64_t entries = 0;; ++entries) {
    archive_entry* entry = nullptr;
    const int state = archive_read_next_header(reader.get(), &entry);
    if (state == ARCHIVE_EOF) return {};
    if (state != ARCHIVE_OK) return usage_error(fmt::format("{} is damaged ({}); get it again", where, reason_of(reader.get())));
    if (entries >= limits.entries) return usage_error(fmt::format("{} holds more than {} entries; it is refused", where, limits.entries));
    if (auto taken = take_entry(reader.get(), entry, folder, left, where); !taken) return taken;
  }
}

}  // namespace trainmark::data

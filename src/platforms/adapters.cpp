// The folder is made beside its place and renamed, so that nobody sees half of it and two programs may do it at once.
#include "platforms/adapters.hpp"

#include <fmt/format.h>

#include <cstdlib>

#include "core/file.hpp"
#include "core/hash.hpp"

namespace trainmark::platforms {
namespace {

namespace fs = std::filesystem;
using core::Result;

std::string hash_of_all() {
  std::string all;
  for (const auto& [path, text] : built_in_adapters()) all += fmt::format("{} {}\n{}", path, text.size(), text);
  return core::sha256_hex(all).substr(0, 16);
}

Result<void> write_all(const fs::path& folder) {
  for (const auto& [path, text] : built_in_adapters()) {
    std::error_code failure;
    fs::create_directories((folder / path).parent_path(), failure);
    if (failure) return core::tool_error(fmt::format("cannot make the folder '{}': {}", (folder / path).parent_path().string(), failure.message()));
    if (auto written = core::write_file(folder / path, text); !written) return written;
  }
  return {};
}

}  // namespace

const std::vector<std::pair<std::string, std::string>>& built_in_adapters() {
  static const std::vector<std::pair<std::string, std::string>> kAll = {
#include "built_in_adapters.inc"
  };
  return kAll;
}

Result<fs::path> adapters_folder() {
  std::error_code failure;
  if (const char* own = std::getenv("TRAINMARK_ADAPTERS"); own != nullptr && *own != '\0') {
    if (fs::is_directory(own, failure)) return fs::absolute(own);
    return core::usage_error(fmt::format("TRAINMARK_ADAPTERS names '{}', which is no folder; unset it to use the adapters of the program", own));
  }
  const auto cache = core::cache_folder();
  if (!cache) return cache.error();
  const fs::path all = *cache / "adapters", folder = all / hash_of_all();
  if (fs::is_directory(folder, failure)) return folder;
  fs::create_directories(all, failure);
  if (failure) return core::tool_error(fmt::format("cannot make the folder '{}': {}", all.string(), failure.message()));
  const auto temporary = core::TemporaryFolder::make(all, "new");
  if (!temporary) return temporary.error();
  if (auto written = write_all(temporary->path() / "adapters"); !written) return written.error();
  fs::rename(temporary->path() / "adapters", folder, failure);
  if (failure && !fs::is_directory(folder)) return core::tool_error(fmt::format("cannot make the folder '{}': {}", folder.string(), failure.message()));
  return folder;
}

}  // namespace trainmark::platforms

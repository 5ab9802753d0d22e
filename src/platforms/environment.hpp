// A Python environment for one framework: a folder in the cache that 'trainmark setup' fills, or a Python of the user's own.
//
// environment.json in the folder is written last: a folder without it is half made and can be repaired. Platforms may share an
// environment (PyTorch's brings CPU and CUDA); several versions stand side by side, each in a folder of its own.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "core/result.hpp"
#include "platforms/catalogue.hpp"

namespace trainmark::platforms {

/// What environment.json says.
struct Environment {
  std::filesystem::path python;                 ///< absolute
  bool own = false;                             ///< the user's own Python: nothing was installed, nothing is removed
  std::string requirements;                     ///< hash of the requirements that were installed; "" of an own one
  std::map<std::string, std::string> versions;  ///< package -> version, as the worker told them when it was tried
};

/// "pytorch" or "pytorch@2.4".
std::string environment_name(const FrameworkPlatform& platform, const std::string& version);

/// Where it is or would be. Error: there is no cache folder.
core::Result<std::filesystem::path> environment_folder(const std::string& name);

/// Nothing when it was not set up, or only half. Errors: environment.json is damaged; setup repairs it.
core::Result<std::optional<Environment>> read_environment(const std::string& name);
core::Result<void> write_environment(const std::string& name, const Environment& environment);

/// What pip is to install, one requirement per line: the pinned ones of the adapters, or for another version of the framework
/// that one and everything else unpinned.
core::Result<std::string> requirements_text(const FrameworkPlatform& platform, const std::string& version);

/// How large it will be, as measured when the requirements were pinned: "# size: download 900 MB, installed 2400 MB".
struct Size {
  int64_t download_bytes = 0, installed_bytes = 0;
};
std::optional<Size> size_of(const std::string& requirements);

}  // namespace trainmark::platforms

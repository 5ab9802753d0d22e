// The frameworks that trainmark can train on through a Python adapter: which file speaks for each, what it needs, and how it may run.
//
// A platform of this list is available when its environment was set up ('trainmark setup'); the native engines are in
// backends/ and need nothing. Adding a framework is a line here, a file in adapters/ and its requirements.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace trainmark::platforms {

enum class Device { kCpu, kCuda, kMetal };

struct FrameworkPlatform {
  std::string name;         ///< "pytorch-cpu"
  std::string description;  ///< one line
  std::string adapter;      ///< file in adapters/
  std::string environment;  ///< whose requirements it needs: adapters/requirements/ENVIRONMENT.txt; platforms may share one
  std::string package;      ///< on PyPI, whose version a name like "pytorch-cpu@2.4" asks for
  Device device = Device::kCpu;
  std::vector<std::string> modes;  ///< variants, the usual one first
  bool trains = true;              ///< networks; else it only finds nearest neighbours
};

/// All of them, in the order in which they are listed.
const std::vector<FrameworkPlatform>& framework_platforms();

/// "pytorch-cpu@2.4:compile" taken apart.
struct PlatformName {
  std::string platform;  ///< "pytorch-cpu"
  std::string version;   ///< "2.4", or "": the pinned one
  std::string mode;      ///< "compile", or "": the usual one
};
PlatformName split_platform_name(std::string_view name);

/// The platform that a name means, whatever version it asks for; null when it is none of a framework.
const FrameworkPlatform* find_framework(const PlatformName& name);

/// Usage error: a mode that the platform does not have, or a version that is not of numbers and points.
core::Result<void> check_platform_name(const PlatformName& name, const FrameworkPlatform& platform);

/// Names of all platforms, native ones first.
std::vector<std::string> all_platform_names();

}  // namespace trainmark::platforms

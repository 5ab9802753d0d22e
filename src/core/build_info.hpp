// What this program was built from and with; filled in by CMake.
#pragma once

#include <string_view>

namespace trainmark::core {

struct BuildInfo {
  std::string_view version;   ///< "0.1.0"
  std::string_view commit;    ///< abbreviated git commit at configure time, "+" appended when files were changed; "unknown" outside a checkout
  std::string_view compiler;  ///< "GNU 12.2.0"
  std::string_view flags;     ///< of the build type
  std::string_view type;      ///< "Release"
};

const BuildInfo& build_info();

}  // namespace trainmark::core

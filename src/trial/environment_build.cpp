// How this program was built, and with which libraries.
#include <fmt/format.h>
#include <zlib.h>
#if defined(__GLIBC__)
#include <gnu/libc-version.h>
#endif

#include "backends/backend.hpp"
#include "core/build_info.hpp"
#include "trial/environment.hpp"

namespace trainmark::trial {

core::Json describe_build() {
  core::Json libraries = {{"fmt", fmt::format("{}.{}.{}", FMT_VERSION / 10000, FMT_VERSION / 100 % 100, FMT_VERSION % 100)},
                          {"nlohmann-json", fmt::format("{}.{}.{}", NLOHMANN_JSON_VERSION_MAJOR, NLOHMANN_JSON_VERSION_MINOR, NLOHMANN_JSON_VERSION_PATCH)},
                          {"zlib", zlibVersion()}};
#if defined(__GLIBC__)
  libraries["glibc"] = gnu_get_libc_version();
#endif
  for (const auto& backend : backends::backends()) {  // "Highway 1.0.3"
    const size_t space = backend.version.find(' ');
    if (backend.version.rfind("Highway", 0) == 0 && space != std::string::npos) libraries["highway"] = backend.version.substr(space + 1);
  }
  const auto& build = core::build_info();
  return {{"version", build.version}, {"git_commit", build.commit}, {"compiler", build.compiler},
          {"flags", build.flags},     {"type", build.type},         {"libraries", libraries}};
}

}  // namespace trainmark::trial

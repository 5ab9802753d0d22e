#include "cli/framework_state.hpp"

#include <fmt/format.h>

namespace trainmark::cli {

std::string framework_state(const platforms::Readiness& ready) {
  if (ready.state != platforms::State::kReady) return ready.remedy.empty() ? ready.reason : fmt::format("{}: {}", ready.reason, ready.remedy);
  std::string versions;
  for (const auto& [package, version] : ready.environment->versions) versions += fmt::format("{}{} {}", versions.empty() ? "" : ", ", package, version);
  return versions.empty() ? "set up" : versions;
}

}  // namespace trainmark::cli

#include "platforms/readiness.hpp"

#include <fmt/format.h>

#include <cstdlib>

#include "core/check.hpp"
#include "platforms/adapters.hpp"
#include "platforms/devices.hpp"
#include "platforms/programs.hpp"

namespace trainmark::platforms {
namespace {

namespace fs = std::filesystem;
using core::Result;

std::string full_name(const PlatformName& name) { return name.version.empty() ? name.platform : fmt::format("{}@{}", name.platform, name.version); }

Readiness impossible(std::string reason, std::string remedy = "") { return {State::kImpossible, std::move(reason), std::move(remedy), {}}; }

}  // namespace

std::string_view state_name(State state) {
  switch (state) {
    case State::kReady:
      return "ready";
    case State::kNotSetUp:
      return "not set up";
    case State::kImpossible:
      return "not possible here";
  }
  CHECK(false, "unknown state of a platform");
}

Readiness readiness(const PlatformName& name, const FrameworkPlatform& platform, const fs::path& python) {
  if (const auto device = check_device(platform.device); !device) return impossible(device.error().message);
  if (name.mode == "compile" && find_cpp_compiler().empty()) {
    return impossible("the mode 'compile' needs a C++ compiler, and there is no c++, g++ or clang++ in PATH", "install one, such as the package g++");
  }
  if (!python.empty()) {
    std::error_code ignored;
    if (fs::is_regular_file(python, ignored)) return {State::kReady, "", "", Environment{fs::absolute(python), true, "", {}}};
    return impossible(fmt::format("there is no Python '{}'", python.string()), "give the path of its python program");
  }
  const std::string remedy = fmt::format("trainmark setup {}", full_name(name));
  auto environment = read_environment(environment_name(platform, name.version));
  if (!environment) return {State::kNotSetUp, environment.error().message, remedy, {}};
  if (!*environment) return {State::kNotSetUp, "to get it", remedy, {}};
  return {State::kReady, "", "", std::move(*environment)};
}

Result<std::vector<std::string>> worker_command(const PlatformName& name, const FrameworkPlatform& platform, const fs::path& python) {
  const auto adapters = adapters_folder();
  if (!adapters) return adapters.error();
  // -E and -s: nothing of PYTHONPATH and of the user's own packages gets in. -u is left out: the helper flushes what it answers.
  std::vector<std::string> command = {
      python.string(),   "-E", "-s", (*adapters / platform.adapter).string(), "--platform", name.platform, "--threads", "{threads}", "--compiler-cache",
      "{compiler_cache}"};
  if (!name.mode.empty()) command.insert(command.end(), {"--mode", name.mode});
  return command;
}

}  // namespace trainmark::platforms

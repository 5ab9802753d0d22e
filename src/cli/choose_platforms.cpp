#include "cli/choose_platforms.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "backends/backend.hpp"
#include "cli/framework_state.hpp"
#include "core/suggest.hpp"
#include "platforms/readiness.hpp"
#include "platforms/twin.hpp"

namespace trainmark::cli {
namespace {

using core::Result;
using core::usage_error;

// A platform of a framework gets the command that starts its worker. The reason when it cannot run here, with what would help.
Result<void> use_framework(const platforms::PlatformName& name, const platforms::FrameworkPlatform& framework, workload::PlatformChoice& platform) {
  if (auto known = platforms::check_platform_name(name, framework); !known) return known;
  const auto ready = platforms::readiness(name, framework, platform.python);
  if (ready.state != platforms::State::kReady) {
    return core::unavailable(fmt::format("{}; {}", platforms::state_name(ready.state), framework_state(ready)));
  }
  auto command = platforms::worker_command(name, framework, ready.environment->python);
  if (!command) return command.error();
  platform.command = std::move(*command);
  return {};
}

Result<void> use_platform(workload::PlatformChoice& platform) {
  if (!platform.command.empty()) return workload::check_command(platform);
  if (backends::find_backend(platform.name) != nullptr) return {};
  const auto name = platforms::split_platform_name(platform.name);
  if (const auto* framework = platforms::find_framework(name)) return use_framework(name, *framework, platform);
  const auto known = platforms::all_platform_names();
  return core::unavailable(fmt::format("there is no such platform{}; known are {}", core::did_you_mean(name.platform, known), fmt::join(known, ", ")));
}

}  // namespace

Result<std::vector<workload::PlatformChoice>> choose_platforms(const workload::Study& study, std::vector<trial::SkipRecord>& skips) {
  std::vector<workload::PlatformChoice> chosen;
  for (workload::PlatformChoice platform : study.platforms) {
    // A twin is its platform under another name, with the same worker.
    const bool twice = std::any_of(chosen.begin(), chosen.end(), [&](const auto& p) { return p.name == platform.name; });
    if (twice)
      return usage_error(
          fmt::format("--platform names '{}' twice; name it once and use --repetitions, or '{}#2' to measure it against itself", platform.name, platform.name));
    const std::string name = platform.name;
    platform.name = platforms::base_name(name);
    const auto used = use_platform(platform);
    platform.name = name;
    if (used) {
      chosen.push_back(std::move(platform));
    } else if (used.error().kind != core::ErrorKind::kUnavailable) {
      return used.error();
    } else if (platform.by_hand) {
      return core::unavailable(fmt::format("--platform {}: {}", platform.name, used.error().message));
    } else {
      skips.push_back({"", platform.name, used.error().message});
    }
  }
  if (chosen.empty()) return usage_error(fmt::format("none of the platforms of '{}' can run here; 'trainmark list platforms' shows what can", study.name));
  return chosen;
}

bool takes_device(const std::string& name) {
  const std::string platform = platforms::base_name(name);
  if (backends::find_backend(platform) != nullptr) return false;
  const auto* framework = platforms::find_framework(platforms::split_platform_name(platform));
  return framework == nullptr || framework->device != platforms::Device::kCpu;
}

Result<void> check_device(int64_t device, const std::vector<workload::PlatformChoice>& platforms) {
  const bool any = std::any_of(platforms.begin(), platforms.end(), [](const workload::PlatformChoice& p) { return takes_device(p.name); });
  if (device == 0 || any) return {};
  std::vector<std::string> names;
  for (const workload::PlatformChoice& platform : platforms) names.push_back(platform.name);
  return usage_error(fmt::format("--device {}: no platform of this run is on a GPU; {} {} only device 0, the processor; leave --device out or say 0", device,
                                 fmt::join(names, ", "), names.size() == 1 ? "has" : "have"));
}

}  // namespace trainmark::cli

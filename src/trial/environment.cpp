// The whole, with memory, devices and time.
#include "trial/environment.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <cstdlib>
#include <ctime>

#include "core/clock.hpp"
#include "core/json_null.hpp"
#include "instruments/system_files.hpp"

namespace trainmark::trial {
core::Json describe_memory(const EnvironmentOptions& options) {
  core::Json memory = {{"total_bytes", nullptr}, {"available_bytes", nullptr}, {"swap_bytes", nullptr}, {"swap_used_bytes", nullptr}};
  core::Json swap_free;
  for (const auto& line : instruments::lines_of(options.root / "proc/meminfo")) {
    const auto bytes = [&](const char* name) { return std::atoll(line.c_str() + std::string_view(name).size()) * 1024; };
    for (const auto& [name, key] : {std::pair{"MemTotal:", "total_bytes"}, {"MemAvailable:", "available_bytes"}, {"SwapTotal:", "swap_bytes"}}) {
      if (line.rfind(name, 0) == 0) memory[key] = bytes(name);
    }
    if (line.rfind("SwapFree:", 0) == 0) swap_free = bytes("SwapFree:");
  }
  if (memory["swap_bytes"].is_number() && swap_free.is_number()) {
    memory["swap_used_bytes"] = memory["swap_bytes"].get<int64_t>() - swap_free.get<int64_t>();
  }
  return memory;
}

void describe_gpus(core::Json& environment, const std::string& nvml_library) {
  environment["gpus"] = core::Json::array();
  environment["gpu_driver"] = nullptr;
  environment["gpu_reason"] = nullptr;
  const auto nvml = instruments::Nvml::open(nvml_library);
  if (!nvml) {
    environment["gpu_reason"] = nvml.error().message;
    return;
  }
  environment["gpu_driver"] = core::or_null(nvml->driver_version());
  for (int64_t device = 0; device < nvml->device_count(); ++device) {
    const auto limit_mw = nvml->power_limit_mw(device);
    environment["gpus"].push_back({{"index", nvml->index(device)},
                                   {"name", core::or_null(nvml->name(device))},
                                   {"memory_bytes", core::or_null(nvml->memory_bytes(device))},
                                   {"power_limit_w", limit_mw ? core::Json(static_cast<double>(*limit_mw) * 1e-3) : core::Json()}});
  }
}

core::Json environment(const EnvironmentOptions& options) {
  const std::time_t now = std::time(nullptr);
  core::Json found = {{"label", options.label.empty() ? core::Json() : core::Json(options.label)},
                      {"cpu", describe_cpu(options)},
                      {"memory", describe_memory(options)},
                      {"system", describe_system(options)},
                      {"build", describe_build()},
                      {"time", {{"wall_ns", core::wall_clock_ns()}, {"utc", fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(now))}}}};
  describe_gpus(found, options.nvml_library);
  return found;
}

}  // namespace trainmark::trial

// The whole, and what /proc and /sys say about memory and the system.
#include "trial/environment.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/utsname.h>

#include <cstdlib>
#include <ctime>
#include <filesystem>

#include "core/clock.hpp"
#include "trial/system_files.hpp"

namespace trainmark::trial {
namespace {

core::Json text_or_null(const std::string& text) { return text.empty() ? core::Json() : core::Json(text); }

/// "NAME=value" lines of /etc/os-release.
core::Json distribution() {
  for (const auto& line : lines_of("/etc/os-release")) {
    if (line.rfind("PRETTY_NAME=", 0) != 0) continue;
    std::string name = line.substr(12);
    if (name.size() >= 2 && name.front() == '"') name = name.substr(1, name.size() - 2);
    return name;
  }
  return nullptr;
}

/// The hypervisor or the translation layer, as far as the system tells; null when nothing points to one.
core::Json virtualisation() {
  for (const char* path : {"/sys/hypervisor/type", "/sys/class/dmi/id/product_name"}) {
    const std::string name = first_line(path);
    for (const char* known : {"xen", "KVM", "Virtual", "VMware", "VirtualBox", "QEMU", "HVM", "Firecracker"}) {
      if (name.find(known) != std::string::npos) return name;
    }
  }
  for (const auto& line : lines_of("/proc/cpuinfo")) {
    if (line.rfind("flags", 0) == 0) return line.find(" hypervisor") != std::string::npos ? core::Json("a hypervisor (CPU flag)") : core::Json();
  }
  return nullptr;
}

core::Json container() {
  std::error_code ignored;
  if (std::filesystem::exists("/.dockerenv", ignored)) return "docker";
  if (std::filesystem::exists("/run/.containerenv", ignored)) return "podman";
  if (const char* named = std::getenv("container")) return named;
  return nullptr;
}

/// The control group's limits: CPUs as a number (quota / period), memory in bytes; null where there is none.
core::Json limits() {
  core::Json found = {{"cpus", nullptr}, {"memory_bytes", nullptr}};
  for (const auto& [controllers, path] : control_groups()) {
    if (controllers.empty()) {
      const std::string base = "/sys/fs/cgroup" + path;
      long long quota = 0, period = 0;
      if (std::sscanf(first_line(base + "/cpu.max").c_str(), "%lld %lld", &quota, &period) == 2 && period > 0) {
        found["cpus"] = static_cast<double>(quota) / static_cast<double>(period);
      }
      const std::string memory = first_line(base + "/memory.max");
      if (!memory.empty() && memory != "max") found["memory_bytes"] = std::atoll(memory.c_str());
    } else if (controllers == "memory") {
      const long long bytes = std::atoll(first_line("/sys/fs/cgroup/memory" + path + "/memory.limit_in_bytes").c_str());
      if (bytes > 0 && bytes < (1LL << 60)) found["memory_bytes"] = bytes;  // no limit is a number near 2^63
    } else if (controllers.find("cpu") == 0) {
      const long long quota = std::atoll(first_line("/sys/fs/cgroup/cpu" + path + "/cpu.cfs_quota_us").c_str());
      const long long period = std::atoll(first_line("/sys/fs/cgroup/cpu" + path + "/cpu.cfs_period_us").c_str());
      if (quota > 0 && period > 0) found["cpus"] = static_cast<double>(quota) / static_cast<double>(period);
    }
  }
  return found;
}

}  // namespace

core::Json describe_memory() {
  core::Json memory = {{"total_bytes", nullptr}, {"available_bytes", nullptr}, {"swap_bytes", nullptr}};
  for (const auto& line : lines_of("/proc/meminfo")) {
    for (const auto& [name, key] : {std::pair{"MemTotal:", "total_bytes"}, {"MemAvailable:", "available_bytes"}, {"SwapTotal:", "swap_bytes"}}) {
      if (line.rfind(name, 0) == 0) memory[key] = std::atoll(line.c_str() + std::string_view(name).size()) * 1024;
    }
  }
  return memory;
}

core::Json describe_system() {
  utsname names{};
  uname(&names);
  double load[1] = {};
  return {{"kernel", fmt::format("{} {}", names.sysname, names.release)},
          {"architecture", names.machine},
          {"host", text_or_null(names.nodename)},
          {"distribution", distribution()},
          {"virtualisation", virtualisation()},
          {"container", container()},
          {"limits", limits()},
          {"load_1_minute", getloadavg(load, 1) == 1 ? core::Json(load[0]) : core::Json()}};
}

core::Json environment() {
  const std::time_t now = std::time(nullptr);
  return {{"cpu", describe_cpu()},
          {"memory", describe_memory()},
          {"system", describe_system()},
          {"build", describe_build()},
          {"time", {{"wall_ns", core::wall_clock_ns()}, {"utc", fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(now))}}}};
}

}  // namespace trainmark::trial

// The system around the processes: kernel, hypervisor, translation, container and its limits, load.
#include <fmt/format.h>
#include <sys/utsname.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "core/json_null.hpp"
#include "instruments/system_files.hpp"
#include "trial/environment.hpp"

namespace trainmark::trial {
namespace {

namespace fs = std::filesystem;

/// "NAME=value" lines of /etc/os-release.
core::Json distribution(const fs::path& root) {
  for (const auto& line : instruments::lines_of(root / "etc/os-release")) {
    if (line.rfind("PRETTY_NAME=", 0) != 0) continue;
    std::string name = line.substr(12);
    if (name.size() >= 2 && name.front() == '"') name = name.substr(1, name.size() - 2);
    return name;
  }
  return nullptr;
}

/// The hypervisor, as far as the system tells; null when nothing points to one.
core::Json virtualisation(const fs::path& root) {
  for (const char* path : {"sys/hypervisor/type", "sys/class/dmi/id/product_name"}) {
    const std::string name = instruments::first_line(root / path);
    for (const char* known : {"xen", "KVM", "Virtual", "VMware", "VirtualBox", "QEMU", "HVM", "Firecracker"}) {
      if (name.find(known) != std::string::npos) return name;
    }
  }
  for (const auto& line : instruments::lines_of(root / "proc/cpuinfo")) {
    if (line.rfind("flags", 0) == 0) return line.find(" hypervisor") != std::string::npos ? core::Json("a hypervisor (CPU flag)") : core::Json();
  }
  return nullptr;
}

/// Something that translates instructions or system calls; null when nothing points to one.
core::Json translation(const fs::path& root, const std::string& kernel) {
  if (kernel.find("microsoft") != std::string::npos || kernel.find("Microsoft") != std::string::npos) return "Windows Subsystem for Linux";
  for (const auto& line : instruments::lines_of(root / "proc/cpuinfo")) {
    if (line.find("VirtualApple") != std::string::npos) return "Rosetta";
    if (line.find("QEMU TCG") != std::string::npos) return "QEMU without hardware virtualisation";
  }
  return nullptr;
}

core::Json container(const fs::path& root) {
  std::error_code ignored;
  if (fs::exists(root / ".dockerenv", ignored)) return "docker";
  if (fs::exists(root / "run/.containerenv", ignored)) return "podman";
  if (const char* named = std::getenv("container"); named != nullptr && root == "/") return named;
  return nullptr;
}

void tighten(core::Json& limit, double value) {
  if (limit.is_null() || limit.get<double>() > value) limit = value;
}
void tighten(core::Json& limit, long long value) {
  if (limit.is_null() || limit.get<long long>() > value) limit = value;
}

/// Limits that one folder of a control group sets.
void add_limits_v2(core::Json& found, const fs::path& group) {
  long long quota = 0, period = 0;
  if (std::sscanf(instruments::first_line(group / "cpu.max").c_str(), "%lld %lld", &quota, &period) == 2 && period > 0) {
    tighten(found["cpus"], static_cast<double>(quota) / static_cast<double>(period));
  }
  const std::string memory = instruments::first_line(group / "memory.max");
  if (!memory.empty() && memory != "max") tighten(found["memory_bytes"], std::atoll(memory.c_str()));
}

void add_limits_v1(core::Json& found, const std::string& controllers, const fs::path& mount, const fs::path& path) {
  if (controllers == "memory") {
    const long long bytes = std::atoll(instruments::first_line(mount / "memory" / path / "memory.limit_in_bytes").c_str());
    if (bytes > 0 && bytes < (1LL << 60)) tighten(found["memory_bytes"], bytes);  // no limit is a number near 2^63
  } else if (controllers.find("cpu") == 0) {
    const long long quota = std::atoll(instruments::first_line(mount / "cpu" / path / "cpu.cfs_quota_us").c_str());
    const long long period = std::atoll(instruments::first_line(mount / "cpu" / path / "cpu.cfs_period_us").c_str());
    if (quota > 0 && period > 0) tighten(found["cpus"], static_cast<double>(quota) / static_cast<double>(period));
  }
}

/// The control groups' limits: CPUs as a number (quota / period), memory in bytes; null where there is none. A group is bound by those
/// above it too. Within a container the path is often that of the host, and the mount is the group itself.
core::Json limits(const fs::path& root) {
  core::Json found = {{"cpus", nullptr}, {"memory_bytes", nullptr}};
  const fs::path mount = root / "sys/fs/cgroup";
  for (const auto& [controllers, group] : instruments::control_groups(root)) {
    fs::path path = fs::path(group).relative_path();
    while (true) {
      if (controllers.empty()) {
        add_limits_v2(found, mount / path);
      } else {
        add_limits_v1(found, controllers, mount, path);
      }
      if (path.empty()) break;
      path = path.parent_path();
    }
  }
  return found;
}

struct Load {
  core::Json last_minute, running;
};

/// Mean number of processes that ran or waited over the last minute, and how many run now beside ourselves: the fewest of some looks, so
/// that passing ones do not count.
Load load(const fs::path& root) {
  constexpr int kLooks = 5;
  Load found;
  for (int look = 0; look < kLooks; ++look) {
    double minute = 0;
    int running = 0;
    if (std::sscanf(instruments::first_line(root / "proc/loadavg").c_str(), "%lf %*f %*f %d/", &minute, &running) != 2) return found;
    const int others = std::max(0, running - 1);
    found.last_minute = minute;
    found.running = found.running.is_null() ? others : std::min(found.running.get<int>(), others);
    if (others == 0) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return found;
}

}  // namespace

core::Json describe_system(const EnvironmentOptions& options) {
  utsname names{};
  uname(&names);
  const std::string type = instruments::first_line(options.root / "proc/sys/kernel/ostype"),
                    release = instruments::first_line(options.root / "proc/sys/kernel/osrelease");
  const Load now = load(options.root);
  return {{"kernel", release.empty() ? core::Json() : core::Json(fmt::format("{} {}", type, release))},
          {"architecture", names.machine},
          {"host", core::text_or_null(instruments::first_line(options.root / "proc/sys/kernel/hostname"))},
          {"distribution", distribution(options.root)},
          {"virtualisation", virtualisation(options.root)},
          {"translation", translation(options.root, release)},
          {"container", container(options.root)},
          {"limits", limits(options.root)},
          {"load_1_minute", now.last_minute},
          {"running", now.running}};
}

}  // namespace trainmark::trial

#include "instruments/machine_reading.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>

namespace trainmark::instruments {
namespace {

std::optional<int64_t> number_in(const std::string& path) {
  std::ifstream file(path);
  int64_t value = 0;
  return file >> value ? std::optional(value) : std::nullopt;
}

std::string cpu_folder(const MachineFiles& files, int cpu) { return files.root + "/sys/devices/system/cpu/cpu" + std::to_string(cpu); }

bool holds(const std::vector<int>& cpus, int cpu) { return std::find(cpus.begin(), cpus.end(), cpu) != cpus.end(); }

/// Lines "cpu7 user nice system idle iowait irq softirq steal ...", in ticks.
void read_stat(const MachineFiles& files, MachineReading& reading) {
  const int64_t tick_ns = 1'000'000'000 / sysconf(_SC_CLK_TCK);
  std::ifstream file(files.root + "/proc/stat");
  for (std::string line; std::getline(file, line);) {
    int cpu = 0;
    long long user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0, steal = 0;
    if (line.compare(0, 3, "cpu") != 0) break;  // the rest, interrupts by number, is long
    if (std::sscanf(line.c_str(), "cpu%d %lld %lld %lld %lld %lld %lld %lld %lld", &cpu, &user, &nice, &system, &idle, &iowait, &irq, &softirq, &steal) != 9)
      continue;
    if (holds(files.allowed, cpu)) reading.busy_ns += (user + nice + system + irq + softirq) * tick_ns;
    if (holds(files.cpus, cpu)) reading.steal_ns += steal * tick_ns;
  }
}

std::optional<int64_t> thermal_throttles(const MachineFiles& files) {
  std::optional<int64_t> sum;
  for (const int cpu : files.cpus) {
    for (const char* counter : {"core_throttle_count", "package_throttle_count"}) {
      const auto count = number_in(cpu_folder(files, cpu) + "/thermal_throttle/" + counter);
      if (count) sum = sum.value_or(0) + *count;
    }
  }
  return sum;
}

/// Version 2 counts throttled_usec, version 1 throttled_time in nanoseconds.
std::optional<int64_t> throttled_ns(const std::vector<std::string>& paths) {
  std::optional<int64_t> sum;
  for (const std::string& path : paths) {
    std::ifstream file(path);
    std::string key;
    for (int64_t value = 0; file >> key >> value;) {
      if (key == "throttled_usec") sum = sum.value_or(0) + value * 1000;
      if (key == "throttled_time") sum = sum.value_or(0) + value;
    }
  }
  return sum;
}

std::optional<int64_t> difference(const std::optional<int64_t>& after, const std::optional<int64_t>& before) {
  if (!after || !before) return std::nullopt;
  return *after - *before;
}

/// "processor : 3" begins what "cpu MHz : 2596.1" is of.
std::map<int, double> cpuinfo_mhz(const std::string& root) {
  std::map<int, double> mhz;
  std::ifstream file(root + "/proc/cpuinfo");
  int cpu = -1;
  for (std::string line; std::getline(file, line);) {
    const size_t colon = line.find(':');
    if (colon == std::string::npos) continue;
    if (line.compare(0, 9, "processor") == 0) cpu = std::atoi(line.c_str() + colon + 1);
    if (line.compare(0, 7, "cpu MHz") == 0) mhz[cpu] = std::atof(line.c_str() + colon + 1);
  }
  return mhz;
}

}  // namespace

std::vector<std::string> throttle_files(const std::string& root) {
  std::vector<std::string> paths;
  std::ifstream groups(root + "/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {  // "ID:CONTROLLERS:PATH"
    const size_t first = line.find(':'), second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const bool has_cpu = controllers.empty() || ("," + controllers + ",").find(",cpu,") != std::string::npos;
    if (!has_cpu) continue;
    const std::string mount = root + "/sys/fs/cgroup" + (controllers.empty() ? "" : "/" + controllers);
    // The path is that of the whole machine; within a container the mount may be our own group, and deeper folders missing.
    for (std::string path = line.substr(second + 1);; path = path.substr(0, path.rfind('/'))) {
      if (path == "/") path = "";
      const std::string file = mount + path + "/cpu.stat";
      if (std::ifstream(file).good()) paths.push_back(file);
      if (path.empty()) break;
    }
  }
  return paths;
}

MachineReading read_machine(const MachineFiles& files) {
  MachineReading reading;
  read_stat(files, reading);
  reading.thermal_throttles = thermal_throttles(files);
  reading.cgroup_throttled_ns = throttled_ns(files.throttle);
  return reading;
}

MachineReading operator-(const MachineReading& after, const MachineReading& before) {
  return {after.busy_ns - before.busy_ns, after.steal_ns - before.steal_ns, difference(after.thermal_throttles, before.thermal_throttles),
          difference(after.cgroup_throttled_ns, before.cgroup_throttled_ns)};
}

std::optional<double> frequency_mhz(const MachineFiles& files) {
  double sum = 0;
  int known = 0;
  for (const int cpu : files.cpus) {
    if (const auto khz = number_in(cpu_folder(files, cpu) + "/cpufreq/scaling_cur_freq")) {
      sum += static_cast<double>(*khz) * 1e-3;
      ++known;
    }
  }
  if (known == 0) {
    for (const auto& [cpu, mhz] : cpuinfo_mhz(files.root)) {
      if (!holds(files.cpus, cpu)) continue;
      sum += mhz;
      ++known;
    }
  }
  return known > 0 ? std::optional(sum / known) : std::nullopt;
}

}  // namespace trainmark::instruments

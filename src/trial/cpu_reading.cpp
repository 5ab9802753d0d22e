// Reading of clocks, /proc/PID/task/*/status and /proc/stat.
#include "trial/cpu_reading.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>

namespace trainmark::trial {
namespace {

/// The beginning of a small file, "" when it cannot be read.
const char* read_text(const std::string& path, char (&text)[4096]) {
  text[0] = '\0';
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return text;
  const ssize_t length = read(fd, text, sizeof text - 1);
  close(fd);
  text[length > 0 ? length : 0] = '\0';
  return text;
}

int64_t cpu_time_ns(pid_t pid) {
  clockid_t clock{};
  timespec time{};
  if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &time) != 0) return 0;
  return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

int64_t involuntary_switches(pid_t pid) {
  constexpr const char* kField = "\nnonvoluntary_ctxt_switches:";
  const std::string folder = "/proc/" + std::to_string(pid) + "/task";
  DIR* threads = opendir(folder.c_str());
  if (threads == nullptr) return 0;
  int64_t switches = 0;
  char text[4096];
  while (const dirent* entry = readdir(threads)) {
    if (entry->d_name[0] == '.') continue;
    const char* found = std::strstr(read_text(folder + "/" + entry->d_name + "/status", text), kField);
    if (found != nullptr) switches += std::strtoll(found + std::strlen(kField), nullptr, 10);
  }
  closedir(threads);
  return switches;
}

int64_t steal_ns() {
  char text[4096];
  long long user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0, steal = 0;
  const char* line = read_text("/proc/stat", text);
  if (std::sscanf(line, "cpu %lld %lld %lld %lld %lld %lld %lld %lld", &user, &nice, &system, &idle, &iowait, &irq, &softirq, &steal) != 8) return 0;
  return steal * (1'000'000'000 / sysconf(_SC_CLK_TCK));
}

}  // namespace

CpuReading read_cpu(std::span<const pid_t> processes) {
  CpuReading sum;
  for (const pid_t pid : processes) {
    sum.cpu_ns += cpu_time_ns(pid);
    sum.involuntary_switches += involuntary_switches(pid);
  }
  sum.steal_ns = steal_ns();
  return sum;
}

CpuReading operator-(const CpuReading& after, const CpuReading& before) {
  return {after.cpu_ns - before.cpu_ns, after.involuntary_switches - before.involuntary_switches, after.steal_ns - before.steal_ns};
}

}  // namespace trainmark::trial

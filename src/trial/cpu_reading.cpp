// Reading of clocks and of /proc/PID/stat, /proc/PID/task/*/status, schedstat and stat.
#include "trial/cpu_reading.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>

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

/// Calls `take` with the number and the folder of every thread of the process.
template <class Take>
void for_each_thread(pid_t pid, const std::string& proc, Take&& take) {
  const std::string folder = proc + "/" + std::to_string(pid) + "/task";
  DIR* threads = opendir(folder.c_str());
  if (threads == nullptr) return;
  while (const dirent* entry = readdir(threads)) {
    if (entry->d_name[0] != '.') take(static_cast<pid_t>(std::atoi(entry->d_name)), folder + "/" + entry->d_name);
  }
  closedir(threads);
}

int64_t involuntary_switches(pid_t pid, const std::string& proc) {
  constexpr const char* kField = "\nnonvoluntary_ctxt_switches:";
  int64_t switches = 0;
  char text[4096];
  for_each_thread(pid, proc, [&](pid_t, const std::string& folder) {
    const char* found = std::strstr(read_text(folder + "/status", text), kField);
    if (found != nullptr) switches += std::strtoll(found + std::strlen(kField), nullptr, 10);
  });
  return switches;
}

/// What stands in a stat file after the name, which may hold anything, brackets too: "S 1 2 ...", fields 3 onwards. "" when there is none.
const char* after_name(const char* stat) {
  const char* bracket = std::strrchr(stat, ')');
  return bracket == nullptr ? "" : bracket + 1;
}

int64_t major_faults(pid_t pid, const std::string& proc) {
  char text[4096];
  long long faults = 0;  // field 12
  const char* fields = after_name(read_text(proc + "/" + std::to_string(pid) + "/stat", text));
  return std::sscanf(fields, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %lld", &faults) == 1 ? faults : 0;
}

int64_t thread_ns(const std::string& folder) {
  char text[4096];
  long long ns = 0, user = 0, system = 0;
  if (std::sscanf(read_text(folder + "/schedstat", text), "%lld", &ns) == 1) return ns;
  const char* fields = after_name(read_text(folder + "/stat", text));  // user and system time are fields 14 and 15
  if (std::sscanf(fields, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lld %lld", &user, &system) != 2) return 0;
  return (user + system) * (1'000'000'000 / sysconf(_SC_CLK_TCK));
}

}  // namespace

CpuReading read_cpu(std::span<const pid_t> processes, const std::string& proc) {
  CpuReading sum;
  for (const pid_t pid : processes) {
    sum.cpu_ns += cpu_time_ns(pid);
    sum.involuntary_switches += involuntary_switches(pid, proc);
    sum.major_faults += major_faults(pid, proc);
  }
  return sum;
}

CpuReading operator-(const CpuReading& after, const CpuReading& before) {
  return {after.cpu_ns - before.cpu_ns, after.involuntary_switches - before.involuntary_switches, after.major_faults - before.major_faults};
}

std::map<pid_t, int64_t> read_threads(std::span<const pid_t> processes, const std::string& proc) {
  std::map<pid_t, int64_t> threads;
  for (const pid_t pid : processes) {
    for_each_thread(pid, proc, [&](pid_t thread, const std::string& folder) { threads[thread] = thread_ns(folder); });
  }
  return threads;
}

}  // namespace trainmark::trial

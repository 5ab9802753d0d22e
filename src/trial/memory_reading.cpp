// Parsing of /proc/PID/status: lines "Name:   123 kB".
#include "trial/memory_reading.hpp"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace trainmark::trial {
namespace {

int64_t field_bytes(const char* text, const char* name) {
  const char* found = std::strstr(text, name);
  return found == nullptr ? 0 : std::strtoll(found + std::strlen(name), nullptr, 10) * 1024;
}

}  // namespace

MemoryReading read_memory(std::span<const pid_t> processes) {
  MemoryReading sum;
  for (const pid_t pid : processes) {
    char path[40], text[4096];
    std::snprintf(path, sizeof path, "/proc/%d/status", pid);
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) continue;
    const ssize_t length = read(fd, text, sizeof text - 1);
    close(fd);
    if (length <= 0) continue;
    text[length] = '\0';
    sum.peak_rss_bytes += field_bytes(text, "\nVmHWM:");
    sum.rss_anon_bytes += field_bytes(text, "\nRssAnon:");
    sum.rss_file_bytes += field_bytes(text, "\nRssFile:");
  }
  return sum;
}

std::optional<int64_t> read_pss(std::span<const pid_t> processes) {
  std::optional<int64_t> sum;
  for (const pid_t pid : processes) {
    char path[40], text[2048];
    std::snprintf(path, sizeof path, "/proc/%d/smaps_rollup", pid);
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT && kill(pid, 0) != 0) continue;
    const ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    if (fd >= 0) close(fd);
    if (length <= 0) return std::nullopt;
    text[length] = '\0';
    sum = sum.value_or(0) + field_bytes(text, "\nPss:");
  }
  return sum;
}

bool reset_peak_memory(std::span<const pid_t> processes) {
  bool done = true;
  for (const pid_t pid : processes) {
    char path[40];
    std::snprintf(path, sizeof path, "/proc/%d/clear_refs", pid);
    const int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) {
      done = done && errno == ENOENT && kill(pid, 0) != 0;
      continue;
    }
    done = write(fd, "5", 1) == 1 && done;
    close(fd);
  }
  return done;
}

}  // namespace trainmark::trial

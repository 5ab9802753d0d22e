// Readers of /proc/PID/stat. The name in its second field may hold anything, brackets too, hence the search for the last ')'.
#include "trial/process_tree.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace trainmark::trial {

namespace {

bool read_stat(const char* path, ProcessStat& stat) {
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  char text[512];
  const ssize_t length = read(fd, text, sizeof text - 1);
  close(fd);
  if (length <= 0) return false;
  text[length] = '\0';
  const char* after_name = std::strrchr(text, ')');
  return after_name != nullptr && std::sscanf(after_name + 1, " %c %d %d", &stat.state, &stat.parent, &stat.group) == 3;
}

}  // namespace

bool read_process_stat(pid_t pid, ProcessStat& stat) {
  char path[40];
  std::snprintf(path, sizeof path, "/proc/%d/stat", pid);
  stat.pid = pid;
  return read_stat(path, stat);
}

bool has_running_thread(pid_t pid) {
  char path[300];
  std::snprintf(path, sizeof path, "/proc/%d/task", pid);
  DIR* threads = opendir(path);
  if (threads == nullptr) return false;
  bool running = false;
  while (const dirent* entry = readdir(threads)) {
    if (entry->d_name[0] == '.') continue;
    std::snprintf(path, sizeof path, "/proc/%d/task/%s/stat", pid, entry->d_name);
    ProcessStat stat;
    if (read_stat(path, stat) && std::strchr("TtZX", stat.state) == nullptr) running = true;
  }
  closedir(threads);
  return running;
}

std::vector<ProcessStat> all_processes() {
  std::vector<ProcessStat> found;
  DIR* folder = opendir("/proc");
  if (folder == nullptr) return found;
  while (const dirent* entry = readdir(folder)) {
    const long pid = std::strtol(entry->d_name, nullptr, 10);
    ProcessStat stat;
    if (pid > 0 && read_process_stat(static_cast<pid_t>(pid), stat)) found.push_back(stat);
  }
  closedir(folder);
  return found;
}

std::vector<pid_t> members_of_group(pid_t group) {
  std::vector<pid_t> members;
  for (const auto& process : all_processes()) {
    if (process.group == group && process.state != 'Z' && process.state != 'X') members.push_back(process.pid);
  }
  return members;
}

std::vector<pid_t> children_of(pid_t parent) {
  std::vector<pid_t> children;
  for (const auto& process : all_processes()) {
    if (process.parent == parent) children.push_back(process.pid);
  }
  return children;
}

}  // namespace trainmark::trial

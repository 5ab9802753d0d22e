// Ends of processes in words, and the kernel's counters of out-of-memory kills.
#include "trial/process_end.hpp"

#include <fmt/format.h>
#include <sys/wait.h>

#include <csignal>
#include <cstring>
#include <fstream>
#include <sstream>

#include "instruments/system_files.hpp"

namespace trainmark::trial {
namespace {

/// The value after `key` in a file of lines "key value", or 0.
int64_t read_counter(const std::string& path, const std::string& key) {
  std::ifstream file(path);
  std::string name;
  int64_t value = 0;
  while (file >> name >> value) {
    if (name == key) return value;
  }
  return 0;
}

}  // namespace

std::string describe(const ProcessEnd& end) {
  if (!end.known) return "ended in a way that could not be observed, because its launcher was killed too";
  if (WIFEXITED(end.status)) return fmt::format("ended with exit code {}", WEXITSTATUS(end.status));
  const int signal = WTERMSIG(end.status);
  if (classify(end) == worker::FailureKind::kOutOfMemory) return "was killed by the kernel because memory ran out";
  return fmt::format("was killed by signal {} ({})", signal, strsignal(signal));
}

worker::FailureKind classify(const ProcessEnd& end) {
  const bool killed = end.known && WIFSIGNALED(end.status) && WTERMSIG(end.status) == SIGKILL;
  return killed && !end.killed_by_us && end.memory_evidence ? worker::FailureKind::kOutOfMemory : worker::FailureKind::kCrashed;
}

int64_t out_of_memory_kills() {
  int64_t kills = read_counter("/proc/vmstat", "oom_kill");
  for (const auto& [controllers, path] : instruments::control_groups()) {
    if (controllers.empty()) kills += read_counter("/sys/fs/cgroup" + path + "/memory.events", "oom_kill");
    if (controllers == "memory") kills += read_counter("/sys/fs/cgroup/memory" + path + "/memory.oom_control", "oom_kill");
  }
  return kills;
}

std::string tail_of(const std::filesystem::path& path, int lines) {
  constexpr std::streamoff kMostBytes = 4096;
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) return {};
  const std::streamoff size = file.tellg();
  file.seekg(std::max<std::streamoff>(0, size - kMostBytes));
  std::ostringstream content;
  content << file.rdbuf();
  std::string text = content.str();
  while (!text.empty() && text.back() == '\n') text.pop_back();
  size_t begin = text.size();
  for (int i = 0; i < lines && begin != std::string::npos && begin > 0; ++i) begin = text.rfind('\n', begin - 1);
  if (begin != std::string::npos && begin < text.size()) text.erase(0, begin + (text[begin] == '\n' ? 1 : 0));
  for (char& c : text) {
    if ((static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t') || c == 0x7f) c = '?';
  }
  return text;
}

}  // namespace trainmark::trial

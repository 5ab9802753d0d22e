// The built program in the background, for tests that disturb it while it runs.
#pragma once

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "core/file.hpp"

namespace trainmark::tests {

/// Starts it in `folder`; its standard error goes to stderr.txt there. TRAINMARK_PROGRAM is the path of the binary, set by CMake.
inline pid_t start_trainmark(const std::vector<std::string>& arguments, const std::filesystem::path& folder) {
  const pid_t child = fork();
  if (child != 0) return child;
  if (chdir(folder.c_str()) != 0 || std::freopen("/dev/null", "w", stdout) == nullptr || std::freopen("stderr.txt", "w", stderr) == nullptr) _exit(126);
  std::vector<char*> argv = {const_cast<char*>("trainmark")};
  for (const std::string& a : arguments) argv.push_back(const_cast<char*>(a.c_str()));
  argv.push_back(nullptr);
  execv(TRAINMARK_PROGRAM, argv.data());
  _exit(127);
}

/// The whole text of a file; "" when it, or the process that it tells of, is gone.
inline std::string read_if_there(const std::filesystem::path& path) {
  const auto text = core::read_file(path);
  return text ? *text : "";
}

/// Processes whose command line or working folder names `text`, but for this one.
inline std::vector<pid_t> processes_naming(const std::string& text) {
  std::vector<pid_t> found;
  std::error_code gone;
  for (std::filesystem::directory_iterator entry("/proc", gone), end; entry != end; entry.increment(gone)) {
    const auto pid = static_cast<pid_t>(std::atoi(entry->path().filename().c_str()));
    if (pid <= 0 || pid == getpid()) continue;
    const auto folder = std::filesystem::read_symlink(entry->path() / "cwd", gone);
    if (folder.string().find(text) != std::string::npos || read_if_there(entry->path() / "cmdline").find(text) != std::string::npos) found.push_back(pid);
  }
  return found;
}

}  // namespace trainmark::tests

// The built program in the background, for tests that disturb it while it runs.
#pragma once

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

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

/// The whole text of a file of /proc, which has no size; "" when it is gone.
inline std::string read_proc(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string((std::istreambuf_iterator<char>(file)), {});
}

/// Processes whose command line or working folder names `text`, but for this one.
inline std::vector<pid_t> processes_naming(const std::string& text) {
  std::vector<pid_t> found;
  std::error_code gone;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const auto pid = static_cast<pid_t>(std::atoi(entry.path().filename().c_str()));
    if (pid <= 0 || pid == getpid()) continue;
    const auto folder = std::filesystem::read_symlink(entry.path() / "cwd", gone);
    if (folder.string().find(text) != std::string::npos || read_proc(entry.path() / "cmdline").find(text) != std::string::npos) found.push_back(pid);
  }
  return found;
}

}  // namespace trainmark::tests

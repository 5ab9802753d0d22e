// The child stays in our process group, so that Ctrl-C on the terminal ends both.
#include "platforms/programs.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>

extern char** environ;

namespace trainmark::platforms {
namespace {

namespace fs = std::filesystem;
using core::Result;

/// Calls `on_line` for every line up to the end of what is written to `fd`; a line without an end counts too.
void read_lines(int fd, const std::function<void(std::string_view)>& on_line) {
  std::string pending;
  std::array<char, 4096> buffer{};
  for (;;) {
    const ssize_t got = ::read(fd, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    pending.append(buffer.data(), static_cast<size_t>(got));
    for (size_t end = pending.find('\n'); end != std::string::npos; end = pending.find('\n')) {
      on_line(std::string_view(pending).substr(0, end));
      pending.erase(0, end + 1);
    }
  }
  if (!pending.empty()) on_line(pending);
}

int wait_for(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace

fs::path find_program(std::string_view name) {
  const char* path = std::getenv("PATH");
  for (std::string_view left = path == nullptr ? "" : path; !left.empty();) {
    const std::string_view folder = left.substr(0, left.find(':'));
    const fs::path candidate = fs::path(folder) / name;
    std::error_code ignored;
    if (fs::is_regular_file(candidate, ignored) && ::access(candidate.c_str(), X_OK) == 0) return candidate;
    left.remove_prefix(std::min(left.size(), folder.size() + 1));
  }
  return {};
}

fs::path find_cpp_compiler() {
  const char* chosen = std::getenv("CXX");
  for (const std::string_view name :
       {std::string_view(chosen == nullptr ? "" : chosen), std::string_view("c++"), std::string_view("g++"), std::string_view("clang++")}) {
    if (name.empty()) continue;
    if (fs::path found = find_program(name); !found.empty()) return found;
  }
  return {};
}

Result<int> run_program(const std::vector<std::string>& words, const std::function<void(std::string_view)>& on_line) {
  std::vector<char*> argv;
  for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) return core::tool_error(fmt::format("cannot make a pipe: {}", std::strerror(errno)));
  for (const int end : ends) ::fcntl(end, F_SETFD, FD_CLOEXEC);  // pipe2 is Linux's only
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
  pid_t child = 0;
  const int problem = ::posix_spawnp(&child, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);
  if (problem == 0) read_lines(ends[0], on_line);
  ::close(ends[0]);
  if (problem != 0) return core::tool_error(fmt::format("cannot start '{}': {}", words[0], std::strerror(problem)));
  return wait_for(child);
}

}  // namespace trainmark::platforms

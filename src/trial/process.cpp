// Starting by posix_spawn of the launcher, and its reports.
#include "trial/process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <thread>
#include <utility>

#include "core/clock.hpp"
#include "trial/launcher.hpp"
#include "trial/process_tree.hpp"

extern char** environ;

namespace trainmark::trial {
namespace {

/// Descriptors that close themselves, all above those that the launcher gets.
struct Pipe {
  int read = -1, write = -1;
  ~Pipe() {
    close_end(read);
    close_end(write);
  }
  static void close_end(int& fd) {
    if (fd >= 0) close(fd);
    fd = -1;
  }
  bool open() {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return false;
    read = fcntl(ends[0], F_DUPFD_CLOEXEC, 10);
    write = fcntl(ends[1], F_DUPFD_CLOEXEC, 10);
    close(ends[0]);
    close(ends[1]);
    return read >= 0 && write >= 0;
  }
};

/// Spawns `arguments` with these descriptors as 0, 1, 2 and 3, in a new process group, with default signals. 0 or errno.
int spawn(const std::vector<std::string>& arguments, int input, int output, int log, int report, pid_t& pid) {
  std::vector<char*> pointers;
  for (const auto& argument : arguments) pointers.push_back(const_cast<char*>(argument.c_str()));
  pointers.push_back(nullptr);
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_adddup2(&files, input, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&files, log, STDERR_FILENO);
  posix_spawn_file_actions_adddup2(&files, report, kReportFd);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none, defaults;
  sigemptyset(&none);
  sigemptyset(&defaults);
  for (const int signal : {SIGINT, SIGTERM, SIGPIPE, SIGCHLD, SIGQUIT, SIGHUP}) sigaddset(&defaults, signal);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &defaults);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  const int failed = posix_spawn(&pid, pointers[0], &files, &attributes, pointers.data(), environ);
  posix_spawn_file_actions_destroy(&files);
  posix_spawnattr_destroy(&attributes);
  return failed;
}

}  // namespace

core::Result<Process> Process::start(const ProcessOptions& options) {
  Process process;
  process.log_ = options.log;
  process.memory_kills_at_start_ = out_of_memory_kills();
  Pipe request, answer, report, log;
  if (!request.open() || !answer.open() || !report.open()) return core::tool_error(fmt::format("cannot make pipes for a worker: {}", std::strerror(errno)));
  const int opened = open(options.log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  log.write = fcntl(opened, F_DUPFD_CLOEXEC, 10);
  if (opened >= 0) close(opened);
  if (log.write < 0) return core::tool_error(fmt::format("cannot write the worker's log '{}': {}", options.log.string(), std::strerror(errno)));

  std::vector<std::string> arguments = {options.program.string(), "launch", std::to_string(getpid()),
                                        options.cpus.empty() ? "all" : fmt::format("{}", fmt::join(options.cpus, ",")), "--"};
  arguments.insert(arguments.end(), options.command.begin(), options.command.end());
  const int failed = spawn(arguments, request.read, answer.write, log.write, report.write, process.launcher_);
  if (failed != 0) {
    process.launcher_ = 0;
    return core::tool_error(fmt::format("cannot start '{}' as launcher of workers: {}", options.program.string(), std::strerror(failed)));
  }
  Pipe::close_end(report.write);
  process.request_fd_ = std::exchange(request.write, -1);
  process.answer_fd_ = std::exchange(answer.read, -1);
  process.report_fd_ = std::exchange(report.read, -1);
  fcntl(process.request_fd_, F_SETFL, O_NONBLOCK);
  fcntl(process.answer_fd_, F_SETFL, O_NONBLOCK);
  constexpr double kStartTimeout_s = 30;
  while (process.report_.find('\n') == std::string::npos && process.read_report(kStartTimeout_s)) {
  }
  // Without that line the launcher was killed: the first request finds the pipe closed, and wait() an end that nobody saw.
  if (std::sscanf(process.report_.c_str(), "pid %d\n", &process.worker_) != 1) return process;
  process.report_.erase(0, process.report_.find('\n') + 1);
  return process;
}

/// Appends what the launcher says; false at its end or after the time.
bool Process::read_report(double timeout_s) {
  pollfd waited{report_fd_, POLLIN, 0};
  const int64_t deadline_ns = core::now_ns() + static_cast<int64_t>(timeout_s * 1e9);
  while (true) {
    const int64_t left_ms = std::max<int64_t>(0, (deadline_ns - core::now_ns() + 999'999) / 1'000'000);
    const int ready = poll(&waited, 1, static_cast<int>(std::min<int64_t>(left_ms, 1'000'000)));
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return false;
    char text[256];
    const ssize_t length = read(report_fd_, text, sizeof text);
    if (length < 0 && errno == EINTR) continue;
    if (length <= 0) return false;
    report_.append(text, static_cast<size_t>(length));
    return true;
  }
}

// kill() only posts the signal. A thread whose CPU is slow to take it, because the hypervisor gave that CPU to somebody else, would
// run on into the next platform's block; so wait until all have stopped.
void Process::stop() {
  if (worker_ <= 0 || end_ || ::kill(-worker_, SIGSTOP) != 0) return;
  constexpr int64_t kPatience_ns = 1'000'000'000;
  const int64_t deadline_ns = core::now_ns() + kPatience_ns;
  while (has_running_thread(worker_) && core::now_ns() < deadline_ns) std::this_thread::sleep_for(std::chrono::microseconds(50));
}

void Process::resume() {
  if (worker_ > 0 && !end_) ::kill(-worker_, SIGCONT);
}

void Process::kill() {
  if (end_) return;
  killed_ = true;
  if (worker_ > 0) ::kill(-worker_, SIGKILL);
  if (launcher_ > 0) ::kill(launcher_, SIGTERM);  // it kills what has left the group
}

std::optional<ProcessEnd> Process::wait(double timeout_s) {
  if (end_) return end_;
  const int64_t deadline_ns = core::now_ns() + static_cast<int64_t>(timeout_s * 1e9);
  while (report_.find('\n') == std::string::npos) {
    const double left_s = static_cast<double>(deadline_ns - core::now_ns()) * 1e-9;
    if (read_report(std::max(0.0, left_s))) continue;
    if (core::now_ns() >= deadline_ns) return std::nullopt;
    break;  // the launcher is gone without a word
  }
  ProcessEnd end;
  long max_rss_kib = 0, cpu_ns = 0;
  end.known = std::sscanf(report_.c_str(), "end %d %ld %ld", &end.status, &max_rss_kib, &cpu_ns) == 3;
  end.max_rss_bytes = int64_t{max_rss_kib} * 1024;
  end.cpu_ns = cpu_ns;
  end.killed_by_us = killed_;
  end.memory_evidence = out_of_memory_kills() > memory_kills_at_start_;
  if (!end.known && worker_ > 0) ::kill(-worker_, SIGKILL);
  while (waitpid(launcher_, nullptr, 0) < 0 && errno == EINTR) {
  }
  end_ = end;
  return end_;
}

Process::~Process() {
  if (launcher_ > 0 && !end_) {
    kill();
    if (!wait(10)) ::kill(launcher_, SIGKILL);
    wait(1);
  }
  for (int* fd : {&request_fd_, &answer_fd_, &report_fd_}) Pipe::close_end(*fd);
}

Process::Process(Process&& other) noexcept { swap(other); }

Process& Process::operator=(Process&& other) noexcept {
  swap(other);
  return *this;
}

void Process::swap(Process& other) noexcept {
  std::swap(launcher_, other.launcher_);
  std::swap(worker_, other.worker_);
  std::swap(request_fd_, other.request_fd_);
  std::swap(answer_fd_, other.answer_fd_);
  std::swap(report_fd_, other.report_fd_);
  log_.swap(other.log_);
  report_.swap(other.report_);
  std::swap(memory_kills_at_start_, other.memory_kills_at_start_);
  std::swap(killed_, other.killed_);
  std::swap(end_, other.end_);
}

}  // namespace trainmark::trial

// The launcher: fork, bind, exec, wait, clean up, report. Signals are taken by sigwaitinfo, so nothing here is asynchronous.
#include "trial/launcher.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "core/affinity.hpp"
#include "trial/process_tree.hpp"

namespace trainmark::trial {
namespace {

void report(const std::string& line) {
  const char* data = line.data();
  size_t left = line.size();
  while (left > 0) {
    const ssize_t written = write(kReportFd, data, left);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;  // the supervisor is gone
    data += written;
    left -= static_cast<size_t>(written);
  }
}

std::vector<int> parse_cpus(const char* text) {
  std::vector<int> cpus;
  for (char* end = nullptr; *text != '\0'; text = *end == ',' ? end + 1 : end) {
    const long cpu = std::strtol(text, &end, 10);
    if (end == text) return {};
    cpus.push_back(static_cast<int>(cpu));
  }
  return cpus;
}

/// In the child: never returns.
[[noreturn]] void become_worker(pid_t launcher, const std::vector<int>& cpus, char** command) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != launcher) _exit(125);  // the launcher died before the line above
  if (!cpus.empty()) {
    const auto bound = core::set_allowed_cpus(cpus);
    if (!bound) dprintf(STDERR_FILENO, "warning: %s\n", bound.error().message.c_str());
  }
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  execvp(command[0], command);
  dprintf(STDERR_FILENO, "cannot start '%s': %s\n", command[0], std::strerror(errno));
  _exit(127);
}

/// Kills and reaps whatever the worker left behind, in its group or (inherited by us) outside of it.
void kill_leftovers(pid_t worker) {
  for (int attempt = 0; attempt < 1000; ++attempt) {
    kill(-worker, SIGKILL);
    for (const pid_t child : children_of(getpid())) kill(child, SIGKILL);
    pid_t reaped = 0;
    while ((reaped = waitpid(-1, nullptr, WNOHANG)) > 0) {
    }
    if (reaped < 0 && errno == ECHILD) return;
    usleep(1000);
  }
}

/// Waits for the worker's end; a SIGTERM (the supervisor died or asked) kills it first.
void wait_for(pid_t worker, const sigset_t& signals, int& status, rusage& usage) {
  while (wait4(worker, &status, WNOHANG, &usage) == 0) {
    const int signal = sigwaitinfo(&signals, nullptr);
    if (signal == SIGTERM) kill(-worker, SIGKILL);
  }
}

}  // namespace

int run_launcher(int argc, char** argv) {
  if (argc < 6 || std::strcmp(argv[4], "--") != 0) return 2;
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGCHLD);
  sigaddset(&signals, SIGTERM);
  sigprocmask(SIG_BLOCK, &signals, nullptr);
  struct sigaction only_ends {};  // not woken when the worker is stopped between its blocks
  only_ends.sa_handler = SIG_DFL;
  only_ends.sa_flags = SA_NOCLDSTOP;
  sigaction(SIGCHLD, &only_ends, nullptr);
  fcntl(kReportFd, F_SETFD, FD_CLOEXEC);
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != static_cast<pid_t>(std::atol(argv[2]))) return 0;  // the supervisor died before the line above

  const auto cpus = parse_cpus(argv[3]);
  const pid_t launcher = getpid();
  const pid_t worker = fork();
  if (worker < 0) return 1;
  if (worker == 0) become_worker(launcher, cpus, argv + 5);
  setpgid(worker, worker);  // whoever comes first: the supervisor may signal the group as soon as it knows the number
  close(STDIN_FILENO);      // the ends of the pipes belong to the worker alone, or neither side would see the other's end
  close(STDOUT_FILENO);
  report("pid " + std::to_string(worker) + "\n");

  int status = 0;
  rusage usage{};
  wait_for(worker, signals, status, usage);
  kill_leftovers(worker);
  const auto cpu_us = (int64_t{usage.ru_utime.tv_sec} + usage.ru_stime.tv_sec) * 1'000'000 + usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
  report("end " + std::to_string(status) + " " + std::to_string(usage.ru_maxrss) + " " + std::to_string(cpu_us * 1000) + "\n");
  return 0;
}

}  // namespace trainmark::trial

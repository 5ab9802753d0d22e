// A worker process: started through the launcher with pipes and a process group of its own, stopped, continued, killed, reaped.
//
// The object owns it: when it dies, nothing of the worker is left. The thread that starts a process must live as long as the process:
// the kernel ties "die with the parent" to the thread, not to the process.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "trial/process_end.hpp"

namespace trainmark::trial {

struct ProcessOptions {
  std::filesystem::path program;     ///< trainmark itself, for its command `launch`
  std::vector<std::string> command;  ///< the worker; a name without slashes is looked for in PATH
  std::vector<int> cpus;             ///< that it may use; empty: all that we may
  std::filesystem::path log;         ///< where its standard error goes
};

class Process {
 public:
  static core::Result<Process> start(const ProcessOptions& options);
  Process(Process&& other) noexcept;
  Process& operator=(Process&& other) noexcept;
  ~Process();

  pid_t group() const { return worker_; }  ///< number of the worker process and of its group
  int request_fd() const { return request_fd_; }
  int answer_fd() const { return answer_fd_; }
  const std::filesystem::path& log() const { return log_; }

  /// Stops and continues every process of the group (SIGSTOP, SIGCONT). No thread of the worker process runs any more when stop()
  /// returns; its children may take a moment longer.
  void stop();
  void resume();
  /// Kills the group. The end is then ours, not a crash.
  void kill();
  /// Waits until nothing of the worker is left; nothing when it takes longer than `timeout_s`.
  std::optional<ProcessEnd> wait(double timeout_s);

 private:
  Process() = default;
  void swap(Process& other) noexcept;
  bool read_report(double timeout_s);

  pid_t launcher_ = 0, worker_ = 0;
  int request_fd_ = -1, answer_fd_ = -1, report_fd_ = -1;
  std::filesystem::path log_;
  std::string report_;  ///< what the launcher has said so far
  int64_t memory_kills_at_start_ = 0;
  bool killed_ = false;
  std::optional<ProcessEnd> end_;
};

}  // namespace trainmark::trial

// One request line to a worker process, one answer line back, with a time limit.
//
// The caller sleeps in poll() until the worker answers, dies or is late, or the user interrupts: while a block runs, the supervisor
// uses no CPU. After a failure of the transport (everything but the worker's own {"error": ...}) the worker is killed, and every
// further call returns the same failure: an answer that comes too late must never be taken for that of a later request.
#pragma once

#include <optional>
#include <string>

#include "trial/process.hpp"
#include "worker/client.hpp"

namespace trainmark::trial {

class ProcessChannel : public worker::Channel {
 public:
  explicit ProcessChannel(Process& process) : process_(process) {}
  worker::Answer<core::Json> call(const core::Json& request, double timeout_s) override;
  /// The failure that broke the channel, if any.
  const std::optional<worker::Failure>& broken() const { return broken_; }

 private:
  struct Wait;
  worker::Failure break_with(worker::FailureKind kind, std::string message);
  worker::Failure worker_ended(const Wait& wait);
  std::optional<worker::Failure> wait_for(int fd, short events, const Wait& wait);
  std::optional<worker::Failure> send(const std::string& line, const Wait& wait);
  std::optional<worker::Failure> receive(std::string& line, const Wait& wait);

  Process& process_;
  std::string received_;  ///< bytes after the last whole line
  std::optional<worker::Failure> broken_;
};

}  // namespace trainmark::trial

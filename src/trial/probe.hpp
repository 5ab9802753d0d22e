// A probe: what a platform would take for a training, by starting its worker and running a few steps of it.
#pragma once

#include "trial/supervisor.hpp"

namespace trainmark::trial {

/// What a worker says of itself. Errors: it cannot be started, or answers wrongly; the message has the end of what it printed.
core::Result<worker::Hello> ask_worker(const std::filesystem::path& program, const std::vector<std::string>& command, double timeout_s);

struct Probe {
  int64_t start_ns = 0;      ///< process, hello, prepare and the first step, which may compile
  double step_ns = 0;        ///< of one step
  int64_t steps = 0;         ///< that the estimate of a step rests on
  int64_t memory_bytes = 0;  ///< peak of the worker's processes; 0: it could not be read
};

/// Steps are run until `limit_s` have passed, at least one beside the first. Nothing is recorded. Errors: the sentence of
/// a worker that does not start, is not available or fails.
core::Result<Probe> probe(const Experiment& experiment, const workload::PlatformChoice& platform, const SupervisorOptions& options, double limit_s = 1);

}  // namespace trainmark::trial

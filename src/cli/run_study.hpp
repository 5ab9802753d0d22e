// Carrying out a run for `run` and `verify`: options, interrupts, progress, and the exit code of what came out.
#pragma once

#include <filesystem>

#include "cli/exit_code.hpp"
#include "cli/run_arguments.hpp"
#include "core/result.hpp"
#include "trial/supervisor.hpp"

namespace trainmark::cli {

/// `folder` is where logs are kept.
trial::SupervisorOptions supervisor_options(const RunArguments& arguments, const std::filesystem::path& folder);

/// The commands of platforms that are workers of the user's own, and which platforms the device is for.
void add_commands(trial::SupervisorOptions& options, const std::vector<trial::Experiment>& experiments);

/// Runs with progress on stderr; Ctrl-C ends it cleanly.
core::Result<trial::RunSummary> run_with_progress(const trial::RunPlan& plan, trial::Sink& sink, trial::SupervisorOptions options);

/// Also prints a sentence on stderr for every trial that did not finish.
ExitCode exit_code_of(const trial::RunSummary& summary);

}  // namespace trainmark::cli

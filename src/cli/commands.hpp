// The commands of the program, a file each. Each adds its subcommand to the parser and, when it was chosen, sets the
// action that main runs.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>

#include "cli/exit_code.hpp"
#include "core/result.hpp"

namespace trainmark::cli {

/// What the chosen command does: yields its exit code, or the error that main prints.
using Action = std::function<core::Result<ExitCode>()>;

void add_run(CLI::App& app, Action& action);
void add_verify(CLI::App& app, Action& action);
void add_report(CLI::App& app, Action& action);
void add_compare(CLI::App& app, Action& action);
void add_merge(CLI::App& app, Action& action);
void add_slurm(CLI::App& app, Action& action);
void add_list(CLI::App& app, Action& action);
void add_data(CLI::App& app, Action& action);
void add_plan(CLI::App& app, Action& action);
void add_ceilings(CLI::App& app, Action& action);
void add_profile(CLI::App& app, Action& action);
void add_setup(CLI::App& app, Action& action);
void add_doctor(CLI::App& app, Action& action);
void add_completions(CLI::App& app, Action& action);
void add_manual(CLI::App& app, Action& action);
void add_worker(CLI::App& app, Action& action);  ///< a native engine behind the protocol; started by the supervisor

}  // namespace trainmark::cli

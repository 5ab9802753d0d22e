// What a run would do, without doing it.
#pragma once

#include "cli/exit_code.hpp"
#include "cli/run_request.hpp"
#include "core/result.hpp"

namespace trainmark::cli {

/// Prints trials, steps, and estimates of time, memory and disk, extrapolated from a second of steps in each platform's
/// own worker. Nothing is recorded.
core::Result<ExitCode> print_dry_run(const Request& request, const RunArguments& arguments);

}  // namespace trainmark::cli

// Which run a word of the command line means.
#pragma once

#include <filesystem>
#include <string>

#include "core/result.hpp"
#include "store/run_data.hpp"

namespace trainmark::cli {

/// "FOLDER": the latest run of that results folder (or of that file). "FOLDER:RUN", or "RUN" of the folder `out`: the run whose id begins so; else the
/// latest of the machine with that label or host, or of the commit that begins so. Errors name what was looked for, and where.
core::Result<store::RunData> find_run(const std::string& text, const std::filesystem::path& out);

}  // namespace trainmark::cli

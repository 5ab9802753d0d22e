// The runs of a results folder, for `trainmark list runs`.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/result.hpp"

namespace trainmark::cli {

/// One row per run, oldest first, under a row of headings. Error: there is no store in the folder.
core::Result<std::vector<std::vector<std::string>>> list_runs(const std::filesystem::path& folder);

}  // namespace trainmark::cli

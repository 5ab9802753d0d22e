// Sweeps in every form of a report; the tables of all forms have the same cells.
#pragma once

#include <filesystem>
#include <string>

#include "analysis/sweep.hpp"
#include "core/json.hpp"
#include "core/result.hpp"

namespace trainmark::report {

/// Tables and sentences; "" where there is no sweep.
std::string sweeps_text(const std::vector<analysis::Sweep>& sweeps, size_t width);
std::string sweeps_markdown(const std::vector<analysis::Sweep>& sweeps);
/// Reasons may name files and hosts, so an anonymous report has none.
core::Json sweeps_json(const std::vector<analysis::Sweep>& sweeps, bool anonymous);
/// The file `sweep.csv` in `folder`: a row for each point; "" and no file where there is no sweep.
core::Result<std::string> write_sweep_csv(const std::vector<analysis::Sweep>& sweeps, const std::filesystem::path& folder);

}  // namespace trainmark::report

// Showing what a store holds of one run: the table on stdout, and files.
#pragma once

#include <string>

#include "core/result.hpp"
#include "report/report.hpp"
#include "store/store.hpp"

namespace trainmark::cli {

/// Prints the tables of the run, with those of `details`, and, when `json_path` is not empty, writes the report there as JSON.
core::Result<void> show_run(const store::Store& store, const std::string& run_id, const std::string& json_path, const report::Details& details = {});

/// Writes the report as one HTML page.
core::Result<void> write_html(const store::Store& store, const std::string& run_id, const std::string& path);

}  // namespace trainmark::cli

// Showing what a store holds of one run: the table on stdout, and files.
#pragma once

#include <string>

#include "core/result.hpp"
#include "report/report.hpp"
#include "store/store.hpp"

namespace trainmark::cli {

/// The analysis of a run, with what the store's latest runs of other machines did of the same work.
core::Result<analysis::Comparison> analyse(const store::Store& store, const store::RunData& data);

/// Where the report goes besides; "": nowhere.
struct ReportFiles {
  std::string json, html;
};

/// Prints the tables of the run, with those of `details`, and writes `files`.
core::Result<void> show_run(const store::Store& store, const std::string& run_id, const report::Details& details, const ReportFiles& files = {});

/// Writes text to a file; "-" is standard output.
core::Result<void> write_text(const std::string& path, const std::string& text);

}  // namespace trainmark::cli

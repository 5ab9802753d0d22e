// Reports: one comparison, in the form that its reader wants. Renderers are pure functions to text; only the CSV writer
// touches files. What is unknown is "-" in tables, empty in CSV and null in JSON.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "analysis/comparison.hpp"
#include "core/json.hpp"
#include "core/result.hpp"

namespace trainmark::report {

/// Tables that are shown where they are asked for.
struct Details {
  bool roofline = false;  ///< steps and operations against the ceilings, and what that says
  bool memory = false;    ///< memory by component and by phase
};

struct TerminalOptions {
  size_t width = 80;    ///< columns
  bool colour = false;  ///< ANSI colours; the caller looks at the terminal and at NO_COLOR
  Details details = {};
};

/// Tables and sentences for a terminal. terminal.cpp
std::string render_terminal(const analysis::Comparison& comparison, const TerminalOptions& options);

/// The same tables in GitHub's Markdown. markdown.cpp
std::string render_markdown(const analysis::Comparison& comparison);

/// Everything, by docs/report.schema.json. `anonymous` leaves out host, user, paths and the command line. json.cpp
core::Json render_json(const analysis::Comparison& comparison, bool anonymous);

/// docs/report.schema.json, as text: what render_json keeps to. json_schema.cpp
std::string_view json_schema();

/// One file per trial in `folder`: NETWORK-HASH-tTHREADS-PLATFORM-rREPETITION.csv with the columns of study
/// five-platforms. Returns the names of the files. epoch_csv.cpp
core::Result<std::vector<std::string>> write_epoch_csv(const store::RunData& data, const std::filesystem::path& folder);

/// "mnist-mlp-1a2b3c4d-t2-cpu-r0": how the files of a trial are called.
std::string trial_file_stem(const store::RunData& data, const trial::TrialRecord& trial);

/// The file `start-up.csv` in `folder`: a row for each start, with an empty and with a warm compiler cache. start_up_csv.cpp
core::Result<std::string> write_start_up_csv(const store::RunData& data, const std::filesystem::path& folder);

/// The file `operations.csv` in `folder`; "" and no file when no platform was taken apart. operations_csv.cpp
core::Result<std::string> write_operations_csv(const analysis::Comparison& comparison, const std::filesystem::path& folder);
/// The file `memory.csv` in `folder`: a row for each platform of each workload. memory_csv.cpp
core::Result<std::string> write_memory_csv(const analysis::Comparison& comparison, const std::filesystem::path& folder);

/// The heading of a workload: "mnist-mlp on synthetic-digits (synthetic), batch 64, 5 epochs, 2 threads".
std::string workload_title(const analysis::WorkloadResult& result);

}  // namespace trainmark::report

// One place that turns a stored run into output.
#include "cli/show_report.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <map>

#include "analysis/machine.hpp"
#include "cli/columns.hpp"
#include "core/file.hpp"
#include "report/html.hpp"
#include "report/report.hpp"

namespace trainmark::cli {
namespace {

// In a store with runs of several machines (trainmark merge) a table must say whose it is.
void print_machines(const store::Store& store, const trial::RunRecord& shown) {
  const auto runs = store.runs();
  if (!runs) return;  // the run was read: this is only about the others
  std::map<std::string, int> machines;
  for (const trial::RunRecord& run : *runs) ++machines[analysis::machine_text(run.environment)];
  if (machines.size() < 2) return;
  std::string others;
  for (const auto& [machine, count] : machines) {
    if (machine == analysis::machine_text(shown.environment)) continue;
    others += fmt::format("{}{} run{} of {}", others.empty() ? "" : ", ", count, count == 1 ? "" : "s", machine);
  }
  fmt::print("Run {} on {}. The store also has {}.\n\n", shown.id, analysis::machine_text(shown.environment), others);
}

}  // namespace

core::Result<void> show_run(const store::Store& store, const std::string& run_id, const std::string& json_path, const report::Details& details) {
  const auto data = store.load_run(run_id);
  if (!data) return data.error();
  const auto comparison = analysis::compare(*data);
  if (!comparison) return comparison.error();
  print_machines(store, comparison->run);
  const char* no_colour = std::getenv("NO_COLOR");
  const bool colour = isatty(STDOUT_FILENO) == 1 && (no_colour == nullptr || *no_colour == '\0');
  fmt::print("{}", report::render_terminal(*comparison, {terminal_width(), colour, details}));
  if (json_path.empty()) return {};
  return core::write_file(json_path, report::render_json(*comparison, false).dump(2) + "\n");
}

core::Result<void> write_html(const store::Store& store, const std::string& run_id, const std::string& path) {
  const auto data = store.load_run(run_id);
  if (!data) return data.error();
  const auto comparison = analysis::compare(*data);
  if (!comparison) return comparison.error();
  return core::write_file(path, report::html_of(*data, *comparison, false));
}

}  // namespace trainmark::cli

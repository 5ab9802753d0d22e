// One place that turns a stored run into output.
#include "cli/show_report.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>

#include "cli/columns.hpp"
#include "core/file.hpp"
#include "report/html.hpp"
#include "report/report.hpp"

namespace trainmark::cli {

core::Result<void> show_run(const store::Store& store, const std::string& run_id, const std::string& json_path, const report::Details& details) {
  const auto data = store.load_run(run_id);
  if (!data) return data.error();
  const auto comparison = analysis::compare(*data);
  if (!comparison) return comparison.error();
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

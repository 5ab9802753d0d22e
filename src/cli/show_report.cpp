// One place that turns a stored run into output.
#include "cli/show_report.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <set>

#include "analysis/machine.hpp"
#include "analysis/stored.hpp"
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

bool has_workload(const store::RunData& data, const std::string& hash) {
  return std::any_of(data.workloads.begin(), data.workloads.end(), [&](const auto& w) { return w.hash == hash; });
}

/// Whether a run may hold a workload of `data`: by what it was asked for, since loading all runs of a large store would take long.
bool may_share(const store::RunData& data, const trial::RunRecord& run) {
  const core::Json& experiments = analysis::member_in(run.study_json, "experiments");
  if (experiments.empty()) return true;
  return std::any_of(experiments.begin(), experiments.end(), [&](const core::Json& e) { return has_workload(data, analysis::text_in(e, "workload")); });
}

/// Of each other machine the latest run that shares a workload with this one. A run that cannot be read any more says nothing about this one.
std::vector<store::RunData> runs_elsewhere(const store::Store& store, const store::RunData& data) {
  const auto runs = store.runs();
  if (!runs) return {};
  std::set<std::string> seen = {analysis::machine_text(data.run.environment)};
  std::vector<store::RunData> found;
  for (auto run = runs->rbegin(); run != runs->rend(); ++run) {
    const std::string machine = analysis::machine_text(run->environment);
    if (seen.count(machine) > 0 || !may_share(data, *run)) continue;
    auto other = store.load_run(run->id);
    const auto is_shared = [&](const trial::WorkloadRecord& w) { return has_workload(data, w.hash); };
    if (!other || std::none_of(other->workloads.begin(), other->workloads.end(), is_shared)) continue;
    seen.insert(machine);
    found.push_back(*std::move(other));
  }
  return found;
}

}  // namespace

core::Result<analysis::Comparison> analyse(const store::Store& store, const store::RunData& data) {
  auto comparison = analysis::compare(data);
  if (!comparison) return comparison;
  const auto elsewhere = runs_elsewhere(store, data);
  std::vector<analysis::Comparison> others;
  std::vector<analysis::AnalysedRun> analysed;
  others.reserve(elsewhere.size());
  for (const store::RunData& other : elsewhere) {
    auto its = analysis::compare(other);
    if (!its) continue;
    others.push_back(*std::move(its));
    analysed.push_back({&other, &others.back()});
  }
  comparison->machines = analysis::compare_machines({&data, &*comparison}, analysed);
  return comparison;
}

core::Result<void> write_text(const std::string& path, const std::string& text) {
  if (path != "-") return core::write_file(path, text);
  fmt::print("{}", text);
  return {};
}

core::Result<void> show_run(const store::Store& store, const std::string& run_id, const report::Details& details, const ReportFiles& files) {
  const auto data = store.load_run(run_id);
  if (!data) return data.error();
  const auto comparison = analyse(store, *data);
  if (!comparison) return comparison.error();
  print_machines(store, comparison->run);
  const char* no_colour = std::getenv("NO_COLOR");
  const bool colour = isatty(STDOUT_FILENO) == 1 && (no_colour == nullptr || *no_colour == '\0');
  fmt::print("{}", report::render_terminal(*comparison, {terminal_width(), colour, details}));
  if (!files.json.empty()) {
    if (const auto written = core::write_file(files.json, report::render_json(*comparison, false).dump(2) + "\n"); !written) return written;
  }
  return files.html.empty() ? core::Result<void>() : core::write_file(files.html, report::html_of(*data, *comparison, false));
}

}  // namespace trainmark::cli

// trainmark report: what the store holds of a run, again and in other forms.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "cli/commands.hpp"
#include "cli/show_report.hpp"
#include "core/file.hpp"
#include "core/suggest.hpp"
#include "report/export.hpp"
#include "report/figures.hpp"
#include "report/html.hpp"
#include "report/latex.hpp"
#include "report/report.hpp"
#include "report/sweep.hpp"

namespace trainmark::cli {
namespace {

namespace fs = std::filesystem;
using core::Result;

struct ReportArguments {
  std::string run, out = "results";
  std::string json, csv, markdown, html, figures, latex;
  std::vector<std::string> exported;  ///< form and, where it is not standard output, file
  bool anonymous = false, json_schema = false;
  report::Details details;
};

// A result of MLPerf is a file, so its form goes into a folder, a file per trial.
Result<void> write_mllog(const store::RunData& data, const fs::path& folder) {
  std::error_code failure;
  fs::create_directories(folder, failure);
  if (failure) return core::usage_error(fmt::format("cannot make the folder '{}' for logs: {}", folder.string(), failure.message()));
  for (const store::TrialData& t : data.trials) {
    const std::string text = report::export_mllog(data, t);
    if (text.empty()) continue;
    const fs::path path = folder / (report::trial_file_stem(data, t.trial) + ".log");
    if (const auto written = core::write_file(path, text); !written) return written;
    fmt::print(stderr, "wrote {}\n", path.string());
  }
  return {};
}

Result<void> write_export(const std::vector<std::string>& asked, const store::RunData& data, const analysis::Comparison& comparison) {
  const std::string path = asked.size() > 1 ? asked[1] : "-";
  if (asked[0] == "mllog" && path != "-") return write_mllog(data, path);
  return write_text(path, report::export_run(asked[0], data, comparison));
}

Result<void> check_form(const std::vector<std::string>& asked) {
  const auto& known = report::export_forms();
  if (asked.empty() || std::find(known.begin(), known.end(), asked[0]) != known.end()) return {};
  return core::usage_error(
      fmt::format("--export: there is no form '{}'{}; known are {}", asked[0], core::did_you_mean(asked[0], known), fmt::join(known, ", ")));
}

Result<void> tell_files(const Result<std::vector<std::string>>& names, const std::string& folder) {
  if (!names) return names.error();
  for (const std::string& name : *names) fmt::print(stderr, "wrote {}\n", (fs::path(folder) / name).string());
  return {};
}

// Charts and tables as files, for papers and slides.
Result<void> write_pieces(const ReportArguments& a, const store::RunData& data, const analysis::Comparison& comparison) {
  const auto charts = report::charts_of(data, comparison, a.anonymous);
  if (!a.latex.empty()) {
    if (auto told = tell_files(report::write_latex(comparison, charts, a.anonymous, a.latex), a.latex); !told) return told;
  }
  return a.figures.empty() ? Result<void>() : tell_files(report::write_figures(charts, a.figures), a.figures);
}

// Every table for spreadsheets. A file that would be empty is not written and has no name.
Result<void> write_csv(const std::string& folder, const store::RunData& data, const analysis::Comparison& comparison) {
  auto names = report::write_epoch_csv(data, folder);
  if (!names) return names.error();
  for (const auto& written : {report::write_start_up_csv(data, folder), report::write_memory_csv(comparison, folder),
                              report::write_operations_csv(comparison, folder), report::write_sweep_csv(comparison.sweeps, folder)}) {
    if (!written) return written.error();
    if (!written->empty()) names->push_back(*written);
  }
  return tell_files(names, folder);
}

Result<ExitCode> report(const ReportArguments& a) {
  if (const auto checked = check_form(a.exported); !checked) return checked.error();
  if (a.json_schema) {
    fmt::print("{}", report::json_schema());
    return ExitCode::kOk;
  }
  store::Options options;
  options.access = store::Access::kReadOnly;
  const auto store = store::Store::open(fs::path(a.out) / store::kFileName, options);
  if (!store) return store.error();
  if (a.json.empty() && a.csv.empty() && a.markdown.empty() && a.exported.empty() && a.html.empty() && a.figures.empty() && a.latex.empty()) {
    const auto shown = show_run(*store, a.run, a.details);
    if (!shown) return shown.error();
    return ExitCode::kOk;
  }
  const auto data = store->load_run(a.run);
  if (!data) return data.error();
  const auto comparison = analyse(*store, *data);
  if (!comparison) return comparison.error();
  if (!a.json.empty()) {
    if (const auto r = write_text(a.json, report::render_json(*comparison, a.anonymous).dump(2) + "\n"); !r) return r.error();
  }
  if (!a.markdown.empty()) {
    if (const auto r = write_text(a.markdown, report::render_markdown(*comparison)); !r) return r.error();
  }
  if (!a.html.empty()) {
    if (const auto r = write_text(a.html, report::html_of(*data, *comparison, a.anonymous)); !r) return r.error();
  }
  if (!a.latex.empty() || !a.figures.empty()) {
    if (const auto r = write_pieces(a, *data, *comparison); !r) return r.error();
  }
  if (!a.exported.empty()) {
    if (const auto r = write_export(a.exported, *data, *comparison); !r) return r.error();
  }
  if (!a.csv.empty()) {
    if (const auto r = write_csv(a.csv, *data, *comparison); !r) return r.error();
  }
  return ExitCode::kOk;
}

}  // namespace

void add_report(CLI::App& app, Action& action) {
  auto arguments = std::make_shared<ReportArguments>();
  CLI::App* command = app.add_subcommand("report", "Show a stored run: table, JSON, per-epoch CSV, Markdown");
  command->add_option("run", arguments->run, "Run, or the beginning of its id (default: the latest)");
  command->add_option("--out", arguments->out, "Results folder")->type_name("DIR")->capture_default_str();
  command->add_option("--json", arguments->json, "Write JSON to this file; - is standard output")->type_name("FILE");
  command->add_option("--csv", arguments->csv, "Write one per-epoch CSV per trial into this folder, with start-up.csv and memory.csv")->type_name("DIR");
  command->add_option("--markdown", arguments->markdown, "Write Markdown to this file; - is standard output")->type_name("FILE");
  command->add_option("--html", arguments->html, "Write one HTML file with tables and charts; - is standard output")->type_name("FILE");
  command->add_option("--figures", arguments->figures, "Write every chart into this folder as SVG, PNG and PDF")->type_name("DIR");
  command->add_option("--latex", arguments->latex, "Write the tables into this folder for LaTeX (booktabs)")->type_name("DIR");
  command->add_option("--export", arguments->exported, "Write the run in the form of another tool, to this file or to standard output (docs/exports.md)")
      ->type_name("FORM [FILE]")
      ->expected(1, 2);
  command->add_flag("--memory", arguments->details.memory, "Show the tables of memory by component and by phase too");
  command->add_flag("--anonymous", arguments->anonymous, "Leave host, user, paths and command line out of JSON, HTML, figures and LaTeX");
  command->add_flag("--roofline", arguments->details.roofline,
                    "Also hold steps and operations against the ceilings that the run measured, and say what limits them");
  command->add_flag("--json-schema", arguments->json_schema, "Print the JSON Schema that JSON reports keep to, and nothing else");
  command->footer(
      "Examples:\n"
      "  trainmark report                                  the latest run of results/\n"
      "  trainmark report --memory                         with memory by component and by phase\n"
      "  trainmark report 3f2a --out other --markdown -    a run by the beginning of its id, as Markdown\n"
      "  trainmark report --json r.json --csv epochs       everything as JSON, one CSV per trial\n"
      "  trainmark report --html report.html               a page with charts, to send to somebody (docs/html-report.md)\n"
      "  trainmark report --figures figures --latex tables charts and tables for a paper\n"
      "  trainmark report --export junit junit.xml         for another tool: trace, google-benchmark, mllog, junit, bencher\n"
      "  trainmark report --roofline                       how far from what the machine can do, and why\n"
      "  trainmark report --json-schema                    what the JSON holds");
  command->callback([arguments, &action] { action = [arguments] { return report(*arguments); }; });
}

}  // namespace trainmark::cli

// trainmark report: what the store holds of a run, again and in other forms.
#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/show_report.hpp"
#include "core/file.hpp"
#include "report/report.hpp"

namespace trainmark::cli {
namespace {

namespace fs = std::filesystem;
using core::Result;

struct ReportArguments {
  std::string run, out = "results";
  std::string json, csv, markdown;
  bool anonymous = false, json_schema = false, memory = false;
};

// "-" is stdout.
Result<void> write_text(const std::string& path, const std::string& text) {
  if (path != "-") return core::write_file(path, text);
  fmt::print("{}", text);
  return {};
}

Result<ExitCode> report(const ReportArguments& a) {
  if (a.json_schema) {
    fmt::print("{}", report::json_schema());
    return ExitCode::kOk;
  }
  store::Options options;
  options.access = store::Access::kReadOnly;
  const auto store = store::Store::open(fs::path(a.out) / store::kFileName, options);
  if (!store) return store.error();
  if (a.json.empty() && a.csv.empty() && a.markdown.empty()) {
    const auto shown = show_run(*store, a.run, "", a.memory);
    if (!shown) return shown.error();
    return ExitCode::kOk;
  }
  const auto data = store->load_run(a.run);
  if (!data) return data.error();
  const auto comparison = analysis::compare(*data);
  if (!comparison) return comparison.error();
  if (!a.json.empty()) {
    if (const auto r = write_text(a.json, report::render_json(*comparison, a.anonymous).dump(2) + "\n"); !r) return r.error();
  }
  if (!a.markdown.empty()) {
    if (const auto r = write_text(a.markdown, report::render_markdown(*comparison)); !r) return r.error();
  }
  if (!a.csv.empty()) {
    const auto names = report::write_epoch_csv(*data, a.csv);
    if (!names) return names.error();
    const auto start_up = report::write_start_up_csv(*data, a.csv);
    if (!start_up) return start_up.error();
    const auto memory = report::write_memory_csv(*comparison, a.csv);
    if (!memory) return memory.error();
    fmt::print(stderr, "wrote {}\n", (fs::path(a.csv) / *start_up).string());
    fmt::print(stderr, "wrote {}\n", (fs::path(a.csv) / *memory).string());
    for (const std::string& name : *names) fmt::print(stderr, "wrote {}\n", (fs::path(a.csv) / name).string());
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
  command->add_flag("--memory", arguments->memory, "Show the tables of memory by component and by phase too");
  command->add_flag("--anonymous", arguments->anonymous, "Leave host, user, paths and command line out of JSON");
  command->add_flag("--json-schema", arguments->json_schema, "Print the JSON Schema that JSON reports keep to, and nothing else");
  command->footer(
      "Examples:\n"
      "  trainmark report                                  the latest run of results/\n"
      "  trainmark report --memory                         with memory by component and by phase\n"
      "  trainmark report 3f2a --out other --markdown -    a run by the beginning of its id, as Markdown\n"
      "  trainmark report --json r.json --csv epochs       everything as JSON, one CSV per trial\n"
      "  trainmark report --json-schema                    what the JSON holds");
  command->callback([arguments, &action] { action = [arguments] { return report(*arguments); }; });
}

}  // namespace trainmark::cli

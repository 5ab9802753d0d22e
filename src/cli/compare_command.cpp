// trainmark compare: the same work in two runs; the exit code of a gate.
#include <fmt/format.h>

#include "analysis/between.hpp"
#include "cli/columns.hpp"
#include "cli/commands.hpp"
#include "cli/find_run.hpp"
#include "cli/show_report.hpp"
#include "core/percent.hpp"
#include "report/between.hpp"

namespace trainmark::cli {
namespace {

using analysis::PlatformBetween;

struct CompareArguments {
  std::string a, b, out = "results", json, markdown;
  std::optional<double> threshold;  ///< fraction
};

// "5%" or 0.05: what time more is too much.
CLI::Validator share_of_time() {
  return CLI::Validator(
      [](std::string& text) -> std::string {
        const auto read = core::read_percent(text);
        if (!read || read->fraction() < 0 || read->fraction() > 10)
          return fmt::format("'{}' is neither a percentage from 0% to 1000%, such as 5%, nor a fraction such as 0.05", text);
        text = fmt::format("{}", read->fraction());
        return "";
      },
      "");
}

ExitCode failed(ExitCode code, const std::string& sentence) {
  fmt::print(stderr, "trainmark: {}\n", sentence);
  return code;
}

// A comparison that compared nothing must not look like one that found nothing.
ExitCode code_of(const analysis::RunsBetween& runs) {
  const auto count = [&](auto property) { return analysis::count_platforms(runs, property); };
  const auto common = count([](const auto& w, const PlatformBetween& p) { return w.differs.empty() && p.a_step_ns && p.b_step_ns; });
  const auto compared = count([](const auto&, const PlatformBetween& p) { return p.ratio.has_value(); });
  const auto claimable = count([](const auto&, const PlatformBetween& p) { return p.p.has_value(); });
  const bool broke = count([](const auto&, const PlatformBetween& p) { return p.broke; }) > 0;
  if (broke) return failed(ExitCode::kVerdictFailed, "a platform that did the work in A did not do it in B.");
  if (common == 0) return failed(ExitCode::kUsage, "nothing was compared: no platform has times of the same work in both runs; run the same study twice.");
  if (compared == 0) return failed(ExitCode::kVerdictFailed, "nothing was compared: no platform is verified in both runs.");
  if (runs.threshold && claimable == 0)
    return failed(ExitCode::kUsage, "--threshold: no comparison has five processes on each side, so none could carry a regression; run with --repetitions 5.");
  const bool regressed = count([](const auto&, const PlatformBetween& p) { return p.regression; }) > 0;
  return regressed ? ExitCode::kRegression : ExitCode::kOk;
}

core::Result<ExitCode> compare(const CompareArguments& a) {
  const auto first = find_run(a.a, a.out), second = find_run(a.b, a.out);
  if (!first) return first.error();
  if (!second) return second.error();
  const auto runs = analysis::compare_runs(*first, *second, a.threshold);
  if (!runs) return runs.error();
  if (a.json != "-" && a.markdown != "-") fmt::print("{}", report::render_between(*runs, terminal_width()));
  if (!a.json.empty()) {
    const std::string text = report::render_between_json(*runs).dump(2, ' ', false, core::Json::error_handler_t::replace);
    if (const auto r = write_text(a.json, text + "\n"); !r) return r.error();
  }
  if (!a.markdown.empty()) {
    if (const auto r = write_text(a.markdown, report::render_between_markdown(*runs)); !r) return r.error();
  }
  std::fflush(stdout);
  return code_of(*runs);
}

}  // namespace

void add_compare(CLI::App& app, Action& action) {
  auto arguments = std::make_shared<CompareArguments>();
  CLI::App* command = app.add_subcommand("compare", "Hold two runs against each other: faster, slower, no difference, not comparable");
  command->add_option("a", arguments->a, "Run, results folder (its latest run), or FOLDER:RUN")->required()->type_name("DIR");
  command->add_option("b", arguments->b, "The same; it is B that is called faster or slower")->required()->type_name("DIR");
  command->add_option("--out", arguments->out, "Results folder of runs that are named without one")->type_name("DIR")->capture_default_str();
  command->add_option("--threshold", arguments->threshold, "Exit with 6 when B is slower by more than this, such as 5%, with its whole 95 % interval")
      ->transform(share_of_time());
  command->add_option("--json", arguments->json, "Also write JSON to this file; - is standard output")->type_name("FILE");
  command->add_option("--markdown", arguments->markdown, "Also write Markdown to this file; - is standard output")->type_name("FILE");
  command->footer(
      "A run is named by the beginning of its id, by the label or host of its machine (the latest run there), or by the commit of trainmark.\n"
      "Exit codes: 0 no regression, 6 a regression beyond --threshold, 4 a platform broke or none is verified, 2 nothing in common.\n\n"
      "Examples:\n"
      "  trainmark compare before after                     the latest runs of two folders\n"
      "  trainmark compare 3f2a 81c0 --out all              two runs of one folder\n"
      "  trainmark compare laptop cloud --out all           the latest runs of two machines\n"
      "  trainmark compare main/results:3f2a results --threshold 5% --json c.json");
  command->callback([arguments, &action] { action = [arguments] { return compare(*arguments); }; });
}

}  // namespace trainmark::cli

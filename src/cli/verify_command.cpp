// trainmark verify: a short training and the whole proof, with every check shown; nothing is stored.
#include <fmt/format.h>

#include "cli/columns.hpp"
#include "cli/commands.hpp"
#include "cli/run_request.hpp"
#include "cli/run_study.hpp"
#include "core/file.hpp"
#include "store/store.hpp"

namespace trainmark::cli {
namespace {

using core::Result;

constexpr int64_t kSteps = 60;                // the free run compares 20; the rest makes later states
constexpr const char* kOwnWorker = "worker";  // platform name of a worker of the user's own

struct VerifyArguments {
  RunArguments run;
  std::string worker;
};

std::string find_text(const core::Json& json, const char* key) { return json.contains(key) && json[key].is_string() ? json[key].get<std::string>() : ""; }

void print_findings(const store::TrialData& trial) {
  const std::string verdict = trial.verdict ? trial.verdict->verdict : "unchecked";
  fmt::print("{}: {}\n", trial.trial.platform, verdict);
  if (trial.verdict) fmt::print("  {}\n", trial.verdict->summary);
  if (trial.outcome && !trial.outcome->message.empty()) fmt::print("  {}\n", trial.outcome->message);
  if (trial.outcome && trial.outcome->kind != trial::OutcomeKind::kFinished && !trial.outcome->log_tail.empty())
    fmt::print("  last lines of its log:\n{}\n", trial.outcome->log_tail);
  if (!trial.verdict || !trial.verdict->evidence.contains("findings")) return;
  std::vector<std::vector<std::string>> rows;
  for (const core::Json& finding : trial.verdict->evidence["findings"]) {
    const bool passed = finding.value("passed", false);
    const std::string ratio = finding.contains("ratio") && finding["ratio"].is_number() ? fmt::format("{:.3g}", finding["ratio"].get<double>()) : "";
    rows.push_back({passed ? "  ok  " : "  FAIL", find_text(finding, "check"), ratio, find_text(finding, "detail")});
  }
  fmt::print("{}", columns(rows, terminal_width()));
}

Result<ExitCode> verify(VerifyArguments arguments) {
  RunArguments& run = arguments.run;
  run.epochs = 1;
  run.max_batches = kSteps;
  if (arguments.worker.empty() == run.platforms.empty()) return core::usage_error("name what to verify: either --platform A,B or --worker COMMAND");
  if (!arguments.worker.empty()) run.platforms = {kOwnWorker};
  auto study = requested_study(run);
  if (!study) return study.error();
  if (!arguments.worker.empty()) study->platforms.front().command = {"/bin/sh", "-c", "exec " + arguments.worker};
  auto request = resolve_request(std::move(*study), run);
  if (!request) return request.error();

  const auto folder = core::TemporaryFolder::make(std::filesystem::temp_directory_path(), "trainmark-verify");
  if (!folder) return folder.error();
  auto store = store::Store::open(folder->path() / store::kFileName);
  if (!store) return store.error();
  trial::RunPlan plan;
  plan.run.study = "verify";
  plan.run.baseline = request->study.baseline;
  plan.experiments = request->experiments;
  trial::SupervisorOptions options = supervisor_options(run, folder->path());
  options.warm_starts = false;
  options.idle_s = 0;  // its few steps are no measurement
  const auto summary = run_with_progress(plan, *store, std::move(options));
  if (!summary) return summary.error();
  const auto data = store->load_run(summary->run_id);
  if (!data) return data.error();
  for (const store::TrialData& trial : data->trials) print_findings(trial);
  return exit_code_of(*summary);
}

}  // namespace

void add_verify(CLI::App& app, Action& action) {
  auto arguments = std::make_shared<VerifyArguments>();
  CLI::App* command = app.add_subcommand("verify", "Prove that platforms, or a worker of your own, do the work of a network");
  command->add_option("network", arguments->run.subject, "Network or study")->required()->type_name("SUBJECT");
  command->add_option("--worker", arguments->worker, "Command that starts a worker of your own (docs/protocol.md)");
  command->footer(
      "Examples:\n"
      "  trainmark verify mnist-cnn --platform cpu\n"
      "  trainmark verify mnist-mlp --worker \"python3 my_worker.py\"      a worker of your own\n"
      "  trainmark verify tiny --file my.toml --platform cpu             a network of your own");
  add_workload_options(*command, arguments->run);
  command->callback([arguments, &action] { action = [arguments] { return verify(*arguments); }; });
}

}  // namespace trainmark::cli

// trainmark run: train, verify, store, compare, report.
#include <fmt/format.h>

#include <cstdlib>
#include <string_view>

#include "analysis/machine.hpp"
#include "analysis/stored.hpp"
#include "analysis/times.hpp"
#include "cli/command_line.hpp"
#include "cli/commands.hpp"
#include "cli/dry_run.hpp"
#include "cli/plausibility_gate.hpp"
#include "cli/progress.hpp"
#include "cli/run_request.hpp"
#include "cli/run_study.hpp"
#include "cli/show_report.hpp"
#include "core/build_info.hpp"
#include "core/clock.hpp"
#include "core/file_lock.hpp"
#include "core/hash.hpp"
#include "store/store.hpp"
#include "trial/environment.hpp"

namespace trainmark::cli {
namespace {

namespace fs = std::filesystem;
using core::Result;

trial::RunPlan new_run(const Request& request, const RunArguments& arguments, const std::string& command_line) {
  trial::RunPlan plan;
  plan.run.study = request.study.name;
  plan.run.study_json = request_json(request, arguments);
  plan.run.study_hash = core::sha256_hex(plan.run.study_json.dump());
  plan.run.baseline = request.study.baseline;
  plan.run.command_line = command_line;
  plan.run.version = std::string(core::build_info().version);
  plan.run.started_wall_ns = core::wall_clock_ns();
  plan.experiments = request.experiments;
  plan.skips = request.skips;
  return plan;
}

// A run that goes on in one process must not be resumed by another: its trials would be measured twice.
Result<core::FileLock> lock_run(const std::string& run_id, const fs::path& out) {
  const fs::path path = out / fmt::format("run-{}.lock", run_id);
  auto lock = core::FileLock::try_take(path);
  if (!lock) return lock.error();
  if (lock->has_value()) return std::move(**lock);
  const auto owner = core::read_file(path);
  return core::usage_error(fmt::format("--resume: the run {} is still going on in process {}; wait for it, or end it first", run_id,
                                       owner ? owner->substr(0, owner->find('\n')) : "of somebody else"));
}

// A merged store has runs of other machines, whose times must not be continued here. Hosts of containers change, processors do not.
Result<void> check_machine(const trial::RunRecord& run) {
  const std::string there = analysis::text_in(analysis::member_in(run.environment, "cpu"), "model");
  const std::string here = analysis::text_in(trial::describe_cpu(), "model");
  if (there.empty() || here.empty() || there == here) return {};
  return core::usage_error(
      fmt::format("--resume: the latest run of this command, {}, was made on another machine ({}); resume it there, or run without --resume", run.id,
                  analysis::machine_text(run.environment)));
}

// Turns the plan of a new run into one that continues the latest run of the same command. Its unfinished trials are
// marked abandoned; they are run again.
Result<trial::RunPlan> resumed_run(trial::RunPlan plan, store::Store& store, const fs::path& out, std::optional<core::FileLock>& lock) {
  auto point = store.find_unfinished(plan.run.study_hash);
  if (!point) return point.error();
  if (!point->has_value()) {
    return core::usage_error(fmt::format("--resume: '{}' holds no run of this command; run it without --resume", (out / store::kFileName).string()));
  }
  if (const auto same = check_machine((*point)->run); !same) return same.error();
  auto taken = lock_run((*point)->run.id, out);
  if (!taken) return taken.error();
  lock.emplace(std::move(*taken));
  point = store.find_unfinished(plan.run.study_hash);  // its owner may have finished it before we had the lock
  if (!point) return point.error();
  if (const auto marked = store.abandon(**point, core::wall_clock_ns()); !marked) return marked.error();
  plan.run = (*point)->run;
  plan.resumed = true;
  plan.finished_keys = (*point)->finished_keys;
  const auto earlier = store.load_run(plan.run.id);
  if (!earlier) return earlier.error();
  plan.measured = analysis::measured_trials(*earlier);
  return plan;
}

Result<ExitCode> run(const RunArguments& arguments, const std::string& command_line) {
  auto study = requested_study(arguments);
  if (!study) return study.error();
  auto request = resolve_request(std::move(*study), arguments);
  if (!request) return request.error();
  if (arguments.dry_run) return print_dry_run(*request, arguments);

  const fs::path out = fs::absolute(arguments.out);
  auto store = store::Store::open(out / store::kFileName);
  if (!store) return store.error();
  if (!store->note().empty()) fmt::print(stderr, "{}\n", store->note());
  trial::RunPlan plan = new_run(*request, arguments, command_line);
  std::optional<core::FileLock> lock;  // until the end of the run
  if (arguments.resume) {
    auto resumed = resumed_run(std::move(plan), *store, out, lock);
    if (!resumed) return resumed.error();
    plan = std::move(*resumed);
  } else {
    plan.run.id = trial::random_id();
    auto taken = lock_run(plan.run.id, out);
    if (!taken) return taken.error();
    lock.emplace(std::move(*taken));
  }
  trial::SupervisorOptions options = supervisor_options(arguments, out);
  options.operations = request->study.operations;
  const char* const ceilings = std::getenv("TRAINMARK_CEILINGS");  // for tests: half a second in each of a hundred runs
  if (ceilings == nullptr || std::string_view(ceilings) != "0") options.measure_ceilings = measure_ceilings;
  const auto summary = run_with_progress(plan, *store, std::move(options));
  if (!summary) return summary.error();
  const auto impossible = find_impossible(*store, summary->run_id);
  if (!impossible) return impossible.error();
  const auto shown = show_run(*store, summary->run_id, {}, {arguments.json, arguments.html});
  if (!shown) return shown.error();
  fmt::print(stderr, "\nResults: {} (run {}). 'trainmark report{}' shows them again.\n", (fs::path(arguments.out) / store::kFileName).string(), summary->run_id,
             arguments.out == "results" ? "" : " --out " + arguments.out);
  if (summary->end.interrupted) fmt::print(stderr, "Interrupted: what was measured is kept; the same command with --resume goes on.\n");
  return gravest({exit_code_of(*summary), *impossible ? ExitCode::kVerdictFailed : ExitCode::kOk});
}

}  // namespace

void add_run(CLI::App& app, Action& action) {
  auto arguments = std::make_shared<RunArguments>();
  CLI::App* command = app.add_subcommand("run", "Train a study or a network on platforms; verify, compare, store and report");
  command->add_option("subject", arguments->subject, "Study, study file, or network")->required()->type_name("SUBJECT");
  add_workload_options(*command, *arguments);
  add_run_options(*command, *arguments);
  command->footer(
      "Examples:\n"
      "  trainmark run quick                                                 two networks on synthetic digits\n"
      "  trainmark run mnist-mlp --platform cpu,reference --max-batches 100  two platforms, a short training\n"
      "  trainmark run mnist-cnn --dataset mnist --data DIR --repetitions 5  intervals need five processes\n"
      "  trainmark run my.toml                                               a study or networks of your own\n"
      "  trainmark run mnist-cnn --epochs 50 --dry-run                       how long would it take?");
  command->callback([arguments, &action] { action = [arguments] { return run(*arguments, command_line()); }; });
}

}  // namespace trainmark::cli

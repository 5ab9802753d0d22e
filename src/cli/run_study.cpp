// One place where the supervisor is called.
#include "cli/run_study.hpp"

#include <fmt/format.h>

#include <cstdlib>

#include "cli/choose_platforms.hpp"
#include "cli/command_line.hpp"
#include "cli/progress.hpp"
#include "proof/proof.hpp"
#include "trial/interrupt.hpp"

namespace trainmark::cli {
namespace {

ExitCode code_of(const trial::TrialSummary& trial) {
  switch (trial.outcome) {
    case trial::OutcomeKind::kFinished:
      return trial.verdict == "failed" ? ExitCode::kVerdictFailed : ExitCode::kOk;
    case trial::OutcomeKind::kTimedOut:
      return ExitCode::kTimeOut;
    case trial::OutcomeKind::kInterrupted:
      return ExitCode::kInterrupted;
    default:
      return ExitCode::kTrialFailed;
  }
}

/// For tests of the whole program: counters of a made-up tree, and a library that plays NVIDIA's.
std::string environment_variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

trial::SupervisorOptions supervisor_options(const RunArguments& arguments, const std::filesystem::path& folder) {
  trial::SupervisorOptions options;
  options.program = program_path();
  options.folder = folder;
  options.timeout_s = arguments.timeout_s;
  options.budget_s = arguments.budget_s;
  options.isa = arguments.isa;
  options.dtype = arguments.dtype;
  options.device = arguments.device;
  options.prove = proof::prove;
  options.environment.label = arguments.label;
  if (const std::string root = environment_variable("TRAINMARK_POWERCAP"); !root.empty()) options.powercap_root = root;
  if (const std::string library = environment_variable("TRAINMARK_NVML"); !library.empty()) options.nvml_library = library;
  return options;
}

void add_commands(trial::SupervisorOptions& options, const std::vector<trial::Experiment>& experiments) {
  for (const trial::Experiment& experiment : experiments) {
    for (const workload::PlatformChoice& platform : experiment.platforms) {
      if (!platform.command.empty()) options.commands[platform.name] = platform.command;
      if (takes_device(platform.name)) options.device_platforms.insert(platform.name);
    }
  }
}

core::Result<trial::RunSummary> run_with_progress(const trial::RunPlan& plan, trial::Sink& sink, trial::SupervisorOptions options) {
  add_commands(options, plan.experiments);
  const trial::InterruptScope interrupts;
  ProgressPrinter progress;
  options.on_progress = [&progress](const trial::Progress& p) { progress.show(p); };
  return trial::run_study(plan, sink, options);
}

ExitCode exit_code_of(const trial::RunSummary& summary) {
  ExitCode code = summary.end.interrupted ? ExitCode::kInterrupted : ExitCode::kOk;
  for (const trial::TrialSummary& trial : summary.trials) {
    if (!trial.message.empty()) fmt::print(stderr, "{}: {}: {}\n", trial.platform, trial::outcome_name(trial.outcome), trial.message);
    code = gravest({code, code_of(trial)});
  }
  return code;
}

}  // namespace trainmark::cli

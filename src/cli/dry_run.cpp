// Estimates by trying: every worker is started, and runs steps for about a second.
#include "cli/dry_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "cli/columns.hpp"
#include "cli/run_study.hpp"
#include "trial/probe.hpp"

namespace trainmark::cli {
namespace {

using core::Result;

constexpr double kMiB = 1 << 20;
constexpr double kReferenceLimit_s = 0.3;
// Of the store: the loss and the correct answers of each step, and about what the row of a block takes.
constexpr double kBytesPerStep = 12, kBytesPerBlock = 900;
// What the forward pass is of a training step: a third of the multiplications (backward has two for each of its one).
constexpr double kForward = 1.0 / 3;
// Warm-up of a trial in steps, and at least in seconds; the proof in steps of the reference, beside one evaluation.
constexpr double kWarmUpSteps = 100, kWarmUp_s = 0.3, kProofSteps = 40;

std::string duration(double seconds) {
  if (seconds < 120) return fmt::format("{:.{}f} s", seconds, seconds < 10 ? 1 : 0);
  if (seconds < 7200) return fmt::format("{:.0f} min", seconds / 60);
  return fmt::format("{:.1f} h", seconds / 3600);
}

struct Estimate {
  int64_t steps = 0;   ///< of one trial
  double train_s = 0;  ///< of all trials of the platform
  double other_s = 0;  ///< start, warm-up, evaluation, proof
  double store_bytes = 0;
};

Estimate estimate(const trial::Experiment& experiment, const workload::PlatformChoice& platform, const trial::Probe& probe, double reference_step_s) {
  const workload::Workload& w = experiment.workload;
  const double step_s = probe.step_ns * 1e-9;
  Estimate e;
  e.steps = trial::planned_steps(workload::total_steps(w), platform.share);
  const auto repetitions = static_cast<double>(experiment.repetitions);
  const auto steps = static_cast<double>(e.steps);
  const auto evaluated = static_cast<double>(workload::evaluation_count(w));
  const double batch = static_cast<double>(workload::batch_of_step(w, 0));
  const double segments = std::ceil(steps / static_cast<double>(workload::steps_per_epoch(w) * trial::epochs_between_evaluations(w.recipe.epochs)));
  e.train_s = repetitions * steps * step_s;
  // An epoch of a search for neighbours is its own evaluation, and the reference does it once more, whatever the number of epochs.
  const double forward_steps = w.neighbours ? 0 : evaluated / batch * kForward;
  const double proof_s = (w.neighbours ? static_cast<double>(workload::steps_per_epoch(w)) : kProofSteps + forward_steps) * (reference_step_s + step_s);
  const double warm_up_s = std::clamp(kWarmUpSteps * step_s, kWarmUp_s, trial::kWarmUpLimit_s + step_s);
  e.other_s = repetitions * (static_cast<double>(probe.start_ns) * 1e-9 + segments * forward_steps * step_s + warm_up_s + proof_s);
  e.store_bytes = repetitions * (steps * kBytesPerStep + (steps * step_s / trial::BlockLengths{}.aim_s + segments) * kBytesPerBlock);
  return e;
}

// Orders and initial state, which are files while a repetition runs.
double scratch_bytes(const trial::Experiment& experiment) {
  const workload::Recipe& recipe = experiment.workload.recipe;
  if (experiment.workload.neighbours) return 0;
  const double orders = recipe.shuffle ? static_cast<double>(recipe.epochs) : 1;
  return orders * static_cast<double>(experiment.workload.dataset.train_count) * 4;
}

}  // namespace

Result<ExitCode> print_dry_run(const Request& request, const RunArguments& arguments) {
  trial::SupervisorOptions options = supervisor_options(arguments, std::filesystem::temp_directory_path());
  add_commands(options, request.experiments);
  std::vector<std::vector<std::string>> rows = {{"NETWORK", "PLATFORM", "THREADS", "TRIALS", "STEPS EACH", "STEPS TAKE", "REST", "MEMORY"}};
  double train_s = 0, other_s = 0, store_bytes = 0, scratch = 0, memory_bytes = 0;
  for (const trial::Experiment& experiment : request.experiments) {
    const auto reference = trial::probe(experiment, {"reference"}, options, kReferenceLimit_s);  // the proof needs it, whoever trains
    if (!reference) return reference.error();
    double together = 0;  // workers of one repetition live at the same time
    for (const workload::PlatformChoice& platform : experiment.platforms) {
      const auto probe = trial::probe(experiment, platform, options);
      if (!probe) return probe.error();
      const Estimate e = estimate(experiment, platform, *probe, reference->step_ns * 1e-9);
      train_s += e.train_s;
      other_s += e.other_s;
      store_bytes += e.store_bytes;
      together += static_cast<double>(probe->memory_bytes);
      rows.push_back({experiment.workload.network.name, platform.name, std::to_string(trial::resolved_threads(experiment.threads)),
                      (experiment.precision > 0 ? "<= " : "") + std::to_string(experiment.repetitions), std::to_string(e.steps), duration(e.train_s),
                      duration(e.other_s), fmt::format("{:.0f} MiB", static_cast<double>(probe->memory_bytes) / kMiB)});
    }
    memory_bytes = std::max(memory_bytes, together);
    scratch = std::max(scratch, scratch_bytes(experiment));
  }
  for (const trial::SkipRecord& skip : request.skips) rows.push_back({"", skip.platform, "", "", "", "skipped", "", skip.reason});
  fmt::print(
      "{}\nAn estimate, from about a second of each platform's steps tried just now: {} in all, {} of them in steps.\n"
      "REST is start, warm-up, evaluation and proof. Memory: {:.0f} MiB for the workers that live at the same time.\n"
      "Disk: about {:.1f} MiB in the store, {:.1f} MiB for files of a repetition. Nothing was recorded.\n",
      columns(rows, terminal_width()), duration(train_s + other_s), duration(train_s), memory_bytes / kMiB, store_bytes / kMiB, scratch / kMiB);
  return ExitCode::kOk;
}

}  // namespace trainmark::cli

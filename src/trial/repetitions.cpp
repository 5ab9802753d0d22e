#include "trial/repetitions.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "statistics/stop_rule.hpp"
#include "statistics/summary.hpp"
#include "trial/trial_life.hpp"

namespace trainmark::trial {
namespace {

/// The finished trials of an experiment's first repetitions, those of an earlier execution of the run too. No others: a resumed run, which knows them
/// all from its start, must stop where the first execution did.
std::vector<MeasuredTrial> measured_of(const Run& run, const Experiment& experiment, const std::string& hash, int64_t repetitions) {
  std::vector<MeasuredTrial> trials;
  for (const auto& platform : experiment.platforms) {
    for (int64_t repetition = 0; repetition < repetitions; ++repetition) {
      const auto found = run.measured.find(trial_key(hash, platform.name, resolved_threads(experiment.threads), repetition));
      if (found != run.measured.end()) trials.push_back(found->second);
    }
  }
  return trials;
}

}  // namespace

void add_step_time(const BlockRecord& block, StepTimes& times) {
  if (block.kind != BlockKind::kTimed || block.steps < 1) return;
  (block.disturbed ? times.disturbed : times.calm).push_back(static_cast<double>(block.elapsed_ns) / static_cast<double>(block.steps));
}

MeasuredTrial measured_trial(const std::string& platform, const StepTimes& times, const std::string& verdict, int64_t planned_steps) {
  return {platform, statistics::median(times.calm.empty() ? times.disturbed : times.calm), verdict == "verified", planned_steps};
}

HalfWidths half_widths(const std::vector<MeasuredTrial>& trials) {
  std::set<std::string> unranked;
  int64_t most_steps = 0;
  for (const MeasuredTrial& trial : trials) {
    if (!trial.verified) unranked.insert(trial.platform);
  }
  for (const MeasuredTrial& trial : trials) {
    if (unranked.count(trial.platform) == 0) most_steps = std::max(most_steps, trial.planned_steps);
  }
  std::map<std::string, std::vector<double>> medians;
  for (const MeasuredTrial& trial : trials) {
    if (unranked.count(trial.platform) == 0 && trial.planned_steps == most_steps && trial.step_ns > 0) medians[trial.platform].push_back(trial.step_ns);
  }
  HalfWidths widths;
  for (const auto& [platform, times] : medians) {
    const bool enough = static_cast<int64_t>(times.size()) >= statistics::kLeastProcesses;
    widths[platform] = enough ? statistics::relative_half_width(times) : std::nullopt;
  }
  return widths;
}

bool is_enough(const HalfWidths& widths, double precision) {
  return !widths.empty() && std::all_of(widths.begin(), widths.end(), [&](const auto& w) { return w.second && *w.second <= precision; });
}

void keep_block(Run& run, const BlockRecord& block) { add_step_time(block, run.step_times[block.trial_id]); }

void keep_trial(Run& run, const Trial& trial) {
  if (!trial.failure) {
    run.measured[trial.record.key] = measured_trial(trial.record.platform, run.step_times[trial.record.id], trial.verdict, trial.record.planned_steps);
  }
  run.step_times.erase(trial.record.id);
}

std::optional<std::string> reason_to_stop(Run& run, const Experiment& experiment, const std::string& hash, int64_t repetition) {
  if (experiment.precision > 0 && repetition >= statistics::kLeastProcesses) {
    const HalfWidths widths = half_widths(measured_of(run, experiment, hash, repetition));
    if (widths.empty()) return "nothing_ranked";
    if (is_enough(widths, experiment.precision)) return "precise";
  }
  const double elapsed_s = static_cast<double>(core::now_ns() - run.started_ns) * 1e-9;
  return run.options.budget_s > 0 && elapsed_s > run.options.budget_s ? std::optional<std::string>("budget") : std::nullopt;
}

void record_stop(Run& run, const Experiment& experiment, const std::string& hash, int64_t repetitions, const std::string& reason) {
  core::Json widths = core::Json::object();
  for (const auto& [platform, width] : half_widths(measured_of(run, experiment, hash, repetitions)))
    widths[platform] = width ? core::Json(*width) : core::Json();
  ReadingRecord record;
  record.run_id = run.summary.run_id;
  record.kind = kStopReading;
  record.taken_wall_ns = core::wall_clock_ns();
  record.figures = {{"workload", hash},
                    {"threads", resolved_threads(experiment.threads)},
                    {"reason", reason},
                    {"repetitions", repetitions},
                    {"most_repetitions", experiment.repetitions},
                    {"precision", experiment.precision > 0 ? core::Json(experiment.precision) : core::Json()},
                    {"half_widths", widths}};
  run.emit(record);
}

}  // namespace trainmark::trial

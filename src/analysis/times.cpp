#include "analysis/times.hpp"

#include <cmath>

namespace trainmark::analysis {

std::map<std::string, Trials> trials_by_platform(const store::RunData& data, const WorkloadResult& result) {
  std::map<std::string, Trials> trials;
  for (const store::TrialData* t : counted_trials(data, result.hash)) {
    if (t->trial.threads == result.threads) trials[t->trial.platform].push_back(t);
  }
  return trials;
}

Trials trials_of(const store::RunData& data, const WorkloadResult& result, const std::string& platform) { return trials_by_platform(data, result)[platform]; }

Times step_times(const Trials& trials, bool with_disturbed) {
  Times times;
  for (const store::TrialData* t : trials) {
    if (!finished(*t)) continue;
    const auto repetition = static_cast<size_t>(t->trial.repetition);
    if (times.size() <= repetition) times.resize(repetition + 1);
    for (const trial::BlockRecord& b : t->blocks) {
      if (b.kind != trial::BlockKind::kTimed || b.steps < 1 || (b.disturbed && !with_disturbed)) continue;
      auto& rounds = times[repetition];
      const auto round = static_cast<size_t>(b.round);
      if (rounds.size() <= round) rounds.resize(round + 1, std::nan(""));
      rounds[round] = static_cast<double>(b.elapsed_ns) / static_cast<double>(b.steps);
    }
  }
  return times;
}

Times headline_times(const Trials& trials) {
  Times times = step_times(trials, false);
  return std::isnan(statistics::median_of_processes(times)) ? step_times(trials, true) : times;
}

trial::MeasuredTrial measured_trial(const store::TrialData& t) {
  trial::StepTimes times;
  for (const trial::BlockRecord& b : t.blocks) trial::add_step_time(b, times);
  return trial::measured_trial(t.trial.platform, times, t.verdict ? t.verdict->verdict : "", t.trial.planned_steps);
}

std::map<std::string, trial::MeasuredTrial> measured_trials(const store::RunData& data) {
  std::map<std::string, trial::MeasuredTrial> measured;
  for (const store::TrialData& t : data.trials) {
    if (finished(t)) measured[t.trial.key] = measured_trial(t);
  }
  return measured;
}

}  // namespace trainmark::analysis

#include "analysis/trainings.hpp"

namespace trainmark::analysis {

std::map<int64_t, double> training_seconds(const Trials& trials) {
  std::map<int64_t, double> seconds;
  for (const store::TrialData* t : trials) {
    if (!finished(*t)) continue;
    const trial::MeasuredTrial measured = measured_trial(*t);
    if (measured.step_ns > 0) seconds[t->trial.repetition] = measured.step_ns * static_cast<double>(measured.planned_steps) * 1e-9;
  }
  return seconds;
}

std::map<int64_t, double> final_accuracies(const Trials& trials) {
  std::map<int64_t, double> accuracies;
  for (const store::TrialData* t : trials) {
    if (!finished(*t) || t->evaluations.empty() || t->evaluations.back().count < 1) continue;
    const trial::EvaluationRecord& last = t->evaluations.back();
    accuracies[t->trial.repetition] = static_cast<double>(last.correct) / static_cast<double>(last.count);
  }
  return accuracies;
}

}  // namespace trainmark::analysis

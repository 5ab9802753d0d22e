// Accuracies, and when the one that was asked for was reached. An evaluation of no sample says nothing.
#include <algorithm>
#include <iterator>
#include <limits>

#include "analysis/comparison.hpp"

namespace trainmark::analysis {
namespace {

double accuracy_of(const trial::EvaluationRecord& e) { return static_cast<double>(e.correct) / static_cast<double>(e.count); }

std::vector<trial::EvaluationRecord> evaluations_of(const store::TrialData& t) {
  std::vector<trial::EvaluationRecord> all;
  std::copy_if(t.evaluations.begin(), t.evaluations.end(), std::back_inserter(all), [](const trial::EvaluationRecord& e) { return e.count > 0; });
  return all;
}

// Infinities stay what they are, which an interpolating quantile would not promise.
double median_with_infinities(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return (values[(values.size() - 1) / 2] + values[values.size() / 2]) / 2;
}

TimeToTarget time_to(double target, const PlatformResult& r, const std::vector<const store::TrialData*>& trials, const workload::Workload& w) {
  TimeToTarget to;
  std::vector<double> steps;  // of every trial; infinity: not reached
  for (const store::TrialData* t : trials) {
    const auto evaluations = evaluations_of(*t);
    if (!finished(*t) || evaluations.empty()) continue;
    const auto first = std::find_if(evaluations.begin(), evaluations.end(), [&](const auto& e) { return accuracy_of(e) >= target; });
    const bool reached = first != evaluations.end();
    steps.push_back(reached ? static_cast<double>(first->step) : std::numeric_limits<double>::infinity());
    to.reached += reached ? 1 : 0;
  }
  to.trials = static_cast<int64_t>(steps.size());
  if (2 * to.reached <= to.trials) return to;
  to.steps = median_with_infinities(steps);
  to.epochs = *to.steps / static_cast<double>(std::max<int64_t>(1, workload::steps_per_epoch(w)));
  if (r.step_ns.n > 0) to.training_s = *to.steps * r.step_ns.median * 1e-9;
  return to;
}

}  // namespace

void set_accuracy(PlatformResult& r, const std::vector<const store::TrialData*>& trials, const workload::Workload& workload,
                  const std::optional<double>& target) {
  double last = 0, best = 0, loss = 0;
  int64_t count = 0;
  for (const store::TrialData* t : trials) {
    const auto evaluations = evaluations_of(*t);
    if (!finished(*t) || evaluations.empty()) continue;
    double top = 0;
    for (const trial::EvaluationRecord& e : evaluations) top = std::max(top, accuracy_of(e));
    last += accuracy_of(evaluations.back());
    loss += evaluations.back().loss;
    best += top;
    ++count;
  }
  if (count == 0) return;
  r.final_accuracy = last / static_cast<double>(count);
  r.best_accuracy = best / static_cast<double>(count);
  r.final_loss = loss / static_cast<double>(count);
  if (target) r.to_target = time_to(*target, r, trials, workload);
}

}  // namespace trainmark::analysis

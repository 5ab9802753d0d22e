// What differs where neighbours are searched: a step is one batch of queries, and nothing is learned.
//
// A stretch of steps is as many requests, each with its own time; the worker's predictions are kept for the proof, and the
// supervisor counts the right ones. So an epoch is its own evaluation, and there is no state to load, dump or compare.
#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "trial/trial_life.hpp"

namespace trainmark::trial {

std::optional<worker::Failure> missing_method(const workload::Workload& workload, const worker::Hello& hello) {
  const auto& methods = hello.methods;
  const char* needed = workload.neighbours ? worker::kNeighbours : worker::kTraining;
  if (std::find(methods.begin(), methods.end(), needed) != methods.end()) return std::nullopt;
  const char* lacks = workload.neighbours ? "'{}' finds no nearest neighbours, which {} asks for" : "'{}' only finds nearest neighbours, and cannot train {}";
  return worker::Failure{worker::FailureKind::kUnsupported, fmt::format(fmt::runtime(lacks), hello.platform, workload.network.name)};
}

bool fit(Run& run, Trial& trial, PreparationRecord& record) {
  const auto elapsed_ns = trial.client->fit(run.options.timeout_s);
  if (!elapsed_ns) {
    trial.failure = elapsed_ns.failure();
    return false;
  }
  record.fit_ns = *elapsed_ns;
  return true;
}

worker::Answer<worker::Trained> predict_steps(Run& run, Trial& trial, int64_t first_step, int64_t steps) {
  const workload::Workload& workload = trial.materials->workload;
  const uint8_t* labels = trial.materials->evaluation.labels;
  worker::Trained done;
  trial.predicted.clear();
  for (int64_t step = first_step; step < first_step + steps; ++step) {
    const int64_t first = workload::first_query_of_step(workload, step), count = workload::batch_of_step(workload, step);
    auto predicted = trial.client->predict(first, count, run.options.timeout_s);
    if (!predicted) return predicted.failure();
    int32_t correct = 0;
    for (size_t i = 0; i < predicted->predictions.size(); ++i) correct += predicted->predictions[i] == labels[static_cast<size_t>(first) + i] ? 1 : 0;
    done.times_ns.push_back(predicted->elapsed_ns);
    done.correct.push_back(correct);
    trial.predicted.push_back({step, std::move(predicted->predictions)});
  }
  return done;
}

void keep_predictions(Trial& trial, const BlockRecord& block) {
  for (size_t i = 0; i < trial.predicted.size(); ++i) {
    EvaluationRecord& epoch = trial.epoch_so_far;
    if (trial.predicted[i].step % trial.progression.steps_per_epoch == 0) epoch = {};
    epoch.correct += block.correct[i];
    epoch.count += static_cast<int64_t>(trial.predicted[i].classes.size());
    epoch.elapsed_ns += block.times_ns[i];
    trial.evidence.predictions.push_back(std::move(trial.predicted[i]));
  }
  trial.predicted.clear();
}

void conclude_epoch(Run& run, Trial& trial) {
  EvaluationRecord& epoch = trial.epoch_so_far;
  epoch.trial_id = trial.record.id;
  epoch.epoch = trial.next_step / trial.progression.steps_per_epoch;
  epoch.step = trial.next_step;
  epoch.loss = std::numeric_limits<double>::quiet_NaN();
  run.emit(epoch);
}

}  // namespace trainmark::trial

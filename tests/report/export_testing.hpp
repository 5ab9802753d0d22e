// A scripted run with the wall clock and the operations that exports show.
#pragma once

#include "support/scripted_run.hpp"

namespace trainmark::tests {

/// Three processes of cpu, two of other, and one of each end that a trial may have. Blocks follow each other 1 ms apart; cpu was taken apart.
inline store::RunData exported_run() {
  auto data = scripted_run({{.platform = "cpu", .processes = 3, .step_ns = constantly(1'000'000)},
                            {.platform = "other@2:mode", .processes = 2, .step_ns = constantly(2'000'000)},
                            {.platform = "cheat", .step_ns = constantly(1'000), .verdict = "failed", .verdict_summary = "the weights of conv1 never moved"},
                            {.platform = "crasher",
                             .step_ns = constantly(1'000),
                             .verdict = "",
                             .outcome = trial::OutcomeKind::kCrashed,
                             .message = "the worker died of <signal> 11 & more"},
                            {.platform = "unable",
                             .step_ns = constantly(1'000),
                             .verdict = "",
                             .outcome = trial::OutcomeKind::kUnsupported,
                             .message = "it knows no dense layers",
                             .rounds = 0}},
                           "cpu");
  data.skips.push_back({data.run.id, "cuda", "no NVIDIA driver was found"});
  int64_t now_ns = data.run.started_wall_ns;
  for (store::TrialData& t : data.trials) {
    t.trial.started_wall_ns = now_ns += 1'000'000;
    for (trial::BlockRecord& b : t.blocks) {
      b.started_wall_ns = now_ns += 1'000'000;
      now_ns += b.elapsed_ns;
    }
    t.outcome->ended_wall_ns = now_ns += 50'000'000;
  }
  const core::Json parts = {{{"operation", "matrix_multiplication"}, {"phase", "forward"}, {"layer", "fc1"}, {"time_ns", 500'000}, {"calls", 1}},
                            {{"operation", "matrix_multiplication"}, {"phase", "backward"}, {"layer", "fc1"}, {"time_ns", 300'000}, {"calls", 2}},
                            {{"operation", "update"}, {"phase", "update"}, {"layer", nullptr}, {"time_ns", 100'000}, {"calls", 1}}};
  data.trials[0].readings.push_back({data.run.id,
                                     data.trials[0].trial.id,
                                     trial::kOperationsReading,
                                     data.trials[0].outcome->ended_wall_ns - 20'000'000,
                                     {{"operations", parts}, {"rest_ns", 100'000}, {"step_ns", 1'000'000}, {"plain_ns", 950'000}, {"steps", 50}}});
  data.trials[3].readings.push_back(
      {data.run.id, data.trials[3].trial.id, trial::kOperationsReading, 1, {{"operations", nullptr}, {"reason", "this worker cannot take its steps apart"}}});
  return data;
}

}  // namespace trainmark::tests

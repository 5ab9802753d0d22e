// Where the time of a platform's step goes: asked of the first trial, when its proof is done.
//
// Taking a step apart changes it (profilers cost time and memory, states move), so it is the last thing that a worker does: times, memory
// and verdict are recorded before, and whatever goes wrong here takes nothing from them. It becomes the reason in the record.
#include <algorithm>

#include "trial/interrupt.hpp"
#include "trial/trial_life.hpp"

namespace trainmark::trial {
namespace {

constexpr double kTarget_ns = 1e9;  // of plain steps
constexpr int64_t kFewestSteps = 5, kMostSteps = 100;

/// Steps from the first one on, of full batches as long as there are any.
int64_t steps_to_take_apart(const Trial& trial) {
  const workload::Workload& workload = trial.materials->workload;
  const int64_t total = workload::total_steps(workload), epoch = workload::steps_per_epoch(workload);
  int64_t same = epoch == 1 ? total : epoch;
  if (same > 1 && workload::batch_of_step(workload, same - 1) != workload::batch_of_step(workload, 0)) --same;
  const double wanted = trial.step_ns > 0 ? std::min(kTarget_ns / trial.step_ns, static_cast<double>(kMostSteps)) : 1;
  return std::min(same, std::max(static_cast<int64_t>(wanted), kFewestSteps));
}

/// None: the run was interrupted meanwhile, so that there is nothing to say.
std::optional<core::Json> ask(Run& run, Trial& trial) {
  const auto reason = [](const std::string& text) { return core::Json{{"operations", nullptr}, {"reason", text}}; };
  const core::Json abilities = trial.record.hello.value("abilities", core::Json::array());
  if (std::find(abilities.begin(), abilities.end(), core::Json(worker::kOperationsAbility)) == abilities.end()) {
    return reason("this worker cannot take its steps apart");
  }
  if (const auto loaded = trial.client->load(trial.materials->initial_state, run.options.timeout_s); !loaded) return reason(loaded.failure().message);
  const int64_t steps = steps_to_take_apart(trial);
  const auto found = trial.client->operations(0, steps, run.options.timeout_s);
  if (!found && found.failure().kind == worker::FailureKind::kInterrupted) return std::nullopt;
  if (!found) return reason(found.failure().message);
  return core::Json{{"operations", worker::to_json(found->parts)},
                    {"rest_ns", found->rest_ns()},
                    {"step_ns", found->step_ns},
                    {"plain_ns", found->plain_ns},
                    {"steps", steps}};
}

}  // namespace

void read_operations(Run& run, Trial& trial) {
  if (!run.options.operations || trial.record.repetition != 0 || trial.searches() || interrupted()) return;
  report_progress(run, trial, "operations");
  ReadingRecord record;
  record.run_id = trial.record.run_id;
  record.trial_id = trial.record.id;
  record.kind = kOperationsReading;
  record.taken_wall_ns = core::wall_clock_ns();
  const auto figures = ask(run, trial);
  if (!figures) return;
  record.figures = *figures;
  run.emit(record);
}

}  // namespace trainmark::trial

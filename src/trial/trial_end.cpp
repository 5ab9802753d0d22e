// The end of a trial: memory, proof, farewell, outcome.
#include <fmt/format.h>

#include <algorithm>

#include "core/json_null.hpp"
#include "trial/memory_reading.hpp"
#include "trial/trial_life.hpp"

namespace trainmark::trial {
namespace {

constexpr int kLogLines = 20;
constexpr double kQuitTimeout_s = 10;

core::Json to_json(const worker::MemoryReport& report) {
  return {{"parameters", core::or_null(report.parameters)},
          {"optimiser_state", core::or_null(report.optimiser_state)},
          {"input", core::or_null(report.input)},
          {"activations", core::or_null(report.activations)},
          {"gradients", core::or_null(report.gradients)},
          {"workspace", core::or_null(report.workspace)},
          {"device_peak", core::or_null(report.device_peak)},
          {"allocator", core::or_null(report.allocator)}};
}

OutcomeKind outcome_of(worker::FailureKind kind) {
  switch (kind) {
    case worker::FailureKind::kUnsupported:
      return OutcomeKind::kUnsupported;
    case worker::FailureKind::kFailed:
      return OutcomeKind::kFailed;
    case worker::FailureKind::kOutOfMemory:
      return OutcomeKind::kOutOfMemory;
    case worker::FailureKind::kCrashed:
      return OutcomeKind::kCrashed;
    case worker::FailureKind::kTimedOut:
      return OutcomeKind::kTimedOut;
    case worker::FailureKind::kProtocol:
      return OutcomeKind::kProtocol;
    case worker::FailureKind::kInterrupted:
      return OutcomeKind::kInterrupted;
  }
  CHECK(false, "unknown kind of failure");
}

void read_worker_memory(Run& run, Trial& trial) {
  trial.members.clear();  // what the proof takes is not the training's
  const auto report = trial.client->memory(run.options.timeout_s);
  if (report) trial.memory = to_json(*report);
  if (trial.channel->broken()) trial.failure = trial.channel->broken();
}

void emit_memory(Run& run, const Trial& trial) {
  const auto phases = to_json(trial.phases);
  if (phases.empty()) return;
  run.emit(ReadingRecord{
      trial.record.run_id, trial.record.id, kMemoryReading, core::wall_clock_ns(), {{"phases", phases}, {"peaks_are_set_back", trial.phases.resets}}});
}

void prove(Run& run, Trial& trial) {
  report_progress(run, trial, "proof");
  proof::ProofReport report;
  report.summary = "no proof was asked for";
  if (run.options.prove) {
    proof::ProofOptions options;
    options.threads = trial.record.threads;
    options.timeout_s = run.options.timeout_s;
    options.dtype = run.options.dtype;
    report = run.options.prove(*trial.client, *trial.materials, trial.evidence, options);
  }
  if (trial.channel->broken()) trial.failure = trial.channel->broken();
  if (trial.failure && trial.failure->kind == worker::FailureKind::kInterrupted) return;  // half a proof says nothing
  trial.verdict = proof::verdict_name(report.verdict);
  run.emit(VerdictRecord{trial.record.id, trial.verdict, report.summary, run.options.prove ? proof::to_json(report) : core::Json()});
}

}  // namespace

void finish(Run& run, Trial& trial) {
  const Lap lap(run.summary.end.proof_ns);
  trial.process->resume();
  read_worker_memory(run, trial);
  if (trial.failure) return;
  prove(run, trial);
  if (trial.failure) return;
  read_operations(run, trial);
  [[maybe_unused]] const auto farewell = trial.client->quit(kQuitTimeout_s);  // the work is done: how it says goodbye changes nothing
  trial.process->wait(kQuitTimeout_s);
}

void conclude(Run& run, Trial& trial) {
  if (trial.concluded || !trial.recorded) return;
  trial.concluded = true;
  OutcomeRecord outcome;
  outcome.trial_id = trial.record.id;
  if (trial.process) {
    trial.peak_rss_bytes = std::max(trial.peak_rss_bytes, read_memory(trial.members).peak_rss_bytes);
    trial.process->kill();
    const auto end = trial.process->wait(10);
    outcome.peak_rss_bytes = std::max(trial.peak_rss_bytes, trial.phases.highest_peak_rss_bytes);
    if (outcome.peak_rss_bytes == 0 && end) outcome.peak_rss_bytes = end->max_rss_bytes;
  }
  if (trial.failure) {
    outcome.kind = outcome_of(trial.failure->kind);
    outcome.message = trial.failure->message;
    outcome.log_tail = tail_of(run.options.folder / "logs" / (trial.record.id + ".log"), kLogLines);
  }
  outcome.ended_wall_ns = core::wall_clock_ns();
  outcome.peak_rss_anon_bytes = trial.peak_rss_anon_bytes;
  outcome.memory = trial.memory;
  emit_memory(run, trial);
  emit_energy(run, trial);
  if (trial.device_process_bytes) outcome.memory["device_process"] = *trial.device_process_bytes;
  if (trial.thread_use.elapsed_ns > 0) run.emit(thread_reading(trial.record, trial.thread_use));
  run.emit(outcome);
  keep_trial(run, trial);
  forget_steps(run, trial);
  run.summary.trials.push_back({trial.record.key, trial.record.platform, outcome.kind, outcome.message, trial.verdict});
  trial.client.reset();
  trial.channel.reset();
  trial.process.reset();
}

}  // namespace trainmark::trial

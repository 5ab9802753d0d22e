// One turn of a trial: continue the worker, re-warm it, time a block, evaluate and dump outside the clock, stop it.
#include <fmt/format.h>

#include <algorithm>

#include "trial/memory_reading.hpp"
#include "trial/process_tree.hpp"
#include "trial/trial_life.hpp"

namespace trainmark::trial {
namespace {

bool fail(Trial& trial, const worker::Failure& failure) {
  trial.failure = failure;
  return false;
}

int64_t samples_of(const workload::Workload& workload, int64_t first_step, int64_t steps) {
  int64_t samples = 0;
  for (int64_t step = first_step; step < first_step + steps; ++step) samples += workload::batch_of_step(workload, step);
  return samples;
}

/// A worker may start and end processes at any time; looking costs milliseconds, so it is done every five seconds.
void refresh_members(Trial& trial) {
  constexpr int64_t kEvery_ns = 5'000'000'000;
  if (core::now_ns() - trial.members_seen_ns < kEvery_ns) return;
  trial.members = members_of_group(trial.process->group());
  trial.members_seen_ns = core::now_ns();
}

bool evaluate(Run& run, Trial& trial) {
  end_phase(trial.phases, MemoryPhase::kTrain, trial.members);
  if (trial.searches()) {
    conclude_epoch(run, trial);
    return true;
  }
  const Lap lap(run.summary.end.evaluation_ns);
  report_progress(run, trial, "evaluate");
  const auto& samples = trial.materials->evaluation;
  const auto evaluated = trial.client->evaluate(samples.count, run.options.timeout_s);
  if (!evaluated) return fail(trial, evaluated.failure());
  end_phase(trial.phases, MemoryPhase::kEvaluate, trial.members);
  const auto& predictions = evaluated->predictions;
  if (static_cast<int64_t>(predictions.size()) != samples.count) {
    return fail(trial,
                {worker::FailureKind::kProtocol, fmt::format("the worker's evaluation gave {} predictions for {} samples", predictions.size(), samples.count)});
  }
  EvaluationRecord record;
  record.trial_id = trial.record.id;
  record.epoch = trial.next_step / trial.progression.steps_per_epoch;
  record.step = trial.next_step;
  record.count = samples.count;
  for (int64_t i = 0; i < samples.count; ++i) record.correct += predictions[static_cast<size_t>(i)] == samples.labels[i];
  record.loss = evaluated->loss;
  record.elapsed_ns = evaluated->elapsed_ns;
  run.emit(record);
  if (trial.next_step == trial.progression.planned_steps) {
    trial.evidence.final_predictions = predictions;
    trial.evidence.final_loss = evaluated->loss;
  }
  return true;
}

/// The state at a block's edge, for the proof. A worker that cannot dump goes on without.
bool dump_edge(Run& run, Trial& trial) {
  if (trial.edges_left.empty() || trial.next_step < trial.edges_left.front()) return true;
  const Lap lap(run.summary.end.proof_ns);
  std::erase_if(trial.edges_left, [&](int64_t edge) { return edge <= trial.next_step; });
  end_phase(trial.phases, MemoryPhase::kTrain, trial.members);
  auto state = trial.client->dump(run.options.timeout_s);
  skip_phase(trial.phases, trial.members);
  if (state) {
    trial.evidence.edges.push_back({trial.next_step, std::move(*state)});
    return true;
  }
  if (state.failure().kind != worker::FailureKind::kUnsupported) return fail(trial, state.failure());
  trial.edges_left.clear();
  return true;
}

/// Runs the block as the next steps of the counted training.
bool advance(Run& run, Trial& trial, BlockRecord& block) {
  block.first_step = trial.next_step;
  if (!run_block(run, trial, block, worker::Granularity::kEpoch)) return false;
  run.summary.end.blocks_ns += block.elapsed_ns;
  trial.next_step += block.steps;
  count_steps(run, trial, block.steps);
  if (trial.searches()) {
    keep_predictions(trial, block);
  } else {
    trial.evidence.stretches.push_back({block.first_step, block.losses, block.indices_crc});
  }
  return true;
}

bool timed_block(Run& run, Trial& trial, int64_t round, int64_t steps, std::vector<PendingBlock>& pending) {
  PendingBlock timed;
  timed.record.round = round;
  timed.record.steps = steps;
  begin_energy(run, trial);
  const BlockEdge before = read_edge(trial);
  if (!advance(run, trial, timed.record)) return false;
  close_block(trial, before, timed);
  end_energy(run, trial, timed.record.index);
  const auto memory = read_memory(trial.members);
  timed.record.rss_anon_bytes = memory.rss_anon_bytes;
  timed.record.rss_file_bytes = memory.rss_file_bytes;
  trial.peak_rss_anon_bytes = std::max(trial.peak_rss_anon_bytes, memory.rss_anon_bytes);
  trial.peak_rss_bytes = std::max(trial.peak_rss_bytes, memory.peak_rss_bytes);
  if (run.nvml) {
    if (const auto bytes = run.nvml->bytes_of(trial.members)) trial.device_process_bytes = std::max(trial.device_process_bytes.value_or(0), *bytes);
  }
  trial.step_ns = static_cast<double>(timed.record.elapsed_ns) / static_cast<double>(steps);
  count_block(run, trial);
  pending.push_back(std::move(timed));
  return true;
}

}  // namespace

bool run_block(Run& run, Trial& trial, BlockRecord& block, worker::Granularity granularity) {
  block.trial_id = trial.record.id;
  block.index = trial.next_block++;
  block.epoch = block.first_step / trial.progression.steps_per_epoch;
  block.started_wall_ns = core::wall_clock_ns();
  const int64_t begin_ns = core::now_ns();
  auto trained = trial.searches() ? predict_steps(run, trial, block.first_step, block.steps)
                                  : trial.client->train({block.first_step, block.steps, granularity, run.options.want_correct}, run.options.timeout_s);
  const int64_t wall_ns = core::now_ns() - begin_ns;
  if (!trained) return fail(trial, trained.failure());
  const auto steps = static_cast<size_t>(block.steps);
  const size_t times = granularity == worker::Granularity::kStep || trial.searches() ? steps : 1;
  if (trained->losses.size() != (trial.searches() ? 0 : steps) || trained->times_ns.size() != times) {
    return fail(trial, {worker::FailureKind::kProtocol,
                        fmt::format("the worker gave {} losses and {} times for {} steps", trained->losses.size(), trained->times_ns.size(), block.steps)});
  }
  for (const int64_t time_ns : trained->times_ns) block.elapsed_ns += std::max<int64_t>(0, time_ns);
  if (*std::min_element(trained->times_ns.begin(), trained->times_ns.end()) <= 0 || block.elapsed_ns > wall_ns) {
    return fail(trial, {worker::FailureKind::kProtocol, fmt::format("the worker says that {} steps took {} ns, but between request and answer {} ns passed",
                                                                    block.steps, block.elapsed_ns, wall_ns)});
  }
  block.samples = samples_of(trial.materials->workload, block.first_step, block.steps);
  block.times_ns = std::move(trained->times_ns);
  block.losses = std::move(trained->losses);
  block.correct = std::move(trained->correct);
  block.indices_crc = trained->indices_crc;
  return true;
}

bool run_turn(Run& run, Trial& trial, int64_t round, std::vector<PendingBlock>& pending) {
  report_progress(run, trial, trial.searches() ? "predict" : "train");
  refresh_members(trial);
  trial.process->resume();
  const int64_t end = segment_end(trial.next_step, trial.progression);
  const Turn turn = next_turn(trial.next_step, trial.progression, trial.step_ns, run.options.lengths);
  if (turn.rewarm_steps > 0) {
    BlockRecord rewarm;
    rewarm.kind = BlockKind::kRewarm;
    rewarm.round = round;
    rewarm.steps = turn.rewarm_steps;
    if (!advance(run, trial, rewarm)) return false;
    run.emit(rewarm);
  }
  if (!timed_block(run, trial, round, turn.timed_steps, pending)) return false;
  if (trial.next_step == end && !evaluate(run, trial)) return false;
  if (!dump_edge(run, trial)) return false;
  trial.process->stop();
  return true;
}

}  // namespace trainmark::trial

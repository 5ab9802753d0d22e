// A run that never ran: records of made-up platforms with times that are known, for tests of analysis and reports.
//
// Each process of a platform runs rounds of one re-warming step and one timed block. Times are exact multiples, so
// medians, ratios and rates can be worked out by hand.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "network/zoo.hpp"
#include "store/run_data.hpp"
#include "trial/supervisor.hpp"
#include "workload/workload.hpp"

namespace trainmark::tests {

/// mnist-mlp over 640 samples in batches of 64: 10 steps an epoch, 2 epochs.
inline workload::Workload scripted_workload() {
  workload::Workload w;
  w.dataset = {"synthetic-digits", "2", std::string(64, 'd'), true, 640, 0, 100};
  w.network = network::find_network("mnist-mlp").value();
  w.recipe.batch_size = 64;
  w.recipe.epochs = 2;
  w.recipe.optimiser.learning_rate = 0.05;
  w.recipe.optimiser.momentum = 0.9;
  return w;
}

/// What a platform does in every process.
struct Script {
  std::string platform;
  int64_t processes = 1;
  std::function<int64_t(int64_t repetition, int64_t round)> step_ns;  ///< time of one step in that block
  std::string verdict = "verified";                                   ///< "": none was reached
  std::string verdict_summary = "All 12 checks passed.";
  trial::OutcomeKind outcome = trial::OutcomeKind::kFinished;
  std::string message = "";  // given, so that designated initialisers may leave it out without a warning
  double share = 1;
  int64_t rounds = 4;  ///< of 5 steps each
  int threads = 2;
  std::function<bool(int64_t repetition, int64_t round)> disturbed = [](int64_t, int64_t) { return false; };
};

inline std::function<int64_t(int64_t, int64_t)> constantly(int64_t step_ns) {
  return [step_ns](int64_t, int64_t) { return step_ns; };
}

inline trial::BlockRecord scripted_block(const std::string& trial_id, int64_t index, trial::BlockKind kind, int64_t first_step, int64_t steps,
                                         int64_t step_ns) {
  trial::BlockRecord b;
  b.trial_id = trial_id;
  b.index = index;
  b.kind = kind;
  b.first_step = first_step;
  b.steps = steps;
  b.epoch = first_step / 10;
  b.samples = 64 * steps;
  b.elapsed_ns = steps * step_ns;
  b.times_ns = {b.elapsed_ns};
  for (int64_t i = 0; i < steps; ++i) b.losses.push_back(2.0 - 0.05 * static_cast<double>(first_step + i));
  b.correct.assign(static_cast<size_t>(steps), 32);
  return b;
}

/// One process: a warm-up block, then rounds of one re-warming and four timed steps, an evaluation after each epoch.
inline store::TrialData scripted_trial(const Script& script, const std::string& workload_hash, int64_t repetition) {
  store::TrialData t;
  t.trial.id = script.platform + "-" + std::to_string(repetition);
  t.trial.run_id = "0123456789abcdef";
  t.trial.key = trial::trial_key(workload_hash, script.platform, script.threads, repetition);
  t.trial.workload_hash = workload_hash;
  t.trial.platform = script.platform;
  t.trial.threads = script.threads;
  t.trial.repetition = repetition;
  t.trial.seed = 1 + static_cast<uint64_t>(repetition);
  t.trial.share = script.share;
  t.trial.planned_steps = 5 * script.rounds;
  const std::string& id = t.trial.id;
  t.preparation = {id, 30'000'000 + 1'000'000 * repetition, 1'000'000, 2'000'000, 3'000'000, 501'760, 4'000'000, {}};
  t.blocks.push_back(scripted_block(id, 0, trial::BlockKind::kWarmUp, 0, 5, 9'000'000));
  for (int64_t round = 0; round < script.rounds; ++round) {
    const int64_t step_ns = script.step_ns(repetition, round);
    t.blocks.push_back(scripted_block(id, 1 + 2 * round, trial::BlockKind::kRewarm, 5 * round, 1, 3 * step_ns));
    auto timed = scripted_block(id, 2 + 2 * round, trial::BlockKind::kTimed, 5 * round + 1, 4, step_ns);
    timed.round = round;
    timed.cpu_ns = timed.elapsed_ns * script.threads * 3 / 4;
    timed.rss_anon_bytes = (20 + round) << 20;
    timed.rss_file_bytes = 10 << 20;
    timed.disturbed = script.disturbed(repetition, round);
    t.blocks.push_back(timed);
    if (round % 2 == 1) t.evaluations.push_back({id, (round + 1) / 2, 5 * (round + 1), 80 + 5 * round + repetition % 2, 100, 0.5, 1'000'000});
  }
  if (!script.verdict.empty()) t.verdict = {id, script.verdict, script.verdict_summary, {}};
  t.outcome = {id, script.outcome, script.message, "", 0, (60 + repetition) << 20, 23 << 20, {}};
  return t;
}

inline store::RunData scripted_run(const std::vector<Script>& scripts, const std::string& baseline, const workload::Workload& workload = scripted_workload()) {
  store::RunData data;
  data.run = {"0123456789abcdef",
              "scripted",
              std::string(64, 'e'),
              {},
              baseline,
              "trainmark run scripted --out /home/somebody/results",
              "0.1.0",
              1'700'000'000'000'000'000,
              {{"cpu", {{"model", "Scripted CPU"}}}, {"system", {{"host", "somebodys-machine"}}}}};
  const std::string hash = workload::workload_hash(workload);
  data.workloads.push_back({hash, workload.network.name, workload.dataset.name, workload.dataset.synthetic, workload::to_json(workload)});
  for (const Script& script : scripts) {
    for (int64_t repetition = 0; repetition < script.processes; ++repetition) data.trials.push_back(scripted_trial(script, hash, repetition));
  }
  data.ends.push_back({data.run.id, 0, false, 100'000'000'000, 10'000'000'000, 20'000'000'000, 60'000'000'000, 1'000'000'000, 2'000'000'000, 6'000'000'000});
  return data;
}

}  // namespace trainmark::tests

// Rounds: one block of every trial that has some left, in random order, with the sentinel between blocks.
//
// Blocks are emitted when their round is over, because one that was disturbed marks all of them; outcomes come after the blocks.
#include <algorithm>

#include "trial/interrupt.hpp"
#include "trial/trial_life.hpp"

namespace trainmark::trial {
namespace {

int64_t time_sentinel(Run& run) {
  const Lap lap(run.summary.end.sentinel_ns);
  return run.sentinel.run();
}

/// One block of every trial that has some left, in random order.
std::vector<PendingBlock> run_turns(Run& run, Trials& trials, uint64_t seed, int64_t round) {
  std::vector<PendingBlock> pending;
  int64_t sentinel_ns = time_sentinel(run);
  for (const int index : round_order(static_cast<int>(trials.size()), seed, round)) {
    Trial& trial = *trials[static_cast<size_t>(index)];
    if (run.error || interrupted()) break;
    if (!trial.has_turns_left()) continue;
    const size_t before = pending.size();
    run_turn(run, trial, round, pending);
    const int64_t after_ns = time_sentinel(run);
    if (pending.size() > before) {
      pending.back().sentinel_before_ns = sentinel_ns;
      pending.back().sentinel_after_ns = after_ns;
    }
    sentinel_ns = after_ns;
  }
  return pending;
}

/// Emits the blocks of a round. One that was disturbed marks all.
void emit_round(Run& run, std::vector<PendingBlock>& pending) {
  std::vector<std::string> reasons;
  bool any = false;
  for (auto& block : pending) {
    block.reading.slowdown_before = run.sentinel.slowdown(block.sentinel_before_ns);
    block.reading.slowdown_after = run.sentinel.slowdown(block.sentinel_after_ns);
    reasons.push_back(disturbance(block.reading));
    any = any || !reasons.back().empty();
  }
  for (size_t i = 0; i < pending.size(); ++i) {
    auto& record = pending[i].record;
    record.disturbed = any;
    record.disturbance = to_json(pending[i].reading);
    record.disturbance["reason"] = reasons[i].empty() ? core::Json() : core::Json(reasons[i]);
    run.emit(record);
    keep_block(run, record);
  }
}

}  // namespace

void run_rounds(Run& run, Trials& trials, uint64_t seed) {
  const auto some_left = [&] { return std::any_of(trials.begin(), trials.end(), [](const auto& trial) { return trial->has_turns_left(); }); };
  run.progress.round = 0;
  for (int64_t round = 0; some_left() && !run.error && !interrupted(); ++round) {
    auto pending = run_turns(run, trials, seed, round);
    emit_round(run, pending);
    run.progress.round = round + 1;
    for (auto& trial : trials) {
      if (trial->going() && !trial->has_turns_left() && !interrupted()) {
        finish(run, *trial);
        conclude(run, *trial);
      } else if (trial->failure) {
        conclude(run, *trial);
      }
    }
  }
}

}  // namespace trainmark::trial

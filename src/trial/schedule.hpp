// When what runs: where blocks end, how many steps re-warm a worker, when it is evaluated, who goes first in a round.
// Pure functions of numbers, so that tests can try all sizes.
//
// A segment is the stretch between two evaluations: an epoch, or several where a training has more epochs than anybody
// reads points from a curve (500 full-batch iterations). It depends on the workload alone, so that all platforms are
// evaluated at the same steps. Blocks never cross the end of a segment.
#pragma once

#include <cstdint>
#include <vector>

namespace trainmark::trial {

/// How long blocks should be, in seconds.
struct BlockLengths {
  double aim_s = 0.75;     ///< equal parts of a segment come out nearest to this: between 2/3 and 4/3 of it when it is long enough
  double rewarm_s = 0.02;  ///< of steps that are run and recorded after each pause, but not counted
};

/// The steps of one trial.
struct Progression {
  int64_t steps_per_epoch = 1;
  int64_t epochs = 1;
  int64_t planned_steps = 1;  ///< that this trial runs: its share of steps_per_epoch * epochs
};

/// Steps that a platform with this share of the training runs: at least one, at most all.
int64_t planned_steps(int64_t total_steps, double share);

/// Epochs between evaluations: 1 up to 50 epochs, then as many as give at most 50 evaluations.
int64_t epochs_between_evaluations(int64_t epochs);

/// The first step after `step` at which the worker is evaluated; the last is planned_steps.
int64_t segment_end(int64_t step, const Progression& progression);

/// What is run in one turn: first the re-warming steps, then the timed ones.
struct Turn {
  int64_t rewarm_steps = 0;
  int64_t timed_steps = 0;
};

/// The next turn of a trial that stands before `step`, whose steps take about `step_ns`. At least one step is timed; at most a
/// tenth of a turn re-warms, but at least one step where there are two.
Turn next_turn(int64_t step, const Progression& progression, double step_ns, const BlockLengths& lengths = {});

/// The order in which `count` platforms run in a round: a random permutation, a pure function of seed and round.
std::vector<int> round_order(int count, uint64_t seed, int64_t round);

/// Steps of the next request of the warm-up: about 50 ms of them, at least 1, at most 100.
int64_t warm_up_chunk(double step_ns);

/// Steps after which the state is dumped for the proof, at the first block edge at or after them: the end of the first epoch,
/// the half and three quarters of the training, and its end. Ascending, distinct, the last is planned_steps.
std::vector<int64_t> edge_targets(const Progression& progression);

}  // namespace trainmark::trial

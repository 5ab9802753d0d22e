// Runs of several steps: the first timed losses against the reference's own, and recorded losses replayed by the worker.
//
// Errors grow from step to step, in deep networks beyond all bounds; how fast is measured, and where the tolerance
// exceeds a fiftieth of the loss the comparison ends, because losses mean nothing from there on.
#pragma once

#include "proof/single_step.hpp"

namespace trainmark::proof {

/// Losses of the first timed steps against a double-precision run of the reference from the initial state. The growth of
/// errors is that of float32 runs of the reference with other orders of sums and disturbed inputs.
void check_free_run(Session& session, const StepTruth& first);

/// Losses of single steps of the worker from the state that `truth` belongs to, `losses` being those already run (or
/// empty), against the recorded ones: the timed program must be the one that the proof drives. The growth of errors is
/// measured with the worker itself, from disturbed states.
void check_replay(Session& session, const StepCase& from, const StepTruth& truth, int64_t steps);

/// Compares step by step until the tolerance means nothing. `spread[k]`: largest difference that honest runs showed;
/// `flips`: what decisions near a tie may change of a loss after the first, relatively.
struct LossComparison {
  double ratio = 0;
  int64_t compared = 0;  ///< steps
  int64_t worst = 0;     ///< step of `ratio`, from 0
};
LossComparison compare_losses(std::span<const double> got, std::span<const double> expected, std::span<const double> spread, double first_tolerance,
                              double flips, const Precision& precision);

}  // namespace trainmark::proof

// States between the timed blocks: the losses recorded right after them, and whether the training went anywhere.
#pragma once

#include "proof/single_step.hpp"

namespace trainmark::proof {

/// The loss that was recorded for the step after a state, against the reference's from that state.
void check_recorded_loss(Session& session, const StepCase& edge, const StepTruth& truth);

/// Weights differ between edges, losses are not all the same; whether the loss fell is stated. `first` is the step from
/// the initial state: what it does not move need not move.
void check_progress(Session& session, const StepTruth& first);

}  // namespace trainmark::proof

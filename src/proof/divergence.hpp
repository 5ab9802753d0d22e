// Where a training leaves the finite numbers. Says nothing about whether a worker did its work: the training itself may diverge.
#pragma once

#include <string>

#include "proof/session.hpp"

namespace trainmark::proof {

/// "NaN", "inf", "-inf", or the number: processors give NaN a sign that means nothing.
std::string loss_text(double loss);

/// What the reference, in the worker's precision, has to say about a loss of timed step `step` that is not finite: which tensor holds the first such
/// value, at which step, or that its own training stays finite. The end of a sentence, from ": " on; "" where that would take too long.
std::string explain_divergence(Session& session, int64_t step);

}  // namespace trainmark::proof

// The proof of a search for nearest neighbours: every prediction is held against exact integer distances.
//
// There is no tolerance. Where several images are equally far away at the k-th place, another choice among them than that
// of the lowest indices is told and accepted; a class that no choice gives fails.
#pragma once

#include "proof/proof.hpp"

namespace trainmark::proof {

/// The worker must be prepared with `materials`, which have neighbours, and fitted.
ProofReport prove_neighbours(worker::Client& client, const workload::Materials& materials, const TimedEvidence& evidence, const ProofOptions& options);

}  // namespace trainmark::proof

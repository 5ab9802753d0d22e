// The evaluation: a class for every sample of the split, equal to the reference's but where its margin is too small.
#pragma once

#include "proof/session.hpp"

namespace trainmark::proof {

/// `state` is the state that was evaluated. Without recorded predictions the worker evaluates `state` now.
void check_evaluation(Session& session, const core::TensorMap& state);

}  // namespace trainmark::proof

// The passes, in the order in which they run. Each is a pure function of its arguments, in a file of its own name.
#pragma once

#include <string>

#include "core/result.hpp"
#include "network/network.hpp"
#include "plan/plan.hpp"

namespace trainmark::plan {

/// Forward operations of one step over `batch` images, gather first and loss (train) or prediction (evaluate) last.
/// The network must be valid.
Plan build(const network::Network& network, int64_t batch, Mode mode, const Loss& loss = {});

/// Appends the gradients of all learned tensors, by reverse-mode differentiation. No gradient by data is made for
/// layers whose input depends on no parameter. A value read by several operations gets the sum of their gradients.
Plan differentiate(Plan plan);

/// Appends one update per learned tensor, with the optimiser's state tensors; before it the sum over passes and the
/// clipping, where the training has them. `plan.passes` is set.
Plan append_update(Plan plan, const Training& training);

/// Gives every arena tensor an offset by lifetimes (stages where there are any, else operations), and every scratch
/// tensor an offset within its stage's scratch: greedy by size, smallest gap that fits.
Plan plan_arena(Plan plan, int64_t real_bytes = 4);

/// Fills Op::cost.
Plan annotate_cost(Plan plan);

/// Checks every invariant of a plan: see verify.cpp. An Error here is a fault of a pass, in words.
core::Result<void> verify(const Plan& plan);

/// Largest sum of bytes of arena tensors that are alive at one time: no arena can be smaller.
int64_t liveness_lower_bound(const Plan& plan, int64_t real_bytes = 4);

/// build, differentiate, append_update, annotate_cost: what every engine starts from. `batch` is that of the step; it must
/// be divisible by the passes of the training.
Plan training_plan(const network::Network& network, int64_t batch, const Training& training);
Plan evaluation_plan(const network::Network& network, int64_t batch, const Loss& loss = {});

/// A table of operations, shapes, FLOPs and bytes, and of stages when there are any, for people.
std::string print(const Plan& plan);

}  // namespace trainmark::plan

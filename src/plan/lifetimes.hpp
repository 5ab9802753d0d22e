// When tensors are alive: shared by the arena's planner and by the check of its result.
#pragma once

#include <vector>

#include "plan/plan.hpp"

namespace trainmark::plan {

/// First and last position at which the bytes of a tensor are touched, both inclusive; first > last: never.
struct Lifetime {
  int first = 1 << 30;
  int last = -1;
  bool overlaps(const Lifetime& other) const { return first <= other.last && other.first <= last; }
};

/// Lifetimes of all tensors that own bytes. Positions are stages, or operations where the plan has no stages: tasks of
/// one stage run at the same time, so everything that a stage touches is alive throughout it.
std::vector<Lifetime> arena_lifetimes(const Plan& plan);

/// Lifetimes within one stage, by position in Stage::ops: for scratch memory, where operations of a chunk run in order.
std::vector<Lifetime> scratch_lifetimes(const Plan& plan, const Stage& stage);

}  // namespace trainmark::plan

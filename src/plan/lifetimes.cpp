// Lifetimes by one walk over the operations.
#include "plan/lifetimes.hpp"

#include <algorithm>

#include "plan/edit.hpp"

namespace trainmark::plan {
namespace {

void touch(const Plan& plan, std::vector<Lifetime>& lives, const Op& op, int position) {
  for (const auto* list : {&op.inputs, &op.outputs}) {
    for (const int t : *list) {
      Lifetime& life = lives[static_cast<size_t>(root_of(plan, t))];
      life.first = std::min(life.first, position);
      life.last = std::max(life.last, position);
    }
  }
  if (op.kind == OpKind::kAccumulate) lives[static_cast<size_t>(op.outputs[0])].first = 0;  // the sum lives from one pass to the next
}

}  // namespace

std::vector<Lifetime> arena_lifetimes(const Plan& plan) {
  std::vector<Lifetime> lives(plan.tensors.size());
  if (plan.stages.empty()) {
    for (size_t i = 0; i < plan.ops.size(); ++i) touch(plan, lives, plan.ops[i], static_cast<int>(i));
  }
  for (size_t s = 0; s < plan.stages.size(); ++s) {
    for (const int op : plan.stages[s].ops) touch(plan, lives, plan.ops[static_cast<size_t>(op)], static_cast<int>(s));
  }
  return lives;
}

std::vector<Lifetime> scratch_lifetimes(const Plan& plan, const Stage& stage) {
  std::vector<Lifetime> lives(plan.tensors.size());
  for (size_t i = 0; i < stage.ops.size(); ++i) touch(plan, lives, plan.ops[static_cast<size_t>(stage.ops[i])], static_cast<int>(i));
  return lives;
}

}  // namespace trainmark::plan

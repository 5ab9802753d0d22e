// append_update: one update per learned tensor, at the end of the step, in the order of the parameters.
#include "core/check.hpp"
#include "plan/edit.hpp"
#include "plan/passes.hpp"

namespace trainmark::plan {

Plan append_update(Plan plan, const Optimiser& optimiser) {
  const int count = static_cast<int>(plan.tensors.size());  // state tensors are appended below
  for (int p = 0; p < count; ++p) {
    if (plan.tensors[static_cast<size_t>(p)].role != Role::kParameter) continue;
    const std::string name = plan.tensors[static_cast<size_t>(p)].name;
    const int gradient = find_tensor(plan, "d" + name);
    CHECK(gradient >= 0, "no gradient for " + name);
    Op update;
    update.kind = OpKind::kUpdate;
    update.phase = Phase::kUpdate;
    update.name = name + ".update";
    update.inputs = {p, gradient};
    for (const std::string& suffix : state_suffixes(optimiser)) {
      Tensor state = plan.tensors[static_cast<size_t>(p)];
      state.name = name + "." + suffix;
      state.role = Role::kOptimiserState;
      update.inputs.push_back(add_tensor(plan, std::move(state)));
    }
    update.attributes = UpdateAttributes{optimiser};
    add_op(plan, std::move(update));
  }
  return plan;
}

}  // namespace trainmark::plan

// verify: every invariant of a plan, as sentences. It trusts no pass: shapes, order, storage and stages are checked anew.
#include <fmt/format.h>

#include <set>

#include "plan/passes.hpp"
#include "plan/verify_parts.hpp"

namespace trainmark::plan {
namespace {

using core::Result;
using core::tool_error;

bool is_state(const Tensor& t) { return t.storage == Storage::kState; }

Result<void> check_tables(const Plan& plan) {
  std::set<std::string> names;
  for (const Tensor& t : plan.tensors) {
    if (!names.insert(t.name).second) return tool_error(fmt::format("plan: two tensors are called '{}'", t.name));
    if (t.shape.size() < 1) return tool_error(fmt::format("plan: tensor '{}' is empty", t.name));
    if (t.alias_of < 0) continue;
    if (t.alias_of >= static_cast<int>(plan.tensors.size()) || plan.tensors[static_cast<size_t>(t.alias_of)].alias_of >= 0) {
      return tool_error(fmt::format("plan: tensor '{}' is another shape of something that does not own its bytes", t.name));
    }
    const Tensor& owner = plan.tensors[static_cast<size_t>(t.alias_of)];
    if (owner.shape.size() != t.shape.size() || owner.storage != t.storage || owner.layout != t.layout) {
      return tool_error(fmt::format("plan: tensor '{}' does not match '{}', whose bytes it shares", t.name, owner.name));
    }
  }
  std::set<std::string> op_names;
  for (const Op& op : plan.ops) {
    if (!op_names.insert(op.name).second) return tool_error(fmt::format("plan: two operations are called '{}'", op.name));
    for (const auto* list : {&op.inputs, &op.outputs}) {
      for (const int t : *list) {
        if (t < 0 || t >= static_cast<int>(plan.tensors.size()))
          return tool_error(fmt::format("plan: operation '{}' names tensor {}, which does not exist", op.name, t));
      }
    }
  }
  return {};
}

// The order in which operations run: by stages where there are any.
std::vector<int> execution_order(const Plan& plan) {
  std::vector<int> order;
  if (plan.stages.empty()) {
    for (size_t i = 0; i < plan.ops.size(); ++i) order.push_back(static_cast<int>(i));
  }
  for (const Stage& stage : plan.stages) order.insert(order.end(), stage.ops.begin(), stage.ops.end());
  return order;
}

// Everything is written before it is read, once; parameters are read before they are updated.
Result<void> check_order(const Plan& plan, const std::vector<int>& order) {
  std::vector<int> writer(plan.tensors.size(), -1);
  std::vector<bool> updated(plan.tensors.size(), false);
  for (const int index : order) {
    const Op& op = plan.ops[static_cast<size_t>(index)];
    for (const int t : op.inputs) {
      const size_t root = static_cast<size_t>(plan.tensors[static_cast<size_t>(t)].alias_of < 0 ? t : plan.tensors[static_cast<size_t>(t)].alias_of);
      if (!is_state(plan.tensors[root]) && writer[root] < 0) {
        return tool_error(fmt::format("plan: operation '{}' reads '{}' before anything wrote it", op.name, plan.tensors[static_cast<size_t>(t)].name));
      }
      if (updated[root]) return tool_error(fmt::format("plan: operation '{}' reads '{}' after it was updated", op.name, plan.tensors[root].name));
    }
    for (const int t : op.outputs) {
      const Tensor& tensor = plan.tensors[static_cast<size_t>(t)];
      if (tensor.alias_of >= 0 || is_state(tensor)) return tool_error(fmt::format("plan: operation '{}' may not write '{}'", op.name, tensor.name));
      if (writer[static_cast<size_t>(t)] >= 0) return tool_error(fmt::format("plan: '{}' is written twice, the second time by '{}'", tensor.name, op.name));
      writer[static_cast<size_t>(t)] = index;
    }
    if (op.kind == OpKind::kUpdate) updated[static_cast<size_t>(op.inputs[0])] = true;
  }
  return {};
}

Result<void> check_updates(const Plan& plan) {
  std::vector<int> updates(plan.tensors.size(), 0);
  for (const Op& op : plan.ops) {
    if (op.kind != OpKind::kUpdate) continue;
    for (size_t i = 0; i < op.inputs.size(); ++i) {
      if (i != 1) ++updates[static_cast<size_t>(op.inputs[i])];
    }
  }
  bool any = false;
  for (const int count : updates) any = any || count > 0;
  if (!any) return {};  // evaluation, or before append_update
  for (size_t t = 0; t < plan.tensors.size(); ++t) {
    const bool due = plan.tensors[t].role == Role::kParameter || plan.tensors[t].role == Role::kOptimiserState;
    if (updates[t] != (due ? 1 : 0)) return tool_error(fmt::format("plan: '{}' is updated {} times in a step", plan.tensors[t].name, updates[t]));
  }
  return {};
}

// What is read by an update, through the clipping, is a sum over the passes exactly where there are several.
Result<void> check_passes(const Plan& plan) {
  if (plan.passes < 1) return tool_error(fmt::format("plan: a step has {} passes", plan.passes));
  std::vector<OpKind> maker(plan.tensors.size(), OpKind::kGather);
  for (const Op& op : plan.ops) {
    for (const int t : op.outputs) maker[static_cast<size_t>(t)] = op.kind;
    const bool update = op.kind == OpKind::kUpdate, clip = op.kind == OpKind::kClip;
    if (!update && !clip) continue;
    const OpKind source = maker[static_cast<size_t>(op.inputs[update ? 1 : 0])];
    if (update && source == OpKind::kClip) continue;
    if ((source == OpKind::kAccumulate) != (plan.passes > 1)) {
      return tool_error(fmt::format("plan: '{}' reads {} of a step of {} passes", op.name, source == OpKind::kAccumulate ? "a sum" : "one pass", plan.passes));
    }
  }
  return {};
}

Result<void> check_ops_once(const Plan& plan, const std::vector<int>& order) {
  std::set<int> seen(order.begin(), order.end());
  if (order.size() != plan.ops.size() || seen.size() != plan.ops.size() || *seen.begin() != 0 || *seen.rbegin() != static_cast<int>(plan.ops.size()) - 1) {
    return tool_error("plan: the stages do not hold every operation exactly once");
  }
  return {};
}

}  // namespace

Result<void> verify(const Plan& plan) {
  if (plan.ops.empty() || plan.batch < 1) return tool_error("plan: it has no operations or no images");
  if (auto r = check_tables(plan); !r) return r;
  const auto order = execution_order(plan);
  if (auto r = check_ops_once(plan, order); !r) return r;
  if (auto r = check_shapes(plan); !r) return r;
  if (auto r = check_order(plan, order); !r) return r;
  if (auto r = check_updates(plan); !r) return r;
  if (auto r = check_passes(plan); !r) return r;
  if (auto r = check_stages(plan); !r) return r;
  return check_storage(plan);
}

}  // namespace trainmark::plan

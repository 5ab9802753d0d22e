// Tasks against what their stage divides.
#include <fmt/format.h>

#include <map>

#include "plan/verify_parts.hpp"

namespace trainmark::plan {
namespace {

using core::Result;
using core::tool_error;

// Every operation's ranges follow each other without gap or overlap, from 0 to one common end.
Result<void> check_cover(const Stage& stage, size_t number) {
  std::map<int, int64_t> covered;  // position in Stage::ops -> end of the last range
  for (const Task& task : stage.tasks) {
    if (task.first_op < 0 || task.op_count < 1 || task.first_op + task.op_count > static_cast<int>(stage.ops.size())) {
      return tool_error(fmt::format("plan: a task of stage {} names operations that the stage does not have", number));
    }
    for (int op = task.first_op; op < task.first_op + task.op_count; ++op) {
      int64_t& end = covered[op];
      if (task.begin != end || task.end <= task.begin)
        return tool_error(fmt::format("plan: the tasks of stage {} leave a gap, overlap or are empty at {}", number, task.begin));
      end = task.end;
    }
  }
  if (covered.size() != stage.ops.size()) return tool_error(fmt::format("plan: some operation of stage {} belongs to no task", number));
  return {};
}

}  // namespace

Result<void> check_stages(const Plan& plan) {
  for (size_t s = 0; s < plan.stages.size(); ++s) {
    const Stage& stage = plan.stages[s];
    if (stage.ops.empty() || stage.tasks.empty()) return tool_error(fmt::format("plan: stage {} is empty", s));
    if (auto r = check_cover(stage, s); !r) return r;
    if (stage.axis == Axis::kWhole && stage.tasks.size() != 1)
      return tool_error(fmt::format("plan: stage {} may not be divided and has {} tasks", s, stage.tasks.size()));
    if (stage.axis != Axis::kImages) continue;
    if (stage.chunk < 1) return tool_error(fmt::format("plan: stage {} carries images and has no chunk size", s));
    for (const Task& task : stage.tasks) {
      if (task.op_count != static_cast<int>(stage.ops.size())) return tool_error(fmt::format("plan: a task of image stage {} leaves operations out", s));
    }
    if (stage.tasks.back().end != plan.batch) return tool_error(fmt::format("plan: stage {} covers {} of {} images", s, stage.tasks.back().end, plan.batch));
  }
  return {};
}

}  // namespace trainmark::plan

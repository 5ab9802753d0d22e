// The plan: one training or evaluation step of one network at one batch size, as plain data.
//
// A plan holds tensors, operations over them in an order that is valid to execute, and, once the later passes have run,
// stages (which operations run together over which part of the batch) and offsets of the tensors in an arena. Passes
// are pure functions Plan -> Plan, a file each:
//   build -> differentiate -> append_update -> fuse -> assign_layouts -> join_pools -> form_stages -> plan_arena; cost and verify read.
// A plan without stages is executed operation by operation over whole batches, which is what the reference does.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "plan/op.hpp"
#include "plan/tensor.hpp"

namespace trainmark::plan {

/// What a plan computes: layers such as batch-norm and dropout mean different things in the two.
enum class Mode : uint8_t { kTrain, kEvaluate };

/// A piece of a stage that one thread runs: some of the stage's operations over a range.
struct Task {
  int first_op = 0;  ///< index into Stage::ops
  int op_count = 0;
  int64_t begin = 0;  ///< images of the batch when the stage's axis is kImages; else elements of Op::split_extent
  int64_t end = 0;
};

/// What the tasks of a stage divide.
enum class Axis : uint8_t {
  kImages,   ///< every task carries its images, chunk by chunk, through all operations of the stage
  kOutputs,  ///< every task computes a range of the outputs of its operations over the whole batch
  kWhole,    ///< one task, undivided
};

/// Operations between two synchronisations. Tasks are independent of each other; their number and ranges depend on
/// shapes alone, never on the number of threads.
struct Stage {
  Axis axis = Axis::kWhole;
  std::vector<int> ops;  ///< indices into Plan::ops, in execution order
  std::vector<Task> tasks;
  int64_t chunk = 0;          ///< kImages: images that go through all operations at once
  int64_t scratch_bytes = 0;  ///< per thread, for tensors that live only within one chunk
};

struct Plan {
  std::string network;
  Mode mode = Mode::kTrain;
  int64_t batch = 0;   ///< images per pass
  int64_t passes = 1;  ///< of a step: parts of its batch, one after the other; operations of Phase::kUpdate run after the last
  int64_t classes = 0;
  std::vector<Tensor> tensors;
  std::vector<Op> ops;
  std::vector<Stage> stages;  ///< empty until form_stages
  int64_t arena_bytes = 0;    ///< 0 until plan_arena
  // Tensors with a role of their own.
  int input = -1;   ///< gathered images, (n, c, h, w)
  int logits = -1;  ///< (n, classes)
};

/// Index of the tensor of that name, or -1.
int find_tensor(const Plan& plan, std::string_view name);

}  // namespace trainmark::plan

// split_inputs: a first dense layer with large weights is divided by its inputs, not by images.
//
// Divided by images, every thread reads all weights, half of which (of two threads) the other has just written: for 784 x 128
// weights 200 KB move between cores in every step, longer than the arithmetic of 32 images takes. Divided by inputs, a thread gathers
// and multiplies the pixels whose rows of weights it updates in the last stage: weights stay where they are, and only sums of
// n x o values move, one copy per range. They are added in the order of the ranges, so the result does not depend on threads.
//   Worth it while the copies are smaller than the weights. The number of ranges follows from the shapes alone; four keep four
// threads busy, and more would write more copies than they save.
#include <algorithm>

#include "plan/edit.hpp"
#include "plan/engine_passes.hpp"

namespace trainmark::plan {
namespace {

constexpr int64_t kMostRanges = 4;

/// Position of the only dense layer that reads the gathered rows, or -1; its gradient by weights may read them too.
int first_dense(const Plan& plan) {
  int found = -1;
  for (size_t i = 0; i < plan.ops.size(); ++i) {
    const Op& op = plan.ops[i];
    for (const int input : op.inputs) {
      if (root_of(plan, input) != plan.input || op.kind == OpKind::kDenseGradWeights) continue;
      if (op.kind != OpKind::kDense || found >= 0) return -1;
      found = static_cast<int>(i);
    }
  }
  return found;
}

}  // namespace

Plan split_inputs(Plan plan) {
  const int index = plan.mode == Mode::kTrain ? first_dense(plan) : -1;
  if (index < 0) return plan;
  const Op dense = plan.ops[static_cast<size_t>(index)];
  const Tensor& x = plan.tensors[static_cast<size_t>(dense.inputs[0])];
  const Tensor& w = plan.tensors[static_cast<size_t>(dense.inputs[1])];
  if (x.layout != Layout::kPaddedRows || w.layout != Layout::kTransposed) return plan;
  const int64_t ranges = std::min(kMostRanges, x.shape.per_image() / (2 * plan.batch));
  if (ranges < 2 || x.shape.per_image() < ranges * kLanes) return plan;

  Tensor partial = plan.tensors[static_cast<size_t>(dense.outputs[0])];
  partial.name += ".ranges";
  partial.role = Role::kPartial;
  partial.alias_of = -1;
  partial.copies = ranges;
  const int sums = add_tensor(plan, std::move(partial));
  Op product = dense, sum = dense;
  product.kind = OpKind::kDenseRanges;
  product.inputs.resize(2);
  product.outputs = {sums};
  product.fused_relu = false;
  sum.kind = OpKind::kSumRanges;
  sum.name += ".sum";
  sum.inputs = {sums};
  sum.inputs.insert(sum.inputs.end(), dense.inputs.begin() + 2, dense.inputs.end());
  sum.cost = {};
  plan.ops[static_cast<size_t>(index)] = std::move(product);
  plan.ops.insert(plan.ops.begin() + index + 1, std::move(sum));
  return plan;
}

}  // namespace trainmark::plan

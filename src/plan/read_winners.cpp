// read_winners: the gradient behind a max pool, three quarters zeros at least, is never written out.
//
// Where a convolution's output goes into a 2x2 max pool, its gradients take the pool's gradient and the winners as they are,
// and the pool has no backward operation any more. Only where the engine has kernels for it: 16 images as lanes, square
// windows of 3 or 5 at every pixel, without padding, one group. Elsewhere the gradient is written out and read densely.
#include <algorithm>

#include "plan/edit.hpp"
#include "plan/engine_passes.hpp"

namespace trainmark::plan {
namespace {

bool has_kernel(const ConvAttributes& conv) {
  const network::Window& w = conv.window;
  return conv.groups == 1 && (w == network::Window::square(3) || w == network::Window::square(5));
}

bool reads(const Plan& plan, const Op& op, int tensor) {
  return std::any_of(op.inputs.begin(), op.inputs.end(), [&](int input) { return root_of(plan, input) == tensor; });
}

// Both gradients: by data (dy, w, ...) and by weights (x, dy).
bool is_gradient(const Op& op, int dy) {
  if (op.kind == OpKind::kConv2dGradData) return op.inputs[0] == dy && has_kernel(attributes<ConvAttributes>(op));
  return op.kind == OpKind::kConv2dGradWeights && op.inputs[1] == dy && has_kernel(attributes<ConvAttributes>(op));
}

}  // namespace

Plan read_winners(Plan plan) {
  std::vector<Op> kept;
  for (const Op& pool : plan.ops) {
    const bool lanes = pool.kind == OpKind::kMaxPoolGrad && plan.tensors[static_cast<size_t>(pool.outputs[0])].layout == Layout::kImageLanes;
    bool joined = lanes && attributes<PoolAttributes>(pool).window == network::Window::square(2, 2);
    for (const Op& op : plan.ops) joined = joined && (!reads(plan, op, pool.outputs[0]) || is_gradient(op, pool.outputs[0]));
    if (!joined) {
      kept.push_back(pool);
      continue;
    }
    for (Op& op : plan.ops) {
      if (!is_gradient(op, pool.outputs[0])) continue;
      op.inputs[op.kind == OpKind::kConv2dGradData ? 0 : 1] = pool.inputs[0];
      op.inputs.push_back(pool.inputs[1]);
      op.winners_only = true;
    }
  }
  plan.ops = std::move(kept);
  return plan;
}

}  // namespace trainmark::plan

// join_pools: what lies between a convolution and the 2x2 max pool behind it is never written out, in neither direction.
//
// Forward, the convolution yields the pool's output and winners. Backward, its gradients take the pool's gradient and the
// winners as they are: three quarters at least of what the pool's backward operation would write are zeros. Only where nothing
// else reads it, and where the engine has kernels: 16 images as lanes, one group, every pixel, no padding; for the gradients
// 3x3 and 5x5. Elsewhere the operations stay apart.
#include <algorithm>

#include "plan/edit.hpp"
#include "plan/engine_passes.hpp"

namespace trainmark::plan {
namespace {

bool in_lanes_2x2(const Plan& plan, const Op& pool, int unpooled) {
  return attributes<PoolAttributes>(pool).window == network::Window::square(2, 2) && plan.tensors[static_cast<size_t>(unpooled)].layout == Layout::kImageLanes;
}

bool has_forward_kernel(const ConvAttributes& conv) {
  const network::Window& w = conv.window;
  return conv.groups == 1 && w.stride_h == 1 && w.stride_w == 1 && w.pad_h == 0 && w.pad_w == 0;
}

bool has_gradient_kernels(const ConvAttributes& conv) {
  return conv.groups == 1 && (conv.window == network::Window::square(3) || conv.window == network::Window::square(5));
}

int64_t readers(const Plan& plan, int tensor) {
  int64_t count = 0;
  for (const Op& op : plan.ops) count += std::count_if(op.inputs.begin(), op.inputs.end(), [&](int input) { return root_of(plan, input) == tensor; });
  return count;
}

// Both gradients: by data (dy, w, ...) and by weights (x, dy).
bool is_gradient(const Op& op, int dy) {
  const bool by_data = op.kind == OpKind::kConv2dGradData && op.inputs[0] == dy, by_weights = op.kind == OpKind::kConv2dGradWeights && op.inputs[1] == dy;
  return (by_data || by_weights) && has_gradient_kernels(attributes<ConvAttributes>(op));
}

bool join_backward(Plan& plan, const Op& pool) {
  const int unpooled = pool.outputs[0];
  const auto gradient = [&](const Op& op) { return is_gradient(op, unpooled); };
  if (!in_lanes_2x2(plan, pool, unpooled) || std::count_if(plan.ops.begin(), plan.ops.end(), gradient) != readers(plan, unpooled)) return false;
  for (Op& op : plan.ops) {
    if (!gradient(op)) continue;
    op.inputs[op.kind == OpKind::kConv2dGradData ? 0 : 1] = pool.inputs[0];
    op.inputs.push_back(pool.inputs[1]);
    op.through_pool = true;
  }
  return true;
}

bool join_forward(Plan& plan, const Op& pool) {
  const int unpooled = pool.inputs[0];
  if (!in_lanes_2x2(plan, pool, unpooled) || readers(plan, unpooled) != 1) return false;
  for (Op& op : plan.ops) {
    if (op.kind != OpKind::kConv2d || op.outputs[0] != unpooled || op.fused_relu || !has_forward_kernel(attributes<ConvAttributes>(op))) continue;
    op.outputs = pool.outputs;
    op.fused_relu = pool.fused_relu;
    op.through_pool = true;
    return true;
  }
  return false;
}

}  // namespace

Plan join_pools(Plan plan) {
  std::vector<bool> joined;
  for (size_t i = 0; i < plan.ops.size(); ++i) {
    const Op op = plan.ops[i];
    joined.push_back((op.kind == OpKind::kMaxPoolGrad && join_backward(plan, op)) || (op.kind == OpKind::kMaxPool && join_forward(plan, op)));
  }
  std::vector<Op> kept;
  for (size_t i = 0; i < plan.ops.size(); ++i) {
    if (!joined[i]) kept.push_back(std::move(plan.ops[i]));
  }
  plan.ops = std::move(kept);
  return plan;
}

}  // namespace trainmark::plan

// The operations tell: a plan's tensors do not say whether their (n, c, h, w) is a matrix, a kernel or a vector.
#include "plan/state_shapes.hpp"

namespace trainmark::plan {

std::map<std::string, std::vector<int64_t>> state_shapes(const Plan& plan) {
  std::map<std::string, std::vector<int64_t>> shapes;
  const auto tensor = [&](int index) -> const Tensor& { return plan.tensors[static_cast<size_t>(index)]; };
  for (const Tensor& t : plan.tensors) {
    if (t.storage == Storage::kState && t.role != Role::kDerived) shapes[t.name] = {t.shape.n};
  }
  for (const Op& op : plan.ops) {
    if (op.kind != OpKind::kLayerNorm) continue;
    const Extents& w = tensor(op.inputs[1]).shape;
    const Extents& x = tensor(op.inputs[0]).shape;
    if (x.h > 1 || x.w > 1) shapes[tensor(op.inputs[1]).name] = shapes[tensor(op.inputs[2]).name] = {w.n, w.c, w.h};
  }
  for (const Op& op : plan.ops) {
    const bool convolution = op.kind == OpKind::kConv2d;
    if (!convolution && op.kind != OpKind::kDense && op.kind != OpKind::kDenseRanges) continue;
    const Extents& w = tensor(op.inputs[1]).shape;
    shapes[tensor(op.inputs[1]).name] = convolution ? std::vector{w.n, w.c, w.h, w.w} : std::vector{w.n, w.c};
  }
  for (const Op& op : plan.ops) {
    if (op.kind != OpKind::kUpdate) continue;
    for (size_t i = 2; i < op.inputs.size(); ++i) shapes[tensor(op.inputs[i]).name] = shapes[tensor(op.inputs[0]).name];
  }
  return shapes;
}

}  // namespace trainmark::plan

#include "plan/lane_fill.hpp"

namespace trainmark::plan {
namespace {

double filled(int64_t values) { return static_cast<double>(values) / static_cast<double>(round_up(values, kLanes)); }

/// Of a convolution, whose lanes are images or the positions of one.
double spatial_fill(const Plan& plan, const Tensor& activation) {
  if (activation.layout == Layout::kImageLanes) return filled(plan.batch);
  return filled(activation.shape.h * activation.shape.w);
}

}  // namespace

double lane_fill(const Plan& plan, const Op& op) {
  const auto tensor = [&](int number) -> const Tensor& { return plan.tensors[static_cast<size_t>(number)]; };
  switch (op.kind) {
    case OpKind::kConv2d:
    case OpKind::kConv2dGradData:
      return spatial_fill(plan, tensor(op.outputs[0]));
    case OpKind::kConv2dGradWeights:
      return spatial_fill(plan, tensor(op.inputs[1]));
    case OpKind::kDense:
    case OpKind::kDenseRanges: {  // outputs are columns, or inputs are where weights lie outputs first
      const bool inputs_first = tensor(op.inputs[1]).layout == Layout::kTransposed;
      return filled((inputs_first ? tensor(op.outputs[0]) : tensor(op.inputs[0])).shape.per_image());
    }
    case OpKind::kDenseGradData:
      return filled(tensor(op.outputs[0]).shape.per_image());
    case OpKind::kDenseGradWeights: {
      const Tensor& dw = tensor(op.outputs[0]);
      return filled(dw.layout == Layout::kTransposed ? dw.shape.n : dw.shape.per_image());
    }
    default:
      return 1;
  }
}

}  // namespace trainmark::plan

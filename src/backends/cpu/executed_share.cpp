#include "backends/cpu/executed_share.hpp"

#include "plan/edit.hpp"

namespace trainmark::backends::cpu {

double share_through_pool(const BoundOp& op) {
  const bool by_data = op.op.kind == plan::OpKind::kConv2dGradData, forward = op.op.kind == plan::OpKind::kConv2d;
  const plan::Extents& x = by_data ? op.out[0].shape : op.in[0].shape;
  const plan::Extents& pooled = forward ? op.out[0].shape : op.in[by_data ? 0 : 1].shape;
  const auto& conv = std::get<plan::ConvAttributes>(op.op.attributes);
  const plan::Extents y = plan::before_pool(x, pooled.c, conv);
  const auto positions = static_cast<double>(y.h * y.w);
  const double windows = static_cast<double>(pooled.h * pooled.w);
  if (forward) return 4 * windows / positions;
  const auto k = static_cast<double>(conv.window.kernel_h);  // gradients: a square
  return windows / positions * (by_data ? (k + 1) * (k + 1) / (k * k) : 1);
}

}  // namespace trainmark::backends::cpu

// spatial_layout: whether convolutions and pooling take 16 images as the lanes of vectors, or rows, positions of one image.
//
// Images as lanes are aligned and need no copies, but a batch of 1 costs as much as 16. Rows are paid per image; they unfold
// their input, load unaligned and fill the last vector of an image in part. Below, cycles of a step are counted roughly for
// both. One layout serves the whole plan: conversions in between would cost more than they save. Measured, one thread of a
// Zen 5, a step in microseconds, lanes and rows: docs/performance.md.
#include "plan/engine_passes.hpp"

namespace trainmark::plan {
namespace {

struct Cycles {
  double lanes = 0;  // of 16 images
  double rows = 0;   // of one image
  bool rows_fit = true;
};

// Convolutions before a 2x2 max pool: what lanes take of their count, since they are joined with it and leave out its zeros (join_pools.cpp).
constexpr double kJoinedShare = 0.9;
constexpr int64_t kMostPlanes = 512 << 10;  // bytes of an image's unfolded input: more falls out of L2

const Extents& shape(const Plan& plan, int tensor) { return plan.tensors[static_cast<size_t>(tensor)].shape; }

// What both kernels multiply, and what rows copy beside it. Shares of the peak (two vectors a cycle) as measured.
void count_convolution(const Plan& plan, const Op& op, Cycles& cycles) {
  const bool by_data = op.kind == OpKind::kConv2dGradData, by_weights = op.kind == OpKind::kConv2dGradWeights;
  const Extents& x = shape(plan, by_data ? op.outputs[0] : op.inputs[0]);
  const Extents& y = by_data ? shape(plan, op.inputs[0]) : by_weights ? shape(plan, op.inputs[1]) : shape(plan, op.outputs[0]);
  const auto& conv = attributes<ConvAttributes>(op);
  const network::Window& w = conv.window;
  const int64_t positions = y.h * y.w;
  const double terms = static_cast<double>(x.c * w.kernel_h * w.kernel_w * y.c) / static_cast<double>(conv.groups);
  const double planes = static_cast<double>(x.c * w.kernel_w * (y.h + w.kernel_h * w.dilation_h) * y.w);
  cycles.lanes += terms * static_cast<double>(positions) / 2 / 0.8;
  cycles.rows += terms * static_cast<double>(round_up(positions, kLanes)) / static_cast<double>(2 * kLanes) / 0.55 + planes * (w.stride_w == 1 ? 0.1 : 1.5);
  cycles.rows_fit = cycles.rows_fit && planes * 4 <= kMostPlanes;
}

// Windows of 2x2 are vectors in both layouts, others a scalar loop over rows.
void count_pool(const Plan& plan, const Op& op, Cycles& cycles) {
  const bool gradient = op.kind == OpKind::kMaxPoolGrad;
  const network::Window& w = attributes<PoolAttributes>(op).window;
  const double outputs = static_cast<double>(shape(plan, gradient ? op.inputs[0] : op.outputs[0]).per_image());
  const double taps = static_cast<double>(w.kernel_h * w.kernel_w);
  cycles.lanes += outputs * taps * 1.5;
  cycles.rows += w == network::Window::square(2, 2) ? outputs * 1.5 : outputs * (gradient ? 4.0 : taps * 3);
}

}  // namespace

Layout spatial_layout(const Plan& plan) {
  Cycles cycles;
  bool joined = false;
  for (const Op& op : plan.ops) {
    if (op.kind == OpKind::kConv2d || op.kind == OpKind::kConv2dGradData || op.kind == OpKind::kConv2dGradWeights) count_convolution(plan, op, cycles);
    if (op.kind == OpKind::kMaxPool || op.kind == OpKind::kMaxPoolGrad) count_pool(plan, op, cycles);
    joined = joined || (op.kind == OpKind::kMaxPool && attributes<PoolAttributes>(op).window == network::Window::square(2, 2));
  }
  if (joined) cycles.lanes *= kJoinedShare;
  const int64_t groups = (plan.batch + kLanes - 1) / kLanes;
  return cycles.rows_fit && static_cast<double>(plan.batch) * cycles.rows < static_cast<double>(groups) * cycles.lanes ? Layout::kPaddedRows
                                                                                                                       : Layout::kImageLanes;
}

}  // namespace trainmark::plan

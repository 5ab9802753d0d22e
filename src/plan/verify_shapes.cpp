// Operands against the kind of their operation.
#include <fmt/format.h>

#include "network/shapes.hpp"
#include "plan/edit.hpp"
#include "plan/verify_parts.hpp"

namespace trainmark::plan {
namespace {

using core::Result;
using core::tool_error;

struct Operands {
  const Plan& plan;
  const Op& op;
  const Extents& in(size_t i) const { return plan.tensors[static_cast<size_t>(op.inputs[i])].shape; }
  const Extents& out(size_t i) const { return plan.tensors[static_cast<size_t>(op.outputs[i])].shape; }
  bool counts(size_t inputs_min, size_t inputs_max, size_t outputs_min, size_t outputs_max) const {
    return op.inputs.size() >= inputs_min && op.inputs.size() <= inputs_max && op.outputs.size() >= outputs_min && op.outputs.size() <= outputs_max;
  }
};

bool window_fits(const Extents& x, const Extents& y, const network::Window& w) {
  return y.n == x.n && y.h == network::window_output(x.h, w.kernel_h, w.stride_h, w.pad_h, w.dilation_h) &&
         y.w == network::window_output(x.w, w.kernel_w, w.stride_w, w.pad_w, w.dilation_w);
}

bool conv_fits(const Extents& x, const Extents& w, const Extents& y, const ConvAttributes& a) {
  return window_fits(x, y, a.window) && w == Extents{y.c, x.c / a.groups, a.window.kernel_h, a.window.kernel_w};
}

// A convolution with the pool behind it: y or dy, and the winners.
bool pooled_fits(const Operands& o, const Extents& x, const Extents& y, const Extents& w, const Extents& winners) {
  const auto& conv = attributes<ConvAttributes>(o.op);
  const Extents between = before_pool(x, y.c, conv);
  return conv_fits(x, w, between, conv) && window_fits(between, y, network::Window::square(2, 2)) && winners == y;
}

bool dense_fits(const Extents& x, const Extents& w, const Extents& y) { return x.n == y.n && w == Extents{y.per_image(), x.per_image(), 1, 1}; }

bool vector_of(const Extents& v, int64_t size) { return v == Extents{size, 1, 1, 1}; }

// Parameters of layer-norm: (c) where an image is a vector of features, else (c, h, w).
bool value_of_an_image(const Extents& w, const Extents& x) { return x.h == 1 && x.w == 1 ? vector_of(w, x.c) : w == Extents{x.c, x.h, x.w, 1}; }

bool concat_fits(const Operands& o) {
  int64_t channels = 0;
  for (size_t i = 0; i < o.op.inputs.size(); ++i) {
    const Extents& x = o.in(i);
    if (x.n != o.out(0).n || x.h != o.out(0).h || x.w != o.out(0).w) return false;
    channels += x.c;
  }
  return channels == o.out(0).c;
}

bool all_equal(const Operands& o) {
  for (size_t i = 0; i < o.op.inputs.size(); ++i) {
    if (o.in(i) != o.out(0)) return false;
  }
  return true;
}

bool fits(const Plan& plan, const Op& op) {
  const Operands o{plan, op};
  const auto bias_fits = [](size_t count, size_t have, const Extents& b, int64_t size) { return have <= count || vector_of(b, size); };
  switch (op.kind) {
    case OpKind::kGather:
      return o.counts(0, 0, 1, 1) && o.out(0).n == plan.batch;
    case OpKind::kConv2d:
      if (op.through_pool)
        return o.counts(2, 3, 1, 2) && pooled_fits(o, o.in(0), o.out(0), o.in(1), o.out(op.outputs.size() - 1)) &&
               bias_fits(2, op.inputs.size(), o.in(op.inputs.size() - 1), o.out(0).c);
      return o.counts(2, 3, 1, 1) && conv_fits(o.in(0), o.in(1), o.out(0), attributes<ConvAttributes>(op)) &&
             bias_fits(2, op.inputs.size(), o.in(op.inputs.size() - 1), o.out(0).c);
    case OpKind::kDense:
      return o.counts(2, 3, 1, 1) && dense_fits(o.in(0), o.in(1), o.out(0)) && bias_fits(2, op.inputs.size(), o.in(op.inputs.size() - 1), o.out(0).per_image());
    case OpKind::kConv2dGradData:
      if (op.through_pool) return o.counts(3, 4, 1, 1) && pooled_fits(o, o.out(0), o.in(0), o.in(1), o.in(op.inputs.size() - 1));
      return o.counts(2, 3, 1, 1) && conv_fits(o.out(0), o.in(1), o.in(0), attributes<ConvAttributes>(op));
    case OpKind::kDenseGradData:
      return o.counts(2, 3, 1, 1) && o.in(0).n == o.out(0).n && o.in(1).size() == o.in(0).per_image() * o.out(0).per_image();
    case OpKind::kConv2dGradWeights:
      if (op.through_pool) return o.counts(3, 3, 1, 2) && pooled_fits(o, o.in(0), o.in(1), o.out(0), o.in(2));
      return o.counts(2, 2, 1, 2) && conv_fits(o.in(0), o.out(0), o.in(1), attributes<ConvAttributes>(op));
    case OpKind::kDenseGradWeights:
      return o.counts(2, 2, 1, 2) && o.in(0).n == o.in(1).n && o.out(0).size() == o.in(0).per_image() * o.in(1).per_image();
    case OpKind::kMaxPool:
      return o.counts(1, 1, 1, 2) && o.in(0).c == o.out(0).c && window_fits(o.in(0), o.out(0), attributes<PoolAttributes>(op).window);
    case OpKind::kAveragePool:
      return o.counts(1, 1, 1, 1) && o.in(0).c == o.out(0).c && window_fits(o.in(0), o.out(0), attributes<PoolAttributes>(op).window);
    case OpKind::kMaxPoolGrad:
      return o.counts(2, 3, 1, 1) && o.in(0) == o.in(1) && window_fits(o.out(0), o.in(0), attributes<PoolAttributes>(op).window);
    case OpKind::kAveragePoolGrad:
      return o.counts(1, 1, 1, 1) && window_fits(o.out(0), o.in(0), attributes<PoolAttributes>(op).window);
    case OpKind::kRelu:
      return o.counts(1, 1, 1, 1) && all_equal(o);
    case OpKind::kReluGrad:
      return o.counts(2, 2, 1, 1) && all_equal(o);
    case OpKind::kAdd:
      return o.counts(2, 64, 1, 1) && all_equal(o);
    case OpKind::kDropout:
      return o.counts(1, 1, 2, 2) && all_equal(o) && o.out(1) == o.out(0);
    case OpKind::kDropoutGrad:
      return o.counts(2, 2, 1, 1) && all_equal(o);
    case OpKind::kConcat:
      return o.op.inputs.size() >= 2 && concat_fits(o);
    case OpKind::kConcatGrad:
      return o.counts(1, 1, 1, 1) && attributes<ConcatGradAttributes>(op).channel_offset + o.out(0).c <= o.in(0).c;
    case OpKind::kBatchNormTrain:
      return o.counts(5, 5, 3, 3) && o.in(0) == o.out(0) && vector_of(o.in(1), o.in(0).c) && vector_of(o.out(1), o.in(0).c);
    case OpKind::kBatchNormEvaluate:
      return o.counts(5, 5, 1, 1) && o.in(0) == o.out(0) && vector_of(o.in(4), o.in(0).c);
    case OpKind::kBatchNormGrad:
      return o.counts(5, 5, 3, 3) && o.in(0) == o.in(1) && o.in(0) == o.out(0) && vector_of(o.out(1), o.in(0).c);
    case OpKind::kSoftmaxCrossEntropy:
      return o.counts(1, 1, 1, 1) && all_equal(o) && o.in(0).per_image() == plan.classes;
    case OpKind::kMeanSquaredError:
      return o.counts(1, 1, 1, 1) && all_equal(o) && o.in(0).per_image() == plan.classes;
    case OpKind::kActivation:
      return o.counts(1, 1, 1, 1) && all_equal(o);
    case OpKind::kActivationGrad:
      return o.counts(2, 2, 1, 1) && all_equal(o);
    case OpKind::kLayerNorm:
      return o.counts(3, 3, 3, 3) && o.in(0) == o.out(0) && value_of_an_image(o.in(1), o.in(0)) && o.in(2) == o.in(1) && vector_of(o.out(1), o.in(0).n) &&
             o.out(2) == o.out(1);
    case OpKind::kLayerNormGradData:
      return o.counts(5, 5, 1, 1) && o.in(0) == o.in(1) && o.in(0) == o.out(0) && value_of_an_image(o.in(2), o.in(0)) && vector_of(o.in(3), o.in(0).n) &&
             o.in(4) == o.in(3);
    case OpKind::kLayerNormGradWeights:
      return o.counts(4, 4, 2, 2) && o.in(0) == o.in(1) && value_of_an_image(o.out(0), o.in(0)) && o.out(1) == o.out(0) && vector_of(o.in(2), o.in(0).n);
    case OpKind::kAccumulate:
      return o.counts(1, 1, 1, 1) && all_equal(o);
    case OpKind::kSumSquares:
      return o.counts(1, 1, 1, 1) && vector_of(o.out(0), 1);
    case OpKind::kClipFactor:
      return o.op.inputs.size() >= 1 && o.op.outputs.size() == 1 && all_equal(o) && vector_of(o.out(0), 1);
    case OpKind::kClip:
      return o.counts(2, 2, 1, 1) && o.in(0) == o.out(0) && vector_of(o.in(1), 1);
    case OpKind::kPredict:
      return o.counts(1, 1, 0, 0) && o.in(0).per_image() == plan.classes;
    case OpKind::kUpdate:
      for (size_t i = 1; i < op.inputs.size(); ++i) {
        if (o.in(i).size() != o.in(0).size()) return false;
      }
      return o.counts(2, 4, 0, 0);
    case OpKind::kConvertLayout:
      return o.counts(1, 1, 1, 1) && o.in(0).size() == o.out(0).size() && plan.tensors[static_cast<size_t>(op.inputs[0])].type == DataType::kReal;
    case OpKind::kTranspose:
      return o.counts(1, 1, 1, 1) && o.in(0).size() == o.out(0).size();
    case OpKind::kReducePartials:
      return !op.outputs.empty();
    case OpKind::kDenseRanges:
      return o.counts(2, 2, 1, 1) && dense_fits(o.in(0), o.in(1), o.out(0)) && plan.tensors[static_cast<size_t>(op.outputs[0])].copies > 1;
    case OpKind::kSumRanges:
      return o.counts(1, 2, 1, 1) && o.in(0) == o.out(0) && bias_fits(1, op.inputs.size(), o.in(op.inputs.size() - 1), o.out(0).per_image());
  }
  return false;
}

}  // namespace

Result<void> check_shapes(const Plan& plan) {
  for (const Op& op : plan.ops) {
    if (!fits(plan, op)) return tool_error(fmt::format("plan: the operands of '{}' do not fit a {}", op.name, op_name(op.kind)));
  }
  return {};
}

}  // namespace trainmark::plan

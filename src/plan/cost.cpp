// annotate_cost: FLOPs and compulsory bytes of every operation, from shapes alone (MEASURE.md, "Work").
//
// Convolutions and dense layers count two FLOPs per multiply-accumulate over logical channels; biases and everything
// else are elementwise work, counted apart by the arithmetic of the formula: additions, comparisons and multiplications
// one each, exp, log, erf, tanh, division and square root one each. Counted for one pass, and for the update once.
#include "plan/edit.hpp"
#include "plan/passes.hpp"

namespace trainmark::plan {
namespace {

const Tensor& tensor(const Plan& plan, int index) { return plan.tensors[static_cast<size_t>(index)]; }
int64_t size(const Plan& plan, int index) { return tensor(plan, index).shape.size(); }

// Per value, beside the gradient: backends/reference/activation.hpp.
int64_t activation_flops(Function function, bool gradient) {
  switch (function) {
    case Function::kRelu6:
      return 2;  // two comparisons
    case Function::kSigmoid:
      return 3;  // exp, add, divide; y (1 - y) dy
    case Function::kTanh:
      return gradient ? 3 : 1;  // (1 - y y) dy
    case Function::kGelu:
      return gradient ? 9 : 5;  // x scaled, erf, add, times x, halved; the density beside it: square, scale, exp, scale, times x, add, times dy
  }
  return 0;
}

int64_t update_flops(const Optimiser& o) {
  const int64_t decay = o.weight_decay != 0 ? 2 : 0;
  switch (o.kind) {
    case Optimiser::Kind::kSgd:
      return 2 + (o.momentum != 0 ? 2 : 0) + (o.nesterov ? 2 : 0) + decay;
    case Optimiser::Kind::kAdam:
      return 12 + decay;  // m 3, v 4, root, scale, epsilon, divide, step 1
    case Optimiser::Kind::kAdamW:
      return 12 + decay / 2;  // decay is one factor
    case Optimiser::Kind::kRmsprop:
      return 9 + (o.momentum != 0 ? 2 : 0) + decay;  // v 4, root, epsilon, divide, step 2
  }
  return 0;
}

// Multiply-accumulates of a convolution: every value of y takes (c / groups) kh kw products.
// With a pool behind it too, whatever of it is skipped: the work of the shape.
int64_t conv_macs(const Plan& plan, const Op& op, int x, int y, int w) {
  const int64_t outputs = op.through_pool ? before_pool(tensor(plan, x).shape, tensor(plan, y).shape.c, attributes<ConvAttributes>(op)).size() : size(plan, y);
  return outputs * tensor(plan, w).shape.per_image();
}

void set_flops(const Plan& plan, Op& op) {
  Cost& cost = op.cost;
  const auto in = [&](size_t i) { return op.inputs[i]; };
  const auto out = [&](size_t i) { return op.outputs[i]; };
  switch (op.kind) {
    case OpKind::kGather:
      cost.elementwise_flops = 2 * size(plan, out(0));
      break;  // subtract the mean, divide by the deviation
    case OpKind::kConv2d:
    case OpKind::kDense:
    case OpKind::kDenseRanges:
      cost.flops = 2 * conv_macs(plan, op, in(0), out(0), in(1));
      cost.elementwise_flops = op.inputs.size() > 2 ? size(plan, out(0)) : 0;
      break;
    case OpKind::kConv2dGradData:
    case OpKind::kDenseGradData:
      cost.flops = 2 * conv_macs(plan, op, out(0), in(0), in(1));
      break;
    case OpKind::kConv2dGradWeights:
    case OpKind::kDenseGradWeights:
      cost.flops = 2 * conv_macs(plan, op, in(0), in(1), out(0));
      cost.elementwise_flops = op.outputs.size() > 1 ? size(plan, in(1)) : 0;
      break;
    case OpKind::kRelu:
    case OpKind::kReluGrad:
      cost.elementwise_flops = size(plan, out(0));
      break;
    case OpKind::kMaxPool:
    case OpKind::kAveragePool: {
      const auto& w = attributes<PoolAttributes>(op).window;
      cost.elementwise_flops = size(plan, out(0)) * w.kernel_h * w.kernel_w;
      break;
    }
    case OpKind::kMaxPoolGrad:
      cost.elementwise_flops = size(plan, in(0));
      break;
    case OpKind::kAveragePoolGrad: {
      const auto& w = attributes<PoolAttributes>(op).window;
      cost.elementwise_flops = size(plan, in(0)) * w.kernel_h * w.kernel_w;
      break;
    }
    case OpKind::kAdd:
      cost.elementwise_flops = size(plan, out(0)) * static_cast<int64_t>(op.inputs.size() - 1);
      break;
    case OpKind::kBatchNormTrain:
      cost.elementwise_flops = 8 * size(plan, in(0));
      break;  // mean 1, variance 3, normalise 4
    case OpKind::kBatchNormEvaluate:
      cost.elementwise_flops = 4 * size(plan, in(0));
      break;
    case OpKind::kBatchNormGrad:
      cost.elementwise_flops = 11 * size(plan, in(0));
      break;  // two sums 5, dx 6
    case OpKind::kDropout:
      cost.elementwise_flops = 2 * size(plan, out(0));
      break;  // compare, scale
    case OpKind::kDropoutGrad:
      cost.elementwise_flops = size(plan, out(0));
      break;
    case OpKind::kActivation:
    case OpKind::kActivationGrad:
      cost.elementwise_flops = activation_flops(attributes<ActivationAttributes>(op).function, op.kind == OpKind::kActivationGrad) * size(plan, out(0));
      break;
    case OpKind::kLayerNorm:
      cost.elementwise_flops = 8 * size(plan, in(0));
      break;  // as batch-norm
    case OpKind::kLayerNormGradData:
      cost.elementwise_flops = 11 * size(plan, in(0));
      break;
    case OpKind::kLayerNormGradWeights:
      cost.elementwise_flops = 5 * size(plan, in(0));
      break;
    case OpKind::kMeanSquaredError:
      cost.elementwise_flops = 4 * size(plan, in(0));
      break;  // subtract, square, sum, scale
    case OpKind::kAccumulate:
    case OpKind::kClip:
      cost.elementwise_flops = size(plan, in(0));
      break;
    case OpKind::kSumSquares:
      cost.elementwise_flops = 2 * size(plan, in(0));
      break;
    case OpKind::kClipFactor:
      cost.elementwise_flops = static_cast<int64_t>(op.inputs.size()) + 3;
      break;
    case OpKind::kSoftmaxCrossEntropy:
      cost.elementwise_flops = 6 * size(plan, in(0));
      break;  // max, subtract, exp, sum, divide, subtract
    case OpKind::kPredict:
      cost.elementwise_flops = 4 * size(plan, in(0));
      break;  // max, subtract, exp, sum
    case OpKind::kUpdate:
      cost.elementwise_flops = update_flops(attributes<UpdateAttributes>(op).optimiser) * size(plan, in(0));
      break;
    case OpKind::kReducePartials:
      cost.elementwise_flops = (tensor(plan, in(0)).copies - 1) * size(plan, out(0));
      break;
    case OpKind::kSumRanges:
      cost.elementwise_flops = tensor(plan, in(0)).copies * size(plan, out(0));
      break;
    case OpKind::kConcat:
    case OpKind::kConcatGrad:
    case OpKind::kConvertLayout:
    case OpKind::kTranspose:
      break;  // moves only
  }
}

void set_bytes(const Plan& plan, Op& op) {
  int64_t bytes = 0;
  for (const int t : op.inputs) bytes += stored_bytes(tensor(plan, t));
  for (const int t : op.outputs) bytes += stored_bytes(tensor(plan, t));
  if (op.kind == OpKind::kGather) bytes += size(plan, op.outputs[0]);  // one byte per pixel
  if (op.kind == OpKind::kUpdate) {                                    // parameter and state are written back
    for (const int t : op.inputs) bytes += tensor(plan, t).role == Role::kParameterGradient ? 0 : stored_bytes(tensor(plan, t));
  }
  if (op.kind == OpKind::kBatchNormTrain) bytes += 2 * stored_bytes(tensor(plan, op.inputs[3]));  // running statistics too
  op.cost.compulsory_bytes = bytes;
}

}  // namespace

Plan annotate_cost(Plan plan) {
  for (Op& op : plan.ops) {
    op.cost = {};
    set_flops(plan, op);
    set_bytes(plan, op);
  }
  return plan;
}

}  // namespace trainmark::plan

// The lists. What an implementation accepts is written beside it; plain ones accept everything and stand last.
#include "backends/cpu/select.hpp"

#include <fmt/format.h>

#include "backends/cpu/conv_rows.hpp"
#include "backends/cpu/conv_winners_space.hpp"
#include "backends/cpu/plain.hpp"

namespace trainmark::backends::cpu {
namespace {

using plan::OpKind;

struct Implementation {
  const char* name;
  KernelFunction run;
  bool (*accepts)(const BoundOp&) = [](const BoundOp&) { return true; };
};

bool all_lanes(const BoundOp& op) { return op.in[0].lanes() && op.out[0].lanes(); }
bool no_lanes(const BoundOp& op) { return !op.in[0].lanes() && !op.out[0].lanes(); }
bool weights_inputs_first(const BoundOp& op) { return op.in[1].transposed(); }
bool weights_outputs_first(const BoundOp& op) { return !op.in[1].transposed(); }
bool output_lanes(const BoundOp& op) { return op.out[0].lanes(); }
bool output_rows(const BoundOp& op) { return !op.out[0].lanes(); }

bool through_pool(const BoundOp& op) { return op.op.through_pool; }

bool plain_targets(const BoundOp& op) { return std::get<plan::LossAttributes>(op.op.attributes).loss == plan::Loss{}; }

std::vector<Implementation> implementations(const Kernels& k, OpKind kind) {
  switch (kind) {
    case OpKind::kGather:
      return {{"gather lanes", k.gather_lanes, output_lanes},
              {"gather columns", k.gather_columns, [](const BoundOp& op) { return op.by_rows; }},
              {"gather rows", k.gather_rows, output_rows}};
    case OpKind::kConv2d:
      return {{"lanes, pooled", k.conv_forward_pooled, through_pool}, {"lanes", k.conv_forward, all_lanes}, {"rows", k.conv_forward_rows, no_lanes}};
    case OpKind::kConv2dGradData:
      return {
          {"lanes, winners only", k.conv_grad_data_winners, through_pool}, {"lanes", k.conv_grad_data, all_lanes}, {"rows", k.conv_grad_data_rows, no_lanes}};
    case OpKind::kConv2dGradWeights:
      return {{"lanes, winners only", k.conv_grad_weights_winners, through_pool},
              {"lanes", k.conv_grad_weights, [](const BoundOp& op) { return op.in[0].lanes() && op.in[1].lanes(); }},
              {"rows, lanes of channels", k.conv_grad_weights_channels,
               [](const BoundOp& op) { return op.conv_rows != nullptr && op.conv_rows->channels_as_lanes; }},
              {"rows", k.conv_grad_weights_rows, [](const BoundOp& op) { return !op.in[0].lanes() && !op.in[1].lanes(); }}};
    case OpKind::kDense:
      return {{"gemm", k.dense_gemm, weights_inputs_first}, {"dot", k.dense_dot, weights_outputs_first}};
    case OpKind::kDenseGradData:
      return {{"gemm", k.dense_grad_data, weights_outputs_first}};
    case OpKind::kDenseGradWeights:
      return {{"gemm", k.dense_grad_weights}};
    case OpKind::kMaxPool:
      return {{"lanes", k.max_pool, all_lanes}, {"rows", k.max_pool_rows, no_lanes}};
    case OpKind::kMaxPoolGrad:
      return {{"lanes", k.max_pool_grad, all_lanes}, {"rows", k.max_pool_grad_rows, no_lanes}};
    case OpKind::kRelu:
      return {{"vector", k.relu}};
    case OpKind::kReluGrad:
      return {{"vector", k.relu_grad}};
    case OpKind::kAdd:
      return {{"vector", k.add}};
    case OpKind::kUpdate:
      return {{"vector", k.update}};
    case OpKind::kReducePartials:
      return {{"vector", k.reduce_partials}};
    case OpKind::kDenseRanges:
      return {{"gemm by inputs", k.dense_ranges}};
    case OpKind::kSumRanges:
      return {{"vector", k.sum_ranges}};
    case OpKind::kConvertLayout:
      return {{"transpose", k.convert_layout}};
    case OpKind::kSoftmaxCrossEntropy:
    case OpKind::kPredict:
      return {{"lanes", k.softmax, plain_targets}, {"plain", plain::loss}};
    case OpKind::kMeanSquaredError:
      return {{"plain", plain::loss}};
    case OpKind::kActivation:
      return {{"plain", plain::activation}};
    case OpKind::kActivationGrad:
      return {{"plain", plain::activation_grad}};
    case OpKind::kLayerNorm:
      return {{"plain", plain::layer_norm}};
    case OpKind::kLayerNormGradData:
      return {{"plain", plain::layer_norm_grad_data}};
    case OpKind::kLayerNormGradWeights:
      return {{"plain", plain::layer_norm_grad_weights}};
    case OpKind::kAccumulate:
      return {{"plain", plain::accumulate}};
    case OpKind::kSumSquares:
      return {{"plain", plain::sum_squares}};
    case OpKind::kClipFactor:
      return {{"plain", plain::clip_factor}};
    case OpKind::kClip:
      return {{"plain", plain::clip}};
    case OpKind::kAveragePool:
      return {{"plain", plain::average_pool}};
    case OpKind::kAveragePoolGrad:
      return {{"plain", plain::average_pool_grad}};
    case OpKind::kConcat:
      return {{"plain", plain::concat}};
    case OpKind::kConcatGrad:
      return {{"plain", plain::concat_grad}};
    case OpKind::kBatchNormTrain:
      return {{"plain", plain::batch_norm_train}};
    case OpKind::kBatchNormEvaluate:
      return {{"plain", plain::batch_norm_evaluate}};
    case OpKind::kBatchNormGrad:
      return {{"plain", plain::batch_norm_grad}};
    case OpKind::kDropout:
      return {{"plain", plain::dropout}};
    case OpKind::kDropoutGrad:
      return {{"plain", plain::dropout_grad}};
    case OpKind::kTranspose:
      return {};  // transposed copies are kept in step by the update
  }
  return {};
}

}  // namespace

core::Result<void> select_kernel(const Kernels& kernels, BoundOp& op) {
  for (const Implementation& implementation : implementations(kernels, op.op.kind)) {
    if (!implementation.accepts(op)) continue;
    op.run = implementation.run;
    op.kernel = implementation.name;
    return {};
  }
  return core::unavailable(fmt::format("The engine cpu has no kernel for the operation '{}' ({}); use the platform reference for this network.", op.op.name,
                                       plan::op_name(op.op.kind)));
}

int64_t workspace_bytes(const BoundOp& op, int64_t images) {
  switch (op.op.kind) {
    case OpKind::kGather:
      return 16 * 256 * 4;  // 16 runs of pixels, before they are transposed
    case OpKind::kSoftmaxCrossEntropy:
    case OpKind::kPredict:
      return op.in[0].stride * plan::kLanes * 4;  // (classes, 16)
    case OpKind::kDense:
      return op.in[1].transposed() ? 0 : images * 10 * 16 * 4;  // dot: sums of 10 outputs, lanes apart
    case OpKind::kConv2d:
      return op.conv_rows == nullptr ? 0 : op.conv_rows->forward_bytes();
    case OpKind::kConv2dGradData:
      if (op.op.through_pool) {
        const plan::Extents& dy = op.in[0].shape;
        return winners_bytes(std::get<plan::ConvAttributes>(op.op.attributes).window.kernel_h, op.out[0].shape.c, dy.c, dy.w);
      }
      return op.conv_rows == nullptr ? 0 : op.conv_rows->grad_data_bytes();
    case OpKind::kConv2dGradWeights:
      return op.conv_rows == nullptr ? 0 : op.conv_rows->grad_weights_bytes(images);
    case OpKind::kDenseGradWeights:
      // Rows of the gradient; before them, sparse pixels.
      return (op.update == nullptr ? 0 : kUpdateRows * op.out[0].stride * 4) + (op.by_rows ? (images + 63) / 64 * kPixelBlockBytes : 0);
    default:
      return 0;
  }
}

}  // namespace trainmark::backends::cpu

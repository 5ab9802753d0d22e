#include "worker/operations.hpp"

#include <algorithm>

#include "core/check.hpp"
#include "core/json_null.hpp"

namespace trainmark::worker {

const std::vector<std::string>& operation_words() {
  static const std::vector<std::string> words = {
      "gather", "matrix_multiplication", "convolution", "relu", "activation", "pooling", "normalisation", "dropout", "join", "loss", "clip", "update", "layout",
      "fused"};
  return words;
}

const std::vector<std::string>& phase_words() {
  static const std::vector<std::string> words = {"forward", "backward", "update"};
  return words;
}

std::string_view operation_word(plan::OpKind kind) {
  using plan::OpKind;
  switch (kind) {
    case OpKind::kGather:
      return "gather";
    case OpKind::kDense:
    case OpKind::kDenseRanges:
    case OpKind::kSumRanges:
    case OpKind::kDenseGradData:
    case OpKind::kDenseGradWeights:
      return "matrix_multiplication";
    case OpKind::kConv2d:
    case OpKind::kConv2dGradData:
    case OpKind::kConv2dGradWeights:
      return "convolution";
    case OpKind::kRelu:
    case OpKind::kReluGrad:
      return "relu";
    case OpKind::kActivation:
    case OpKind::kActivationGrad:
      return "activation";
    case OpKind::kMaxPool:
    case OpKind::kAveragePool:
    case OpKind::kMaxPoolGrad:
    case OpKind::kAveragePoolGrad:
      return "pooling";
    case OpKind::kBatchNormTrain:
    case OpKind::kBatchNormEvaluate:
    case OpKind::kBatchNormGrad:
    case OpKind::kLayerNorm:
    case OpKind::kLayerNormGradData:
    case OpKind::kLayerNormGradWeights:
      return "normalisation";
    case OpKind::kDropout:
    case OpKind::kDropoutGrad:
      return "dropout";
    case OpKind::kAdd:
    case OpKind::kConcat:
    case OpKind::kConcatGrad:
    case OpKind::kAccumulate:
      return "join";
    case OpKind::kSoftmaxCrossEntropy:
    case OpKind::kMeanSquaredError:
    case OpKind::kPredict:
      return "loss";
    case OpKind::kSumSquares:
    case OpKind::kClipFactor:
    case OpKind::kClip:
      return "clip";
    case OpKind::kUpdate:
      return "update";
    case OpKind::kConvertLayout:
    case OpKind::kTranspose:
    case OpKind::kReducePartials:  // copies of a gradient, made because several threads computed it
      return "layout";
  }
  CHECK(false, "unknown operation");
}

double StepOperations::rest_ns() const {
  double parts_ns = 0;
  for (const OperationTime& part : parts) parts_ns += part.time_ns;
  return std::max(0.0, step_ns - parts_ns);
}

core::Json to_json(const std::vector<OperationTime>& parts) {
  core::Json list = core::Json::array();
  for (const OperationTime& part : parts) {
    list.push_back(
        {{"operation", part.operation}, {"phase", part.phase}, {"layer", core::text_or_null(part.layer)}, {"time_ns", part.time_ns}, {"calls", part.calls}});
  }
  return list;
}

}  // namespace trainmark::worker

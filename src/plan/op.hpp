// The operations of a plan: what each reads, writes and means. `reference` defines the arithmetic; engines follow it.
//
// Conventions. x, y: input and output activation; dx, dy: gradients of the mean loss by them; w, b, dw, db: parameters
// and their gradients. Inputs and outputs stand in the order given here; "[b]" may be missing. The loss is averaged over
// all images of the step: the division is in dlogits, so all later gradients are already (parts of) means.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "network/network.hpp"
#include "plan/training.hpp"

namespace trainmark::plan {

enum class OpKind : uint8_t {
  // forward                     inputs                                    outputs
  kGather,               // (samples, indices, table: from the step)   x
  kConv2d,               // x, w, [b]                                 y
  kDense,                // x, w, [b]                                 y          x is (n, i), flattened
  kRelu,                 // x                                         y
  kMaxPool,              // x                                         y, [winner: u8, index in the window, row-major]
  kAveragePool,          // x                                         y          also global: the window is the image
  kAdd,                  // x0, x1, ...                               y          also the sum of gradients
  kConcat,               // x0, x1, ...                               y
  kBatchNormTrain,       // x, w, b, running_mean, running_var        y, mean, inverse_deviation; updates the running ones
  kBatchNormEvaluate,    // x, w, b, running_mean, running_var        y
  kDropout,              // x                                         y, mask    mask: u8, by Philox (seed, step, element)
  kSoftmaxCrossEntropy,  // logits (and labels)                       dlogits    yields loss and correct answers
  kPredict,              // logits (and labels)                       -          yields loss, correct answers, classes
  kMeanSquaredError,     // logits (and labels)                       dlogits    yields loss and correct answers
  kActivation,           // x                                         y
  kLayerNorm,            // x, w, b                                   y, mean, inverse_deviation: per image
  // backward
  kConv2dGradData,        // dy, w                                     dx
  kConv2dGradWeights,     // x, dy                                     dw, [db]
  kDenseGradData,         // dy, w                                     dx
  kDenseGradWeights,      // x, dy                                     dw, [db]
  kReluGrad,              // y, dy                                     dx         dy where y > 0, else 0
  kMaxPoolGrad,           // dy, winner                                dx         summed where windows overlap
  kAveragePoolGrad,       // dy                                        dx
  kConcatGrad,            // dy                                        dx         channels [channel_offset, + c of dx)
  kBatchNormGrad,         // x, dy, w, mean, inverse_deviation         dx, dw, db
  kDropoutGrad,           // dy, mask                                  dx
  kActivationGrad,        // x or y (see needs_input), dy              dx
  kLayerNormGradData,     // x, dy, w, mean, inverse_deviation      dx
  kLayerNormGradWeights,  // x, dy, mean, inverse_deviation         dw, db
  kAccumulate,            // dw                                     the sum over the passes of the step so far
  // update: once in a step, after its last pass
  kSumSquares,  // dw                                   the sum of its squares (1)
  kClipFactor,  // sums of squares of all gradients     min(1, clip_norm / (norm + 1e-6)) (1)
  kClip,        // dw, factor                           dw factor
  kUpdate,      // w, dw, [state ...]                   (w and state in place)
  // engines' own
  kConvertLayout,   // x                                         the same values in another layout
  kTranspose,       // w (o, i)                                  (i, o)
  kReducePartials,  // partial                                   dw: the sum over the copies, in their order
  kDenseRanges,     // x, w                                      one copy of x w per range of inputs: see split_inputs.cpp
  kSumRanges,       // copies, [b]                               y: their sum in order, plus b
};

enum class Phase : uint8_t { kForward, kBackward, kUpdate };

/// kConv2d and its gradients.
struct ConvAttributes {
  network::Window window;
  int64_t groups = 1;
};
struct PoolAttributes {
  network::Window window;
};
/// Batch-norm and layer-norm; momentum: batch-norm only.
struct NormAttributes {
  double epsilon = 1e-5, momentum = 0.1;
};
struct DropoutAttributes {
  double rate = 0.5;
  int layer = 0;  ///< separates the masks of different layers
};
struct ConcatGradAttributes {
  int64_t channel_offset = 0;
};
/// kActivation and its gradient: everything but ReLU, which has operations of its own because others absorb it.
enum class Function : uint8_t { kRelu6, kGelu, kSigmoid, kTanh };
struct ActivationAttributes {
  Function function = Function::kRelu6;
};
/// kSoftmaxCrossEntropy, kMeanSquaredError, kPredict.
struct LossAttributes {
  Loss loss;
};
struct ClipAttributes {
  double norm = 0;
};
struct UpdateAttributes {
  Optimiser optimiser;
};
using Attributes = std::variant<std::monostate, ConvAttributes, PoolAttributes, NormAttributes, DropoutAttributes, ConcatGradAttributes, UpdateAttributes,
                                ActivationAttributes, LossAttributes, ClipAttributes>;

/// What an operation costs, by shape alone: see MEASURE.md and cost.cpp.
struct Cost {
  int64_t flops = 0;              ///< multiply and add as two, logical channels: convolutions and dense layers only
  int64_t elementwise_flops = 0;  ///< everything else, counted per element, apart
  int64_t compulsory_bytes = 0;   ///< every input read once, every output written once, float32
};

struct Op {
  OpKind kind = OpKind::kGather;
  Phase phase = Phase::kForward;
  std::string name;                  ///< "conv1", "conv1.grad_weights" ...: unique in the plan
  int layer = -1;                    ///< of the network; -1 for gather, loss and update
  std::vector<int> inputs, outputs;  ///< indices of tensors
  Attributes attributes;
  bool fused_relu = false;  ///< forward: y = max(0, .); gradient by data: dx is masked by its third input, the layer's input x > 0
  /// A convolution with the 2x2 max pool behind it. Forward: the outputs are the pool's. Gradients: dy is that of the pool's
  /// output, and the last input its winners.
  bool through_pool = false;
  bool accumulate_chunks = false;  ///< gradient by weights inside an image stage: adds the chunk's part to its task's partial
  Cost cost;
};

/// Whether the gradient of a function is made from its input; else from its output, which the next layer keeps anyway.
constexpr bool needs_input(Function function) { return function == Function::kGelu; }

std::string_view op_name(OpKind kind);
std::string_view phase_name(Phase phase);

/// Attributes of an operation whose kind says that they are there.
template <class T>
const T& attributes(const Op& op) {
  return std::get<T>(op.attributes);
}

}  // namespace trainmark::plan

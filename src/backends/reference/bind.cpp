// Which kernel an operation of the plan means, with its arrays: decided once, before the first step.
#include "backends/reference/activation.hpp"
#include "backends/reference/batch_norm.hpp"
#include "backends/reference/conv2d.hpp"
#include "backends/reference/dense.hpp"
#include "backends/reference/dropout.hpp"
#include "backends/reference/execution.hpp"
#include "backends/reference/gather.hpp"
#include "backends/reference/gradients.hpp"
#include "backends/reference/layer_norm.hpp"
#include "backends/reference/pooling.hpp"
#include "backends/reference/update.hpp"

namespace trainmark::backends::reference {

using plan::OpKind;

namespace {

template <class T>
ConvGeometry geometry(const plan::Op& op, const Array<T>& x, const Array<T>& w, const Array<T>& y) {
  return {plan::attributes<plan::ConvAttributes>(op), x.shape, w.shape, y.shape};
}

}  // namespace

template <class T>
typename Execution<T>::Bound Execution<T>::bind(size_t op) {
  const plan::Op& o = plan_.ops[op];
  const Context<T> c = context(op);
  Bound bound = bind_linear(o, c);
  if (!bound) bound = bind_elementwise(o, c);
  if (!bound) bound = bind_pool(o, c);
  if (!bound) bound = bind_norm(o, c);
  if (!bound) bound = bind_ends(o, c);
  CHECK(bound, "no kernel for " + o.name);
  return bound;
}

template <class T>
typename Execution<T>::Bound Execution<T>::bind_linear(const plan::Op& op, const Context<T>& c) {
  const std::vector<Array<T>> in = arrays(op.inputs), out = arrays(op.outputs);
  const Array<T> in2 = in.size() > 2 ? in[2] : Array<T>{}, out1 = out.size() > 1 ? out[1] : Array<T>{};
  switch (op.kind) {
    case OpKind::kDense:
      return [=](const StepInput&, StepResults&) { dense(c, in[0], in[1], in2, out[0]); };
    case OpKind::kDenseGradData:
      return [=](const StepInput&, StepResults&) { dense_grad_data(c, in[0], in[1], out[0]); };
    case OpKind::kDenseGradWeights:
      return [=](const StepInput&, StepResults&) { dense_grad_weights(c, in[0], in[1], out[0], out1); };
    case OpKind::kConv2d:
      return [=, conv = geometry(op, in[0], in[1], out[0])](const StepInput&, StepResults&) { conv2d(c, conv, in[0], in[1], in2, out[0]); };
    case OpKind::kConv2dGradData:
      return [=, conv = geometry(op, out[0], in[1], in[0])](const StepInput&, StepResults&) { conv2d_grad_data(c, conv, in[0], in[1], out[0]); };
    case OpKind::kConv2dGradWeights:
      return [=, conv = geometry(op, in[0], out[0], in[1])](const StepInput&, StepResults&) { conv2d_grad_weights(c, conv, in[0], in[1], out[0], out1); };
    default:
      return nullptr;
  }
}

template <class T>
typename Execution<T>::Bound Execution<T>::bind_elementwise(const plan::Op& op, const Context<T>& c) {
  const std::vector<Array<T>> in = arrays(op.inputs), out = arrays(op.outputs);
  switch (op.kind) {
    case OpKind::kRelu:
      return [=](const StepInput&, StepResults&) { relu(c, in[0], out[0]); };
    case OpKind::kReluGrad:
      return [=](const StepInput&, StepResults&) { relu_grad(c, in[0], in[1], out[0]); };
    case OpKind::kActivation:
      return [=, f = plan::attributes<plan::ActivationAttributes>(op).function](const StepInput&, StepResults&) { activation(c, f, in[0], out[0]); };
    case OpKind::kActivationGrad:
      return
          [=, f = plan::attributes<plan::ActivationAttributes>(op).function](const StepInput&, StepResults&) { activation_grad(c, f, in[0], in[1], out[0]); };
    case OpKind::kAdd:
      return [=](const StepInput&, StepResults&) { add(c, std::span<const Array<T>>(in), out[0]); };
    case OpKind::kConcat:
      return [=](const StepInput&, StepResults&) { concat(c, std::span<const Array<T>>(in), out[0]); };
    case OpKind::kConcatGrad:
      return [=, offset = plan::attributes<plan::ConcatGradAttributes>(op).channel_offset](const StepInput&, StepResults&) {
        concat_grad(c, in[0], offset, out[0]);
      };
    case OpKind::kDropout:
      return [=, attributes = plan::attributes<plan::DropoutAttributes>(op), mask = bytes(op.outputs[1])](const StepInput& input, StepResults&) {
        dropout(c, attributes, input, in[0], out[0], mask);
      };
    case OpKind::kDropoutGrad:
      return [=, rate = plan::attributes<plan::DropoutAttributes>(op).rate, mask = bytes(op.inputs[1])](const StepInput&, StepResults&) {
        apply_mask(c, rate, in[0], mask, out[0]);
      };
    default:
      return nullptr;
  }
}

template <class T>
typename Execution<T>::Bound Execution<T>::bind_pool(const plan::Op& op, const Context<T>& c) {
  if (!std::holds_alternative<plan::PoolAttributes>(op.attributes)) return nullptr;
  const network::Window window = plan::attributes<plan::PoolAttributes>(op).window;
  const Array<T> in = array(op.inputs[0]), out = array(op.outputs[0]);
  switch (op.kind) {
    case OpKind::kMaxPool:
      return [=, winner = op.outputs.size() > 1 ? bytes(op.outputs[1]) : nullptr](const StepInput&, StepResults&) { max_pool(c, window, in, out, winner); };
    case OpKind::kMaxPoolGrad:
      return [=, winner = bytes(op.inputs[1])](const StepInput&, StepResults&) { max_pool_grad(c, window, in, winner, out); };
    case OpKind::kAveragePool:
      return [=](const StepInput&, StepResults&) { average_pool(c, window, in, out); };
    case OpKind::kAveragePoolGrad:
      return [=](const StepInput&, StepResults&) { average_pool_grad(c, window, in, out); };
    default:
      return nullptr;
  }
}

template <class T>
typename Execution<T>::Bound Execution<T>::bind_norm(const plan::Op& op, const Context<T>& c) {
  const std::vector<Array<T>> in = arrays(op.inputs), out = arrays(op.outputs);
  switch (op.kind) {
    case OpKind::kBatchNormTrain:
      return [=, norm = plan::attributes<plan::NormAttributes>(op)](const StepInput&, StepResults&) {
        batch_norm_train(c, norm, in[0], in[1], in[2], in[3], in[4], out[0], out[1], out[2]);
      };
    case OpKind::kBatchNormEvaluate:
      channels_.resize(std::max(channels_.size(), static_cast<size_t>(in[0].shape.c)));
      return [=, this, norm = plan::attributes<plan::NormAttributes>(op)](const StepInput&, StepResults&) {
        batch_norm_evaluate(c, norm, in[0], in[1], in[2], in[3], in[4], out[0], channels_.data());
      };
    case OpKind::kBatchNormGrad:
      return [=](const StepInput&, StepResults&) { batch_norm_grad(c, in[0], in[1], in[2], in[3], in[4], out[0], out[1], out[2]); };
    case OpKind::kLayerNorm:
      return [=, epsilon = plan::attributes<plan::NormAttributes>(op).epsilon](const StepInput&, StepResults&) {
        layer_norm(c, epsilon, in[0], in[1], in[2], out[0], out[1], out[2]);
      };
    case OpKind::kLayerNormGradData:
      return [=](const StepInput&, StepResults&) { layer_norm_grad_data(c, in[0], in[1], in[2], in[3], in[4], out[0]); };
    case OpKind::kLayerNormGradWeights:
      return [=](const StepInput&, StepResults&) { layer_norm_grad_weights(c, in[0], in[1], in[2], in[3], out[0], out[1]); };
    default:
      return nullptr;
  }
}

// The batch at the beginning, the loss at the end, and the updates after it.
template <class T>
typename Execution<T>::Bound Execution<T>::bind_ends(const plan::Op& op, const Context<T>& c) {
  const std::vector<Array<T>> in = arrays(op.inputs), out = arrays(op.outputs);
  switch (op.kind) {
    case OpKind::kGather:
      return [=, seed = options_.disturb_seed](const StepInput& input, StepResults&) { gather(c, input, seed, out[0]); };
    case OpKind::kSoftmaxCrossEntropy:
    case OpKind::kMeanSquaredError:
    case OpKind::kPredict:
      return [=, this, loss = plan::attributes<plan::LossAttributes>(op).loss, dlogits = out.empty() ? Array<T>{} : out[0]](
                 const StepInput& input, StepResults& results) { batch_loss(c, loss, plan_.batch * plan_.passes, input, in[0], dlogits, images_, results); };
    case OpKind::kAccumulate:
      return [=](const StepInput& input, StepResults&) { accumulate(c, input.first_image == 0, in[0], out[0]); };
    case OpKind::kSumSquares:
      return [=](const StepInput&, StepResults&) { sum_squares(c, in[0], out[0]); };
    case OpKind::kClipFactor:
      return [=, norm = plan::attributes<plan::ClipAttributes>(op).norm](const StepInput&, StepResults&) {
        clip_factor(norm, std::span<const Array<T>>(in), out[0]);
      };
    case OpKind::kClip:
      return [=](const StepInput&, StepResults&) { clip(c, in[0], in[1], out[0]); };
    case OpKind::kUpdate:
      return [=, optimiser = plan::attributes<plan::UpdateAttributes>(op).optimiser](const StepInput& input, StepResults&) {
        update(c, optimiser, input, std::span<const Array<T>>(in));
      };
    default:
      return nullptr;
  }
}

template Execution<float>::Bound Execution<float>::bind(size_t);
template Execution<double>::Bound Execution<double>::bind(size_t);

}  // namespace trainmark::backends::reference

// build: a network and a batch size become the forward operations of one step.
//
// Layers turn into operations one to one, in their order, with two exceptions: flatten is no operation but a second
// shape of the same bytes, and in evaluation dropout is the same tensor again. What a layer means in training and in
// evaluation is decided here and nowhere else.
#include "core/check.hpp"
#include "network/parameters.hpp"
#include "network/shapes.hpp"
#include "plan/edit.hpp"
#include "plan/passes.hpp"

namespace trainmark::plan {
namespace {

using network::Shape;

Extents extents(int64_t batch, const Shape& s) { return {batch, s.c, s.h, s.w}; }

Extents extents(const std::vector<int64_t>& shape) {
  Extents e;
  int64_t* const slots[] = {&e.n, &e.c, &e.h, &e.w};
  CHECK(shape.size() <= 4, "a parameter has at most four extents");
  for (size_t i = 0; i < shape.size(); ++i) *slots[i] = shape[i];
  return e;
}

// Builds the operation of one layer; an overload per kind returns the tensor that holds the layer's output.
struct BuildLayer {
  Plan& plan;
  const network::Layer& layer;
  int index;
  const std::vector<int>& in;  // tensors of the layer's inputs
  Extents out;

  int output(Role role = Role::kActivation, DataType type = DataType::kReal, const std::string& suffix = "") const {
    Tensor t;
    t.name = layer.name + suffix;
    t.shape = out;
    t.role = role;
    t.type = type;
    t.batched = true;
    return add_tensor(plan, std::move(t));
  }
  int parameter(const char* name) const { return find_tensor(plan, layer.name + "." + name); }
  int op(OpKind kind, std::vector<int> inputs, std::vector<int> outputs, Attributes attributes = {}) const {
    const int y = outputs[0];
    Op o;
    o.kind = kind;
    o.name = layer.name;
    o.layer = index;
    o.inputs = std::move(inputs);
    o.outputs = std::move(outputs);
    o.attributes = std::move(attributes);
    add_op(plan, std::move(o));
    return y;
  }
  std::vector<int> with_weights(bool bias) const {
    std::vector<int> inputs = {in[0], parameter("weight")};
    if (bias) inputs.push_back(parameter("bias"));
    return inputs;
  }

  int operator()(const network::Dense& d) const { return op(OpKind::kDense, with_weights(d.bias), {output()}); }
  int operator()(const network::Conv2d& c) const { return op(OpKind::kConv2d, with_weights(c.bias), {output()}, ConvAttributes{c.window, c.groups}); }
  int operator()(const network::MaxPool2d& p) const {
    std::vector<int> outputs = {output()};
    if (plan.mode == Mode::kTrain) outputs.push_back(output(Role::kSaved, DataType::kU8, ".winner"));
    return op(OpKind::kMaxPool, in, std::move(outputs), PoolAttributes{p.window});
  }
  int operator()(const network::AveragePool2d& p) const { return op(OpKind::kAveragePool, in, {output()}, PoolAttributes{p.window}); }
  int operator()(const network::GlobalAveragePool&) const {
    const Extents& x = plan.tensors[static_cast<size_t>(in[0])].shape;
    network::Window whole;
    whole.kernel_h = x.h;
    whole.kernel_w = x.w;
    return op(OpKind::kAveragePool, in, {output()}, PoolAttributes{whole});
  }
  int operator()(const network::Relu&) const { return op(OpKind::kRelu, in, {output()}); }
  int activation(Function function) const { return op(OpKind::kActivation, in, {output()}, ActivationAttributes{function}); }
  int operator()(const network::Relu6&) const { return activation(Function::kRelu6); }
  int operator()(const network::Gelu&) const { return activation(Function::kGelu); }
  int operator()(const network::Sigmoid&) const { return activation(Function::kSigmoid); }
  int operator()(const network::Tanh&) const { return activation(Function::kTanh); }
  int operator()(const network::Flatten&) const { return add_alias(plan, in[0], layer.name, out); }
  int operator()(const network::Add&) const { return op(OpKind::kAdd, in, {output()}); }
  int operator()(const network::Concat&) const { return op(OpKind::kConcat, in, {output()}); }
  int operator()(const network::BatchNorm& b) const {
    const std::vector<int> inputs = {in[0], parameter("weight"), parameter("bias"), parameter("running_mean"), parameter("running_var")};
    const NormAttributes attributes{b.epsilon, b.momentum};
    if (plan.mode == Mode::kEvaluate) return op(OpKind::kBatchNormEvaluate, inputs, {output()}, attributes);
    const int y = output();
    Tensor saved;
    saved.shape = {out.c, 1, 1, 1};
    saved.role = Role::kSaved;
    saved.name = layer.name + ".mean";
    const int mean = add_tensor(plan, saved);
    saved.name = layer.name + ".inverse_deviation";
    return op(OpKind::kBatchNormTrain, inputs, {y, mean, add_tensor(plan, saved)}, attributes);
  }
  int operator()(const network::LayerNorm& l) const {
    const int y = output();
    Tensor saved;
    saved.shape = {out.n, 1, 1, 1};
    saved.role = Role::kSaved;
    saved.batched = true;
    saved.name = layer.name + ".mean";
    const int mean = add_tensor(plan, saved);
    saved.name = layer.name + ".inverse_deviation";
    return op(OpKind::kLayerNorm, {in[0], parameter("weight"), parameter("bias")}, {y, mean, add_tensor(plan, saved)}, NormAttributes{l.epsilon, 0});
  }
  int operator()(const network::Dropout& d) const {
    if (plan.mode == Mode::kEvaluate) return in[0];
    const int y = output();
    return op(OpKind::kDropout, in, {y, output(Role::kSaved, DataType::kU8, ".mask")}, DropoutAttributes{d.rate, index});
  }
};

void add_parameters(Plan& plan, const network::Network& network) {
  for (const network::Parameter& p : network::parameters(network)) {
    Tensor t;
    t.name = p.name;
    t.shape = extents(p.shape);
    t.role = p.learned ? Role::kParameter : Role::kStatistic;
    t.storage = Storage::kState;
    add_tensor(plan, std::move(t));
  }
}

void add_gather(Plan& plan, const Shape& input) {
  Tensor x;
  x.name = "input";
  x.shape = extents(plan.batch, input);
  x.batched = true;
  plan.input = add_tensor(plan, std::move(x));
  Op gather;
  gather.kind = OpKind::kGather;
  gather.name = "gather";
  gather.outputs = {plan.input};
  add_op(plan, std::move(gather));
}

void add_loss(Plan& plan, const Loss& by) {
  Op loss;
  loss.inputs = {plan.logits};
  loss.attributes = LossAttributes{by};
  if (plan.mode == Mode::kTrain) {
    Tensor gradient;
    gradient.name = "dlogits";
    gradient.shape = plan.tensors[static_cast<size_t>(plan.logits)].shape;
    gradient.role = Role::kGradient;
    gradient.batched = true;
    loss.kind = by.kind == Loss::Kind::kMeanSquaredError ? OpKind::kMeanSquaredError : OpKind::kSoftmaxCrossEntropy;
    loss.name = "loss";
    loss.outputs = {add_tensor(plan, std::move(gradient))};
  } else {
    loss.kind = OpKind::kPredict;
    loss.name = "predict";
  }
  add_op(plan, std::move(loss));
}

}  // namespace

Plan build(const network::Network& network, int64_t batch, Mode mode, const Loss& loss) {
  const auto shapes = network::infer_shapes(network);
  CHECK(shapes.ok(), shapes.ok() ? "" : shapes.error().message);
  CHECK(batch > 0, "a step needs at least one image");
  Plan plan;
  plan.network = network.name;
  plan.mode = mode;
  plan.batch = batch;
  plan.classes = network.classes;
  add_parameters(plan, network);
  add_gather(plan, network.input);
  std::vector<int> outputs;  // tensor of each layer
  for (size_t i = 0; i < network.layers.size(); ++i) {
    const network::Layer& layer = network.layers[i];
    std::vector<int> in;
    for (const int input : layer.inputs) in.push_back(input == network::kNetworkInput ? plan.input : outputs[static_cast<size_t>(input)]);
    outputs.push_back(std::visit(BuildLayer{plan, layer, static_cast<int>(i), in, extents(batch, (*shapes)[i])}, layer.kind));
  }
  plan.logits = outputs.back();
  add_loss(plan, loss);
  return plan;
}

Plan training_plan(const network::Network& network, int64_t batch, const Training& training) {
  CHECK(training.passes > 0 && batch % training.passes == 0, "the passes of a step have as many images each");
  Plan plan = build(network, batch / training.passes, Mode::kTrain, training.loss);
  plan.passes = training.passes;
  return annotate_cost(append_update(differentiate(std::move(plan)), training));
}

Plan evaluation_plan(const network::Network& network, int64_t batch, const Loss& loss) { return annotate_cost(build(network, batch, Mode::kEvaluate, loss)); }

}  // namespace trainmark::plan

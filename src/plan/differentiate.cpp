// differentiate: reverse-mode differentiation of the forward operations.
//
// The operations are walked backwards. Each takes the gradient of its output and adds one contribution to the gradient
// of each input that depends on a learned tensor. A value that several operations read (residual joins) has several
// contributions; they are summed once, when the walk reaches the operation that made the value: all its readers come
// later, so all contributions are there. A gradient is never changed after it was written, so a sum's inputs may share.
#include <map>

#include "core/check.hpp"
#include "plan/edit.hpp"
#include "plan/passes.hpp"

namespace trainmark::plan {
namespace {

class Differentiator {
 public:
  explicit Differentiator(Plan plan) : plan_(std::move(plan)) { find_dependent(); }

  Plan run() {
    const int forward_ops = static_cast<int>(plan_.ops.size());
    for (int i = forward_ops - 1; i >= 0; --i) step(Op(plan_.ops[static_cast<size_t>(i)]));  // a copy: ops_ grows
    return std::move(plan_);
  }

 private:
  // Which tensors depend on a learned one: only their gradients are needed.
  void find_dependent() {
    dependent_.assign(plan_.tensors.size(), false);
    for (size_t t = 0; t < plan_.tensors.size(); ++t) dependent_[t] = plan_.tensors[t].role == Role::kParameter;
    for (const Op& op : plan_.ops) {
      bool any = false;
      for (const int input : op.inputs) any = any || depends(input);
      for (const int output : op.outputs) dependent_[static_cast<size_t>(output)] = any;
    }
  }
  bool depends(int tensor) const { return dependent_[static_cast<size_t>(root_of(plan_, tensor))]; }

  Tensor& tensor(int index) { return plan_.tensors[static_cast<size_t>(index)]; }

  int new_gradient(const std::string& name, int like, Role role = Role::kGradient) {
    Tensor t;
    t.name = name;
    t.shape = tensor(like).shape;
    t.role = role;
    t.batched = tensor(like).batched;
    return add_tensor(plan_, std::move(t));
  }

  int add_backward(const Op& forward, OpKind kind, const std::string& suffix, std::vector<int> inputs, std::vector<int> outputs) {
    Op op;
    op.kind = kind;
    op.phase = Phase::kBackward;
    op.name = forward.name + suffix;
    op.layer = forward.layer;
    op.inputs = std::move(inputs);
    op.outputs = std::move(outputs);
    op.attributes = forward.attributes;
    return add_op(plan_, std::move(op));
  }

  // The whole gradient of value y, in y's shape.
  int gradient_of(int y, const Op& op) {
    std::vector<int> parts;
    for (int t = 0; t < static_cast<int>(plan_.tensors.size()); ++t) {
      const auto found = contributions_.find(t);
      if (found == contributions_.end() || (t != y && tensor(t).alias_of != y)) continue;
      for (const int part : std::vector<int>(found->second)) {
        const bool same = tensor(part).shape == tensor(y).shape;
        parts.push_back(same ? part : add_alias(plan_, part, tensor(part).name + ".as." + tensor(y).name, tensor(y).shape));
      }
    }
    CHECK(!parts.empty(), "a value that depends on a parameter has no gradient: " + tensor(y).name);
    if (parts.size() == 1) return parts[0];
    const int sum = new_gradient("d" + tensor(y).name + ".sum", y);
    Op add;
    add.kind = OpKind::kAdd;
    add.phase = Phase::kBackward;
    add.name = op.name + ".grad_sum";
    add.layer = op.layer;
    add.inputs = parts;
    add.outputs = {sum};
    add_op(plan_, std::move(add));
    return sum;
  }

  void contribute(int x, int gradient) { contributions_[x].push_back(gradient); }

  // One operation that yields the gradient by input `x`, when anybody needs it.
  void grad_input(const Op& op, OpKind kind, const std::string& suffix, int x, std::vector<int> inputs) {
    if (!depends(x)) return;
    const int dx = new_gradient("d" + tensor(x).name + "." + op.name, x);
    add_backward(op, kind, suffix, std::move(inputs), {dx});
    contribute(x, dx);
  }

  void grad_weights(const Op& op, OpKind kind, int dy) {
    std::vector<int> outputs;
    for (size_t i = 1; i < op.inputs.size(); ++i) outputs.push_back(new_gradient("d" + tensor(op.inputs[i]).name, op.inputs[i], Role::kParameterGradient));
    add_backward(op, kind, ".grad_weights", {op.inputs[0], dy}, outputs);
  }

  void grad_concat(const Op& op, int dy) {
    int64_t offset = 0;
    for (size_t i = 0; i < op.inputs.size(); ++i) {
      const int x = op.inputs[i];
      Op part = op;
      part.attributes = ConcatGradAttributes{offset};
      grad_input(part, OpKind::kConcatGrad, ".grad_data" + std::to_string(i), x, {dy});
      offset += tensor(x).shape.c;
    }
  }

  void grad_batch_norm(const Op& op, int dy) {
    const int x = op.inputs[0];
    const int dx = new_gradient("d" + tensor(x).name + "." + op.name, x);
    const int dw = new_gradient("d" + tensor(op.inputs[1]).name, op.inputs[1], Role::kParameterGradient);
    const int db = new_gradient("d" + tensor(op.inputs[2]).name, op.inputs[2], Role::kParameterGradient);
    add_backward(op, OpKind::kBatchNormGrad, ".grad", {x, dy, op.inputs[1], op.outputs[1], op.outputs[2]}, {dx, dw, db});
    if (depends(x)) contribute(x, dx);
  }

  void grad_layer_norm(const Op& op, int dy) {
    const int x = op.inputs[0], w = op.inputs[1], b = op.inputs[2], mean = op.outputs[1], inverse = op.outputs[2];
    const int dw = new_gradient("d" + tensor(w).name, w, Role::kParameterGradient), db = new_gradient("d" + tensor(b).name, b, Role::kParameterGradient);
    add_backward(op, OpKind::kLayerNormGradWeights, ".grad_weights", {x, dy, mean, inverse}, {dw, db});
    grad_input(op, OpKind::kLayerNormGradData, ".grad_data", x, {x, dy, w, mean, inverse});
  }

  void step(const Op& op) {
    if (op.kind == OpKind::kGather) return;
    if (op.kind == OpKind::kSoftmaxCrossEntropy || op.kind == OpKind::kMeanSquaredError) return contribute(op.inputs[0], op.outputs[0]);
    const int y = op.outputs[0];
    if (!depends(y)) return;
    const int dy = gradient_of(y, op);
    const int x = op.inputs[0];
    switch (op.kind) {
      case OpKind::kDense:
        grad_weights(op, OpKind::kDenseGradWeights, dy);
        return grad_input(op, OpKind::kDenseGradData, ".grad_data", x, {dy, op.inputs[1]});
      case OpKind::kConv2d:
        grad_weights(op, OpKind::kConv2dGradWeights, dy);
        return grad_input(op, OpKind::kConv2dGradData, ".grad_data", x, {dy, op.inputs[1]});
      case OpKind::kRelu:
        return grad_input(op, OpKind::kReluGrad, ".grad", x, {y, dy});
      case OpKind::kActivation:
        return grad_input(op, OpKind::kActivationGrad, ".grad", x, {needs_input(attributes<ActivationAttributes>(op).function) ? x : y, dy});
      case OpKind::kLayerNorm:
        return grad_layer_norm(op, dy);
      case OpKind::kMaxPool:
        return grad_input(op, OpKind::kMaxPoolGrad, ".grad", x, {dy, op.outputs[1]});
      case OpKind::kAveragePool:
        return grad_input(op, OpKind::kAveragePoolGrad, ".grad", x, {dy});
      case OpKind::kDropout:
        return grad_input(op, OpKind::kDropoutGrad, ".grad", x, {dy, op.outputs[1]});
      case OpKind::kConcat:
        return grad_concat(op, dy);
      case OpKind::kBatchNormTrain:
        return grad_batch_norm(op, dy);
      case OpKind::kAdd:  // the gradient of a sum is the gradient of each term
        for (const int term : op.inputs) {
          if (depends(term)) contribute(term, dy);
        }
        return;
      default:
        CHECK(false, "no derivative for " + std::string(op_name(op.kind)));
    }
  }

  Plan plan_;
  std::vector<bool> dependent_;
  std::map<int, std::vector<int>> contributions_;  // gradients of a tensor, one per reader, in order of creation
};

}  // namespace

Plan differentiate(Plan plan) {
  CHECK(plan.mode == Mode::kTrain, "only a training plan has gradients");
  return Differentiator(std::move(plan)).run();
}

}  // namespace trainmark::plan

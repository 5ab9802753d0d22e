// fuse: a ReLU costs nothing where the operation beside it can apply it in passing.
//
// Four patterns, each only where nobody else reads the value in between:
//   conv or dense, relu              -> the same with fused_relu
//   relu, max pool (both directions) -> a max pool with fused_relu, whose winners say where the ReLU let nothing through
//   grad_data, relu_grad             -> grad_data with fused_relu: its third input is the ReLU's output
// ReLU and maximum commute, so pooling first and clipping a quarter of the values is the same to the bit.
#include <algorithm>

#include "plan/edit.hpp"
#include "plan/engine_passes.hpp"

namespace trainmark::plan {
namespace {

class Fuser {
 public:
  explicit Fuser(Plan plan) : plan_(std::move(plan)), removed_(plan_.ops.size(), false) {}

  Plan run() {
    for (size_t i = 0; i < plan_.ops.size(); ++i) {
      if (plan_.ops[i].kind == OpKind::kRelu && !fuse_pool(i)) fuse_forward(i);
    }
    for (size_t i = 0; i < plan_.ops.size(); ++i) {
      if (plan_.ops[i].kind == OpKind::kReluGrad && !removed_[i]) fuse_backward(i);
    }
    std::vector<Op> kept;
    for (size_t i = 0; i < plan_.ops.size(); ++i) {
      if (!removed_[i]) kept.push_back(std::move(plan_.ops[i]));
    }
    plan_.ops = std::move(kept);
    return std::move(plan_);
  }

 private:
  // Operations that read the bytes of a tensor, under whatever shape.
  std::vector<size_t> readers(int tensor) const {
    std::vector<size_t> found;
    for (size_t i = 0; i < plan_.ops.size(); ++i) {
      if (removed_[i]) continue;
      for (const int input : plan_.ops[i].inputs) {
        if (root_of(plan_, input) == tensor) found.push_back(i);
      }
    }
    return found;
  }
  // The operation that writes exactly this tensor (not another shape of it), or null.
  Op* writer(int tensor) {
    for (size_t i = 0; i < plan_.ops.size(); ++i) {
      if (!removed_[i] && !plan_.ops[i].outputs.empty() && plan_.ops[i].outputs[0] == tensor) return &plan_.ops[i];
    }
    return nullptr;
  }

  void fuse_forward(size_t relu) {
    const int x = plan_.ops[relu].inputs[0];
    Op* const before = writer(x);
    if (before == nullptr || (before->kind != OpKind::kConv2d && before->kind != OpKind::kDense) || before->fused_relu || readers(x).size() != 1) return;
    before->outputs[0] = plan_.ops[relu].outputs[0];
    before->fused_relu = true;
    removed_[relu] = true;
  }

  // relu -> max pool, and max pool grad -> relu grad.
  bool fuse_pool(size_t relu) {
    const int x = plan_.ops[relu].inputs[0], y = plan_.ops[relu].outputs[0];
    Op* pool = nullptr;
    size_t relu_grad = plan_.ops.size();
    for (const size_t i : readers(y)) {
      Op& op = plan_.ops[i];
      if (op.kind == OpKind::kMaxPool && op.inputs[0] == y && pool == nullptr) pool = &op;
      else if (op.kind == OpKind::kReluGrad && op.inputs[0] == y && relu_grad == plan_.ops.size()) relu_grad = i;
      else return false;
    }
    if (pool == nullptr) return false;
    const network::Window& window = attributes<PoolAttributes>(*pool).window;
    if (window.kernel_h * window.kernel_w > 255) return false;  // 255 says that nothing won
    if (relu_grad != plan_.ops.size()) {
      Op* const pool_grad = writer(plan_.ops[relu_grad].inputs[1]);
      if (pool_grad == nullptr || pool_grad->kind != OpKind::kMaxPoolGrad || readers(pool_grad->outputs[0]).size() != 1) return false;
      if (pool_grad->inputs[1] != pool->outputs[1]) return false;
      pool_grad->outputs[0] = plan_.ops[relu_grad].outputs[0];
      pool_grad->fused_relu = true;
      removed_[relu_grad] = true;
    }
    pool->inputs[0] = x;
    pool->fused_relu = true;
    removed_[relu] = true;
    return true;
  }

  void fuse_backward(size_t relu_grad) {
    const int y = plan_.ops[relu_grad].inputs[0], dy = plan_.ops[relu_grad].inputs[1];
    Op* const before = writer(dy);
    if (before == nullptr || (before->kind != OpKind::kConv2dGradData && before->kind != OpKind::kDenseGradData) || readers(dy).size() != 1) return;
    before->inputs.push_back(y);
    before->outputs[0] = plan_.ops[relu_grad].outputs[0];
    before->fused_relu = true;
    removed_[relu_grad] = true;
  }

  Plan plan_;
  std::vector<bool> removed_;
};

}  // namespace

Plan fuse(Plan plan) { return Fuser(std::move(plan)).run(); }

}  // namespace trainmark::plan

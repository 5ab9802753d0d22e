// append_update: one update per learned tensor, at the end of the step, in the order of the parameters.
//
// Between a gradient and its update may stand the sum over the passes of the step, and the clipping, which needs the norm
// of all gradients together: what the update reads is always what the optimiser sees, and what the proof calls gradient.
#include "core/check.hpp"
#include "plan/edit.hpp"
#include "plan/passes.hpp"

namespace trainmark::plan {
namespace {

class Appender {
 public:
  Appender(Plan plan, const Training& training) : plan_(std::move(plan)), training_(training) {}

  Plan run() {
    find_gradients();
    if (plan_.passes > 1) accumulate();
    if (training_.clip_norm > 0) clip();
    for (size_t i = 0; i < parameters_.size(); ++i) update(parameters_[i], gradients_[i]);
    return std::move(plan_);
  }

 private:
  const std::string& name(int tensor) const { return plan_.tensors[static_cast<size_t>(tensor)].name; }

  void find_gradients() {
    for (int p = 0; p < static_cast<int>(plan_.tensors.size()); ++p) {
      if (plan_.tensors[static_cast<size_t>(p)].role != Role::kParameter) continue;
      parameters_.push_back(p);
      gradients_.push_back(find_tensor(plan_, "d" + name(p)));
      CHECK(gradients_.back() >= 0, "no gradient for " + name(p));
    }
  }

  int add(OpKind kind, Phase phase, std::string op_name, std::vector<int> inputs, Tensor output, Attributes attributes = {}) {
    Op op;
    op.kind = kind;
    op.phase = phase;
    op.name = std::move(op_name);
    op.inputs = std::move(inputs);
    op.outputs = {add_tensor(plan_, std::move(output))};
    op.attributes = std::move(attributes);
    const int made = op.outputs[0];
    add_op(plan_, std::move(op));
    return made;
  }
  Tensor like(int tensor, const std::string& suffix) const {
    Tensor copy = plan_.tensors[static_cast<size_t>(tensor)];
    copy.name += suffix;
    return copy;
  }
  static Tensor scalar(std::string name) {
    Tensor t;
    t.name = std::move(name);
    t.role = Role::kSaved;
    return t;
  }

  void accumulate() {
    for (int& g : gradients_) g = add(OpKind::kAccumulate, Phase::kBackward, name(g) + ".accumulate", {g}, like(g, ".sum"));
  }

  void clip() {
    std::vector<int> squares;
    for (const int g : gradients_) squares.push_back(add(OpKind::kSumSquares, Phase::kUpdate, name(g) + ".sum_squares", {g}, scalar(name(g) + ".squares")));
    const int factor = add(OpKind::kClipFactor, Phase::kUpdate, "clip_factor", squares, scalar("clip_factor"), ClipAttributes{training_.clip_norm});
    for (int& g : gradients_) g = add(OpKind::kClip, Phase::kUpdate, name(g) + ".clip", {g, factor}, like(g, ".clipped"));
  }

  void update(int parameter, int gradient) {
    Op op;
    op.kind = OpKind::kUpdate;
    op.phase = Phase::kUpdate;
    op.name = name(parameter) + ".update";
    op.inputs = {parameter, gradient};
    for (const std::string& suffix : state_suffixes(training_.optimiser)) {
      Tensor state = like(parameter, "." + suffix);
      state.role = Role::kOptimiserState;
      op.inputs.push_back(add_tensor(plan_, std::move(state)));
    }
    op.attributes = UpdateAttributes{training_.optimiser};
    add_op(plan_, std::move(op));
  }

  Plan plan_;
  const Training& training_;
  std::vector<int> parameters_, gradients_;  // beside each other
};

}  // namespace

Plan append_update(Plan plan, const Training& training) { return Appender(std::move(plan), training).run(); }

}  // namespace trainmark::plan

// form_stages: which operations run between two synchronisations, in which tasks, and where tensors live.
//
// Everything that treats images apart (gather, layers, loss, gradients by data) goes into one stage of images: a task
// carries its images, a chunk at a time, through all of it, and what lives only within the chunk is in scratch memory that
// stays in the cache. Batch normalisation in training needs the whole batch and is a stage of its own, divided by channels.
// A first dense layer that is divided by its inputs (split_inputs.cpp) is a stage before that, together with the gather.
// The last stage is divided by the rows of the parameters: it finishes the gradients and updates. Where gradients are
// clipped by the norm of all of them, or summed over passes, it ends before the updates, which get stages of their own.
//
// A gradient by weights is made in one of two places; the cost is the bytes that move beside the arithmetic:
//   in the stage of images, into one partial per task:  |w| (2 per chunk: load and store; 1 per task: the reduction)
//   in the last stage, over the whole batch:            2 n (|x| + |y|): written for all images, and read again
// The second also multiplies over more images at a time, which is worth about a factor of two; hence kPartialHandicap. Over
// rows it would unfold the input once in every task; there is no handicap, and a stage of one task writes the gradient itself.
//
// Numbers and ranges of tasks follow from the shapes alone, so sums have the same order for any number of threads.
#include <algorithm>

#include "plan/edit.hpp"
#include "plan/engine_passes.hpp"
#include "plan/passes.hpp"

namespace trainmark::plan {
namespace {

constexpr int64_t kMostTasks = 16;  // per stage: enough for eight threads of unequal speed
constexpr int64_t kLaneChunk = 16;  // images as lanes: 16 and 32 are equal, more falls out of L2
constexpr int64_t kRowImages = 4;   // convolutions over rows: images of a task, so that a batch of 8 has two
constexpr int64_t kRowChunk = 64;   // rows: enough to use what was loaded of the weights
constexpr int64_t kPartialHandicap = 2;
constexpr int64_t kRowUnit = 16;  // rows of a parameter are divided in multiples of this

bool is_grad_weights(OpKind kind) { return kind == OpKind::kConv2dGradWeights || kind == OpKind::kDenseGradWeights || kind == OpKind::kLayerNormGradWeights; }
bool is_barrier(OpKind kind) { return kind == OpKind::kBatchNormTrain || kind == OpKind::kBatchNormGrad; }

bool is_spatial(const Plan& plan) {
  return std::any_of(plan.ops.begin(), plan.ops.end(),
                     [](const Op& op) { return op.kind == OpKind::kConv2d || op.kind == OpKind::kMaxPool || op.kind == OpKind::kAveragePool; });
}

class Former {
 public:
  explicit Former(Plan plan) : plan_(std::move(plan)) {}

  Plan run() {
    const bool spatial = is_spatial(plan_);
    rows_ = spatial && tensor(plan_.input).layout == Layout::kPaddedRows;
    unit_ = rows_ ? kRowImages : kLanes;
    const int64_t units = (plan_.batch + unit_ - 1) / unit_;
    image_tasks_ = std::min(kMostTasks, units);
    const int64_t most = rows_ ? (units + image_tasks_ - 1) / image_tasks_ * unit_ : round_up(plan_.batch, unit_);
    chunk_ = std::min(spatial ? kLaneChunk : kRowChunk, most);
    for (const Op& op : plan_.ops) ranges_ = ranges_ || op.kind == OpKind::kDenseRanges;
    const int count = static_cast<int>(plan_.ops.size());  // reductions are appended below
    for (int i = 0; i < count; ++i) place(i);
    close_images();
    form_last_stages();
    place_tensors();
    return std::move(plan_);
  }

 private:
  Op& op(int index) { return plan_.ops[static_cast<size_t>(index)]; }
  Tensor& tensor(int index) { return plan_.tensors[static_cast<size_t>(index)]; }

  void place(int index) {
    const OpKind kind = op(index).kind;
    if (ranges_ && kind == OpKind::kGather) {
      gather_ = index;
    } else if (kind == OpKind::kDenseRanges) {
      add_ranges_stage(index);
    } else if (kind == OpKind::kUpdate) {
      updates_.push_back(index);
    } else if (kind == OpKind::kAccumulate) {
      sums_.push_back(index);
    } else if (kind == OpKind::kSumSquares) {
      squares_.push_back(index);
    } else if (kind == OpKind::kClipFactor) {
      factor_ = index;
    } else if (kind == OpKind::kClip) {
      clips_.push_back(index);
    } else if (kind == OpKind::kConv2dGradWeights && rows_ && image_tasks_ == 1) {
      op(index).accumulate_chunks = true;
      images_.push_back(index);
    } else if (is_grad_weights(kind)) {
      const bool from_ranges = ranges_ && root_of(plan_, op(index).inputs[0]) == plan_.input;  // threads have their pixels of all images
      if (!from_ranges && partial_is_cheaper(op(index))) {
        make_partial(index);
        images_.push_back(index);
      } else {
        whole_batch_.push_back(index);
      }
    } else if (is_barrier(kind)) {
      close_images();
      Stage stage;
      stage.axis = Axis::kOutputs;
      stage.ops = {index};
      divide(stage, 0, 1, divided_rows(plan_, op(index)), kMostTasks, 1);
      plan_.stages.push_back(std::move(stage));
    } else {
      images_.push_back(index);
    }
  }

  // Ranges of inputs: each gathers its pixels of all images and multiplies them.
  void add_ranges_stage(int product) {
    Stage stage;
    stage.axis = Axis::kOutputs;
    stage.ops = {gather_, product};
    divide(stage, 0, 2, divided_rows(plan_, op(product)), tensor(op(product).outputs[0]).copies, kRowUnit);
    plan_.stages.push_back(std::move(stage));
  }

  bool partial_is_cheaper(const Op& gradient) {
    const int64_t chunks = (plan_.batch + chunk_ - 1) / chunk_;
    const int64_t partial = tensor(gradient.outputs[0]).shape.size() * (2 * std::max(chunks, image_tasks_) + image_tasks_);
    const int64_t whole = 2 * plan_.batch * (tensor(gradient.inputs[0]).shape.per_image() + tensor(gradient.inputs[1]).shape.per_image());
    return (rows_ ? 1 : kPartialHandicap) * partial < whole;
  }

  // The gradient goes into one copy per task; a reduction in the last stage makes the gradient of them.
  void make_partial(int index) {
    const std::vector<int> gradients = op(index).outputs;
    op(index).accumulate_chunks = true;
    for (size_t k = 0; k < gradients.size(); ++k) {
      Tensor copy = tensor(gradients[k]);
      copy.name += ".partial";
      copy.role = Role::kPartial;
      copy.copies = image_tasks_;
      const int partial = add_tensor(plan_, std::move(copy));
      op(index).outputs[k] = partial;
      Op reduce;
      reduce.kind = OpKind::kReducePartials;
      reduce.phase = Phase::kBackward;
      reduce.name = tensor(gradients[k]).name + ".reduce";
      reduce.layer = op(index).layer;
      reduce.inputs = {partial};
      reduce.outputs = {gradients[k]};
      reductions_.push_back(add_op(plan_, std::move(reduce)));
    }
  }

  void close_images() {
    if (images_.empty()) return;
    Stage stage;
    stage.axis = Axis::kImages;
    stage.ops = std::move(images_);
    images_.clear();
    stage.chunk = chunk_;
    const int64_t units = (plan_.batch + unit_ - 1) / unit_;
    for (int64_t t = 0; t < image_tasks_; ++t) {
      const int64_t begin = units * t / image_tasks_ * unit_, end = std::min(plan_.batch, units * (t + 1) / image_tasks_ * unit_);
      stage.tasks.push_back({0, static_cast<int>(stage.ops.size()), begin, end});
    }
    plan_.stages.push_back(std::move(stage));
  }

  // Appends tasks for `count` operations of the stage from `first` on: `rows` in about `wanted` ranges of whole units.
  static void divide(Stage& stage, int first, int count, int64_t rows, int64_t wanted, int64_t unit) {
    const int64_t units = (rows + unit - 1) / unit, tasks = std::clamp<int64_t>(wanted, 1, units);
    for (int64_t t = 0; t < tasks; ++t) stage.tasks.push_back({first, count, units * t / tasks * unit, std::min(rows, units * (t + 1) / tasks * unit)});
  }

  // Multiplications and bytes of a group, in one rough unit: what its tasks are proportioned by.
  int64_t weight_of(const Op& first) {
    if (is_grad_weights(first.kind)) {
      const Extents& dy = tensor(first.inputs[1]).shape;
      const int64_t positions = first.kind == OpKind::kLayerNormGradWeights ? 1 : dy.h * dy.w;
      return tensor(first.outputs[0]).shape.size() * positions * plan_.batch / 16 + 1;
    }
    const int written = first.kind == OpKind::kUpdate ? first.inputs[0] : first.outputs[0];
    return tensor(written).shape.size() * (first.kind == OpKind::kReducePartials ? image_tasks_ / 2 + 1 : 1) + 1;
  }

  // Every head with the followers that wait for its outputs, then followers that wait for none of them.
  std::vector<std::vector<int>> grouped(const std::vector<int>& heads, const std::vector<int>& followers) {
    std::vector<std::vector<int>> groups;
    std::vector<bool> taken(plan_.ops.size(), false);
    for (const int head : heads) {
      std::vector<int> group = {head};
      for (const int output : op(head).outputs) {
        for (const int follower : followers) {
          if (op(follower).inputs[op(follower).kind == OpKind::kUpdate ? 1 : 0] != output) continue;
          group.push_back(follower);
          taken[static_cast<size_t>(follower)] = true;
        }
      }
      groups.push_back(std::move(group));
    }
    for (const int follower : followers) {
      if (!taken[static_cast<size_t>(follower)]) groups.push_back({follower});
    }
    return groups;
  }

  void add_outputs_stage(const std::vector<std::vector<int>>& groups) {
    if (groups.empty()) return;
    Stage stage;
    stage.axis = Axis::kOutputs;
    int64_t total = 0;
    for (const auto& group : groups) total += weight_of(op(group[0]));
    for (const auto& group : groups) {
      const int first = static_cast<int>(stage.ops.size());
      stage.ops.insert(stage.ops.end(), group.begin(), group.end());
      const int64_t wanted = (kMostTasks * weight_of(op(group[0])) + total / 2) / total;
      divide(stage, first, static_cast<int>(group.size()), divided_rows(plan_, op(group[0])), wanted,
             op(group[0]).kind == OpKind::kConv2dGradWeights ? 4 : kRowUnit);
    }
    plan_.stages.push_back(std::move(stage));
  }

  void form_last_stages() {
    std::vector<int> heads = whole_batch_;
    heads.insert(heads.end(), reductions_.begin(), reductions_.end());
    const bool apart = !sums_.empty() || !clips_.empty();
    add_outputs_stage(grouped(heads, apart ? sums_ : updates_));
    if (!apart) return;
    if (!clips_.empty()) {
      add_outputs_stage(grouped(squares_, {}));
      Stage whole;
      whole.axis = Axis::kWhole;
      whole.ops = {factor_};
      whole.tasks = {{0, 1, 0, 1}};
      plan_.stages.push_back(std::move(whole));
    }
    add_outputs_stage(grouped(clips_, updates_));
  }

  // What only one stage of images touches lives in scratch memory.
  void place_tensors() {
    std::vector<int> stage_of(plan_.tensors.size(), -1);
    for (size_t s = 0; s < plan_.stages.size(); ++s) {
      const Stage& stage = plan_.stages[s];
      for (const int index : stage.ops) {
        for (const auto* list : {&op(index).inputs, &op(index).outputs}) {
          for (const int t : *list) {
            int& seen = stage_of[static_cast<size_t>(root_of(plan_, t))];
            const bool first = seen == -1 && stage.axis == Axis::kImages;
            seen = first || seen == static_cast<int>(s) ? static_cast<int>(s) : -2;
          }
        }
      }
    }
    for (size_t t = 0; t < plan_.tensors.size(); ++t) {
      Tensor& owner = plan_.tensors[t];
      if (owner.alias_of >= 0 || owner.storage == Storage::kState) continue;
      owner.storage = stage_of[t] >= 0 && owner.role != Role::kPartial ? Storage::kScratch : Storage::kArena;
    }
    for (Tensor& t : plan_.tensors) {
      if (t.alias_of >= 0) t.storage = tensor(t.alias_of).storage;
    }
  }

  Plan plan_;
  bool rows_ = false;                                    // convolutions and pooling over rows: see spatial_layout.cpp
  bool ranges_ = false;                                  // the first dense layer is divided by its inputs: see split_inputs.cpp
  int gather_ = -1;                                      // then: the gather, which runs with it
  int64_t unit_ = kLanes, chunk_ = 0, image_tasks_ = 0;  // images: tasks are whole units
  std::vector<int> images_, whole_batch_, reductions_, updates_, sums_, squares_, clips_;
  int factor_ = -1;
};

}  // namespace

Plan form_stages(Plan plan) { return Former(std::move(plan)).run(); }

int64_t divided_rows(const Plan& plan, const Op& op) {
  if (op.kind == OpKind::kGather) return plan.tensors[static_cast<size_t>(op.outputs[0])].shape.per_image();
  if (op.kind == OpKind::kDenseRanges) return plan.tensors[static_cast<size_t>(op.inputs[0])].shape.per_image();
  if (is_barrier(op.kind)) return plan.tensors[static_cast<size_t>(op.inputs[0])].shape.c;
  const int written = op.kind == OpKind::kUpdate ? op.inputs[0] : op.outputs.empty() ? -1 : op.outputs[0];
  const bool divided = op.kind == OpKind::kUpdate || op.kind == OpKind::kReducePartials || op.kind == OpKind::kAccumulate || op.kind == OpKind::kClip ||
                       is_grad_weights(op.kind);
  return divided ? row_count(plan.tensors[static_cast<size_t>(written)]) : 1;
}

Plan engine_plan(const Plan& plan) { return plan_arena(form_stages(split_inputs(join_pools(assign_layouts(fuse(plan)))))); }

}  // namespace trainmark::plan

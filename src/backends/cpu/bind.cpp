// Binding decides nothing but addresses, tables and which kernel; what runs where was decided by the passes.
#include "backends/cpu/bind.hpp"

#include "backends/cpu/conv_rows.hpp"
#include "backends/cpu/executed_share.hpp"
#include "backends/cpu/implementation_bytes.hpp"
#include "backends/cpu/select.hpp"
#include "plan/edit.hpp"
#include "plan/engine_passes.hpp"

namespace trainmark::backends::cpu {
namespace {

using plan::Axis;
using plan::OpKind;
using plan::Role;

bool divides_rows(OpKind kind) {
  switch (kind) {
    case OpKind::kDenseGradWeights:
    case OpKind::kConv2dGradWeights:
    case OpKind::kLayerNormGradWeights:
    case OpKind::kReducePartials:
    case OpKind::kAccumulate:
    case OpKind::kClip:
    case OpKind::kUpdate:
      return true;
    default:
      return false;
  }
}

bool has_rows(Role role) { return role == Role::kParameter || role == Role::kOptimiserState || role == Role::kParameterGradient || role == Role::kPartial; }

struct Binder {
  const plan::Plan& plan;
  const State& state;
  const Kernels& kernels;
  uint8_t* arena;

  Operand operand(int index, const plan::Stage& stage, OpKind kind) const {
    const plan::Tensor& t = plan.tensors[static_cast<size_t>(index)];
    const plan::Tensor& owner = plan.tensors[static_cast<size_t>(plan::root_of(plan, index))];
    Operand o;
    o.shape = t.shape;
    o.layout = t.layout;
    o.stride = plan::row_stride(t);
    const int64_t element = plan::element_bytes(t.type);
    if (owner.storage == plan::Storage::kState) o.base = state.data(owner.name);
    if (owner.storage == plan::Storage::kArena) o.base = arena;
    o.offset = owner.storage == plan::Storage::kState ? 0 : owner.offset;
    if (stage.axis == Axis::kImages && t.batched && owner.storage == plan::Storage::kArena)
      o.image_bytes = (o.lanes() ? t.shape.per_image() : o.stride) * element;
    if (stage.axis == Axis::kOutputs && divides_rows(kind) && has_rows(t.role) && plan::row_count(t) > 1) o.row_bytes = o.stride * element;
    if (t.role == Role::kPartial && kind != OpKind::kReducePartials && kind != OpKind::kSumRanges) o.copy_bytes = plan::stored_bytes(owner) / owner.copies;
    return o;
  }

  core::Result<BoundOp> op(int number, const plan::Stage& stage) const {
    BoundOp bound;
    bound.op = plan.ops[static_cast<size_t>(number)];
    for (const int t : bound.op.inputs) bound.in.push_back(operand(t, stage, bound.op.kind));
    for (const int t : bound.op.outputs) bound.out.push_back(operand(t, stage, bound.op.kind));
    bound.batch = plan.batch;
    bound.step_images = plan.batch * plan.passes;
    bound.classes = plan.classes;
    bound.rows = plan::divided_rows(plan, bound.op);
    bound.accumulate = bound.op.accumulate_chunks;
    bound.reads_pixels = stage.axis == Axis::kImages && !bound.op.inputs.empty() && plan::root_of(plan, bound.op.inputs[0]) == plan.input;
    if (bound.op.kind == OpKind::kReducePartials) {
      const plan::Tensor& partial = plan.tensors[static_cast<size_t>(bound.op.inputs[0])];
      bound.in[0].shape.n = partial.copies;
      bound.in[0].stride = plan::stored_bytes(partial) / partial.copies / 4;
    }
    if (bound.op.kind == OpKind::kSumRanges) bound.copies = plan.tensors[static_cast<size_t>(bound.op.inputs[0])].copies;
    bound.by_rows = stage.axis == Axis::kOutputs;
    if (bound.op.kind == OpKind::kUpdate) bind_derived(bound, stage);
    bind_convolution(bound);
    if (const auto selected = select_kernel(kernels, bound); !selected) return selected.error();
    if (bound.op.through_pool) bound.executed_share = share_through_pool(bound);
    return bound;
  }

  // The parameter's transposed copy, if the plan has one: the update writes it too.
  void bind_derived(BoundOp& bound, const plan::Stage& stage) const {
    const int copy = plan::find_tensor(plan, plan.tensors[static_cast<size_t>(bound.op.inputs[0])].name + ".transposed");
    if (copy < 0) return;
    bound.derived = operand(copy, stage, bound.op.kind);
    bound.has_derived = true;
  }

  void bind_convolution(BoundOp& bound) const {
    const OpKind kind = bound.op.kind;
    if (kind != OpKind::kConv2d && kind != OpKind::kConv2dGradData && kind != OpKind::kConv2dGradWeights) return;
    if (bound.op.through_pool && kind != OpKind::kConv2d) return;  // no tables
    const plan::Extents& x = kind == OpKind::kConv2dGradData ? bound.out[0].shape : bound.in[0].shape;
    plan::Extents y = kind == OpKind::kConv2d ? bound.out[0].shape : kind == OpKind::kConv2dGradData ? bound.in[0].shape : bound.in[1].shape;
    const int64_t weight_row = kind == OpKind::kConv2dGradWeights ? bound.out[0].stride : bound.in[1].stride;
    const auto& conv = std::get<plan::ConvAttributes>(bound.op.attributes);
    if (bound.op.through_pool) y = plan::before_pool(x, y.c, conv);
    if (bound.in[0].lanes()) {
      bound.conv = std::make_shared<const ConvTables>(make_conv_tables(x, y, conv, weight_row, kernels.accumulators));
      return;
    }
    const int64_t dy_stride = kind == OpKind::kConv2dGradWeights ? bound.in[1].stride : 0;
    bound.conv_rows = std::make_shared<const ConvRows>(make_conv_rows(x, y, conv, weight_row, dy_stride, kernels.accumulators, kernels.lanes));
  }
};

void replace(BoundOp& op, const char* kernel, KernelFunction run) {
  op.kernel = kernel;
  op.run = run;
}

// A gradient over the whole batch and the update that alone reads it become one pass: the gradient is used up in the cache.
void join_updates(BoundStage& stage) {
  for (const plan::Task& task : stage.tasks) {
    const size_t first = static_cast<size_t>(task.first_op);
    if (task.op_count < 2) continue;
    BoundOp& gradient = stage.ops[first];
    BoundOp& update = stage.ops[first + 1];
    if (gradient.op.kind != OpKind::kDenseGradWeights || update.op.kind != OpKind::kUpdate || update.op.inputs[1] != gradient.op.outputs[0]) continue;
    gradient.update = &update;
    gradient.kernel = kGradientWithUpdate;
    replace(update, kUpdateWithGradient, [](const BoundOp&, const Context&) {});
  }
}

/// Who reads the gathered batch.
struct PixelReaders {
  BoundOp* gather = nullptr;
  std::vector<BoundOp*> ops;
  bool divide_images = true;  ///< they all stand in stages of images
  bool divide_rows = true;    ///< they all stand in stages of rows
};

PixelReaders pixel_readers(const plan::Plan& plan, std::vector<BoundStage>& stages) {
  PixelReaders readers;
  for (BoundStage& stage : stages) {
    for (BoundOp& op : stage.ops) {
      if (op.op.kind == OpKind::kGather) readers.gather = &op;
      for (const int input : op.op.inputs) {
        if (plan::root_of(plan, input) != plan.input) continue;
        readers.ops.push_back(&op);
        readers.divide_images = readers.divide_images && stage.axis == Axis::kImages;
        readers.divide_rows = readers.divide_rows && stage.axis == Axis::kOutputs;
      }
    }
  }
  return readers;
}

// A batch of pixels that only dense layers with few outputs read is never gathered: they read the pixels themselves.
// How many outputs they may have is up to the instruction set's kernels; the forms of tables are theirs to choose at run time.
bool join_pixels(const PixelReaders& readers, const Kernels& kernels) {
  if (!readers.divide_images || readers.ops[0]->in[0].shape.per_image() % plan::kLanes != 0) return false;
  for (const BoundOp* op : readers.ops) {
    const bool forward = op->op.kind == OpKind::kDense, backward = op->op.kind == OpKind::kDenseGradWeights;
    const bool rows = forward ? !op->in[1].transposed() : backward && !op->out[0].transposed();
    if (!rows || op->in[forward ? 0 : 1].lanes()) return false;
    if ((forward ? op->out[0] : op->in[1]).shape.per_image() > kernels.pixel_outputs) return false;
  }
  for (BoundOp* op : readers.ops) {
    if (op->op.kind == OpKind::kDense) replace(*op, kPixelDot, kernels.dense_pixels);
    else replace(*op, kPixelGemm, kernels.dense_pixels_grad_weights);
  }
  return true;
}

// Whether a step of the parameters leaves rows alone whose gradient is zero.
bool is_plain_descent(const BoundOp& update) {
  const plan::Optimiser& optimiser = std::get<plan::UpdateAttributes>(update.op.attributes).optimiser;
  return update.in.size() <= 2 && optimiser.weight_decay == 0;
}

// Nor where most pixels are the background and a layer with many outputs is divided by its inputs. A pixel costs a little more there than in
// the product of matrices, so that it pays below two thirds; with fewer than 64 outputs the chain of sums would wait for itself. Few images
// are a pass over the weights either way, unless rows without pixels need no update.
bool join_sparse_pixels(const data::PixelStatistics& pixels, const PixelReaders& readers, const Kernels& kernels) {
  constexpr double kMostShare = 0.6;
  constexpr int64_t kLeastOutputs = 64, kLeastImages = 8;
  if (pixels.other_share > kMostShare || !readers.divide_rows) return false;
  for (const BoundOp* op : readers.ops) {
    if (op->op.kind != OpKind::kDenseRanges && !(op->op.kind == OpKind::kDenseGradWeights && op->out[0].transposed())) return false;
    if (op->out[0].stride < kLeastOutputs) return false;
    if (op->batch < kLeastImages && op->op.kind == OpKind::kDenseGradWeights && (op->update == nullptr || !is_plain_descent(*op->update))) return false;
  }
  for (BoundOp* op : readers.ops) {
    op->executed_share = pixels.other_share;
    if (op->op.kind == OpKind::kDenseRanges) replace(*op, kSparseRanges, kernels.sparse_ranges);
    else replace(*op, op->update == nullptr ? kSparseGradient : kSparseGradientWithUpdate, kernels.sparse_grad_weights);
  }
  return true;
}

void skip_gather(const plan::Plan& plan, const Kernels& kernels, const data::PixelStatistics& pixels, std::vector<BoundStage>& stages) {
  const PixelReaders readers = pixel_readers(plan, stages);
  const plan::Extents& image = plan.tensors[static_cast<size_t>(plan.input)].shape;
  if (readers.gather == nullptr || readers.ops.empty() || image.c != 1) return;
  if (!join_pixels(readers, kernels) && !join_sparse_pixels(pixels, readers, kernels)) return;
  replace(*readers.gather, kJoinedGather, [](const BoundOp&, const Context&) {});
}

// What follows a gradient in its task but has no rows of its own (the bias) runs once.
void mark_single(BoundStage& stage) {
  for (const plan::Task& task : stage.tasks) {
    const int64_t rows = stage.ops[static_cast<size_t>(task.first_op)].rows;
    for (int i = task.first_op + 1; i < task.first_op + task.op_count; ++i) {
      BoundOp& op = stage.ops[static_cast<size_t>(i)];
      op.once = op.rows != rows;
    }
  }
}

}  // namespace

core::Result<std::vector<BoundStage>> bind(const plan::Plan& plan, const State& state, const Kernels& kernels, const data::PixelStatistics& pixels,
                                           uint8_t* arena) {
  const Binder binder{plan, state, kernels, arena};
  std::vector<BoundStage> stages;
  for (const plan::Stage& stage : plan.stages) {
    const bool last = plan.ops[static_cast<size_t>(stage.ops[0])].phase == plan::Phase::kUpdate;
    BoundStage bound{stage.axis, stage.chunk, stage.tasks, {}, stage.ops, last};
    for (const int number : stage.ops) {
      auto op = binder.op(number, stage);
      if (!op) return op.error();
      bound.ops.push_back(std::move(*op));
    }
    stages.push_back(std::move(bound));
  }
  for (BoundStage& stage : stages) {  // after the last move: updates are pointed to
    if (stage.axis != Axis::kOutputs) continue;
    join_updates(stage);
    mark_single(stage);
  }
  skip_gather(plan, kernels, pixels, stages);
  return stages;
}

}  // namespace trainmark::backends::cpu

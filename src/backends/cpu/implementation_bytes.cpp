// From the plan and the names of kernels alone, so that a stored run can be counted without its engine.
#include "backends/cpu/implementation_bytes.hpp"

#include "plan/edit.hpp"

namespace trainmark::backends::cpu {
namespace {

using plan::OpKind;
using plan::Role;

/// Where an operation stands.
struct Place {
  const plan::Stage* stage = nullptr;
  int64_t chunks = 1, tasks = 1;  ///< of a stage of images
};

Place place_of(const plan::Plan& plan, int op) {
  for (const plan::Stage& stage : plan.stages) {
    for (const int number : stage.ops) {
      if (number != op) continue;
      Place place{&stage, 1, 1};
      if (stage.axis != plan::Axis::kImages) return place;
      place.chunks = 0;
      place.tasks = static_cast<int64_t>(stage.tasks.size());
      for (const plan::Task& task : stage.tasks) place.chunks += (task.end - task.begin + stage.chunk - 1) / stage.chunk;
      return place;
    }
  }
  return {};
}

struct Counter {
  const plan::Plan& plan;
  const std::function<std::string(int)>& kernel;

  const plan::Tensor& tensor(int index) const { return plan.tensors[static_cast<size_t>(index)]; }

  // An input or output once: of a chunk after the other where the stage divides images.
  int64_t touched(int index, const Place& place, bool pixels) const {
    const plan::Tensor& t = tensor(index);
    if (pixels) return t.shape.size();
    const int64_t bytes = plan::stored_bytes(t);
    if (t.role == Role::kPartial && t.copies > 0 && place.stage != nullptr && place.stage->axis == plan::Axis::kImages)
      return bytes / t.copies * (2 * place.chunks - place.tasks);  // the first chunk of a task stores, the others load too
    return t.batched ? bytes : bytes * place.chunks;
  }

  // Parameter and state are read and written, the gradient is read; the transposed copy of the parameter is written.
  int64_t update(const plan::Op& op, bool with_gradient) const {
    int64_t bytes = 0;
    for (const int t : op.inputs) {
      if (tensor(t).role == Role::kParameterGradient) bytes += with_gradient ? 0 : plan::stored_bytes(tensor(t));
      else bytes += 2 * plan::stored_bytes(tensor(t));
    }
    const int copy = plan::find_tensor(plan, tensor(op.inputs[0]).name + ".transposed");
    return bytes + (copy < 0 ? 0 : plan::stored_bytes(tensor(copy)));
  }

  const plan::Op* update_of(int gradient) const {
    for (const plan::Op& op : plan.ops) {
      if (op.kind == OpKind::kUpdate && op.inputs.size() > 1 && op.inputs[1] == gradient) return &op;
    }
    return nullptr;
  }

  int64_t bytes_of(int index) const {
    const plan::Op& op = plan.ops[static_cast<size_t>(index)];
    const std::string name = kernel(index);
    if (name == kJoinedGather || name == kUpdateWithGradient) return 0;
    if (op.kind == OpKind::kUpdate) return update(op, false);
    const Place place = place_of(plan, index);
    const bool pixels = name == kPixelDot || name == kPixelGemm || name == kSparseRanges || name == kSparseGradient || name == kSparseGradientWithUpdate;
    int64_t bytes = 0;
    for (size_t i = 0; i < op.inputs.size(); ++i) bytes += touched(op.inputs[i], place, pixels && plan::root_of(plan, op.inputs[i]) == plan.input);
    for (size_t i = 0; i < op.outputs.size(); ++i) {
      const plan::Op* const joined = (name == kGradientWithUpdate || name == kSparseGradientWithUpdate) && i == 0 ? update_of(op.outputs[0]) : nullptr;
      bytes += joined != nullptr ? update(*joined, true) : touched(op.outputs[i], place, false);
    }
    if (op.kind == OpKind::kGather) bytes += tensor(op.outputs[0]).shape.size();
    if (op.kind == OpKind::kBatchNormTrain) bytes += 2 * plan::stored_bytes(tensor(op.inputs[3]));
    return bytes;
  }
};

}  // namespace

std::vector<int64_t> implementation_bytes(const plan::Plan& plan, const std::function<std::string(int)>& kernel) {
  const Counter counter{plan, kernel};
  std::vector<int64_t> bytes;
  bytes.reserve(plan.ops.size());
  for (int i = 0; i < static_cast<int>(plan.ops.size()); ++i) bytes.push_back(counter.bytes_of(i));
  return bytes;
}

}  // namespace trainmark::backends::cpu

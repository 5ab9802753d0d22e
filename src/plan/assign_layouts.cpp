// assign_layouts: how every tensor lies in memory, with conversions where two layouts meet.
//
// Convolutions and pooling want 16 images as lanes, or rows where the batch fills too few of them (spatial_layout.cpp);
// dense layers and the loss want rows; everything else takes its first input as it comes. Rows are padded to 16 values with
// zeros.
//   Dense weights stand inputs-first (the forward product then runs along the outputs) with a transposed copy for the
// gradient by data, kept in step by the update. Where outputs would waste lanes (10 classes fill 10 of 16) they stand
// outputs-first, and all three products run along the inputs. This depends on the layer alone: all plans of an engine agree.
#include "plan/edit.hpp"
#include "plan/engine_passes.hpp"

namespace trainmark::plan {
namespace {

bool is_spatial(OpKind kind) {
  switch (kind) {
    case OpKind::kConv2d:
    case OpKind::kMaxPool:
    case OpKind::kAveragePool:
    case OpKind::kConv2dGradData:
    case OpKind::kConv2dGradWeights:
    case OpKind::kMaxPoolGrad:
    case OpKind::kAveragePoolGrad:
      return true;
    default:
      return false;
  }
}

bool wants_rows(OpKind kind) {
  switch (kind) {
    case OpKind::kDense:
    case OpKind::kDenseGradData:
    case OpKind::kDenseGradWeights:
    case OpKind::kSoftmaxCrossEntropy:
    case OpKind::kMeanSquaredError:
    case OpKind::kPredict:
      return true;
    default:
      return false;
  }
}

// Share of stored values that are padding when rows hold `values`.
double padding(int64_t values) { return static_cast<double>(round_up(values, kLanes)) / static_cast<double>(values); }

class Layouter {
 public:
  explicit Layouter(Plan plan) : plan_(std::move(plan)) {}

  Plan run() {
    assign_parameters();
    bool spatial = false;
    for (const Op& op : plan_.ops) spatial = spatial || is_spatial(op.kind);
    const Layout images = spatial_layout(plan_);
    std::vector<Op> ops;
    ops.swap(plan_.ops);
    for (Op& op : ops) {
      Layout layout = is_spatial(op.kind) ? images : Layout::kPaddedRows;
      if (op.kind == OpKind::kGather && spatial) layout = images;
      const bool flexible = op.kind != OpKind::kGather && !is_spatial(op.kind) && !wants_rows(op.kind);
      if (flexible && !op.inputs.empty()) {
        const Tensor& leading = tensor(op.inputs[op.kind == OpKind::kDropoutGrad ? 1 : 0]);  // masks are bytes, which no conversion takes
        if (leading.batched) layout = leading.layout;
      }
      for (int& input : op.inputs) {
        if (tensor(input).batched && tensor(input).layout != layout) input = converted(input, layout, op);
      }
      for (const int output : op.outputs) {
        if (tensor(output).batched) set_layout(output, layout);
      }
      plan_.ops.push_back(std::move(op));
    }
    return std::move(plan_);
  }

 private:
  Tensor& tensor(int index) { return plan_.tensors[static_cast<size_t>(index)]; }

  void set_layout(int owner, Layout layout) {
    tensor(owner).layout = layout;
    for (Tensor& t : plan_.tensors) {
      if (t.alias_of == owner) t.layout = layout;
    }
  }

  // Vectors are one padded row; weights as said above; gradients and optimiser state like their parameter.
  void assign_parameters() {
    for (Tensor& t : plan_.tensors) {
      if (!t.batched) t.layout = t.shape.per_image() == 1 ? Layout::kTransposed : Layout::kPaddedRows;
    }
    for (const Op& op : plan_.ops) {
      if (op.kind == OpKind::kConv2d) tensor(op.inputs[1]).layout = Layout::kPaddedRows;  // also (o, 1, 1, 1), which looks like a vector
      if (op.kind != OpKind::kDense) continue;
      Tensor& w = tensor(op.inputs[1]);
      w.layout = padding(w.shape.n) > 1.25 * padding(w.shape.per_image()) ? Layout::kPaddedRows : Layout::kTransposed;
    }
    for (const Op& op : plan_.ops) {
      if (op.kind != OpKind::kUpdate) continue;
      for (const int input : op.inputs) tensor(input).layout = tensor(op.inputs[0]).layout;
    }
    for (auto op = plan_.ops.rbegin(); op != plan_.ops.rend(); ++op) {
      if (op->kind == OpKind::kClip || op->kind == OpKind::kAccumulate) tensor(op->inputs[0]).layout = tensor(op->outputs[0]).layout;
    }
    for (Op& op : plan_.ops) {
      if (op.kind == OpKind::kDenseGradData && tensor(op.inputs[1]).layout == Layout::kTransposed) op.inputs[1] = transposed_copy(op.inputs[1]);
    }
  }

  int transposed_copy(int weights) {
    Tensor copy = tensor(weights);
    copy.name += ".transposed";
    copy.role = Role::kDerived;
    copy.layout = Layout::kPaddedRows;
    const int found = find_tensor(plan_, copy.name);
    return found >= 0 ? found : add_tensor(plan_, std::move(copy));
  }

  int converted(int input, Layout layout, const Op& reader) {
    const std::string name = tensor(input).name + (layout == Layout::kImageLanes ? ".lanes" : ".rows");
    if (const int found = find_tensor(plan_, name); found >= 0) return found;
    Tensor copy = tensor(input);
    copy.name = name;
    copy.layout = layout;
    copy.alias_of = -1;
    const int index = add_tensor(plan_, std::move(copy));
    Op convert;
    convert.kind = OpKind::kConvertLayout;
    convert.phase = reader.phase;
    convert.name = name;
    convert.layer = reader.layer;
    convert.inputs = {input};
    convert.outputs = {index};
    add_op(plan_, std::move(convert));
    return index;
  }

  Plan plan_;
};

}  // namespace

Plan assign_layouts(Plan plan) { return Layouter(std::move(plan)).run(); }

int64_t row_count(const Tensor& t) { return t.layout == Layout::kTransposed ? t.shape.per_image() : t.shape.n; }

int64_t row_stride(const Tensor& t) { return round_up(t.layout == Layout::kTransposed ? t.shape.n : t.shape.per_image(), kLanes); }

}  // namespace trainmark::plan

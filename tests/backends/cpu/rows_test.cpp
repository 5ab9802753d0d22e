// Kernels over padded rows touch nothing outside of their tensors: canaries behind what they write, NaN around what they read.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "backends/cpu/conv_rows.hpp"
#include "backends/cpu/kernels.hpp"
#include "backends/cpu/select.hpp"
#include "backends/cpu/targets.hpp"

namespace trainmark::backends::cpu {
namespace {

using network::Window;
using plan::Extents;
using plan::OpKind;

constexpr int64_t kGuard = 64;  // values on either side
const float kNan = std::numeric_limits<float>::quiet_NaN();

// `count` values, on a cache line, between guards.
template <class T>
struct Guarded {
  std::vector<T> memory;
  int64_t count;
  T guard;
  T* data;

  Guarded(int64_t values, T inside, T around) : memory(static_cast<size_t>(values + 4 * kGuard), around), count(values), guard(around) {
    const auto address = reinterpret_cast<uintptr_t>(memory.data() + kGuard);
    data = reinterpret_cast<T*>((address + 63) / 64 * 64);
    std::fill_n(data, values, inside);
  }
  bool whole() const {
    const auto same = [&](T v) { return v == guard || (std::isnan(static_cast<float>(v)) && std::isnan(static_cast<float>(guard))); };
    return std::all_of(memory.data(), static_cast<const T*>(data), same) &&
           std::all_of(static_cast<const T*>(data) + count, memory.data() + memory.size(), same);
  }
  void expect_finite() const {
    for (int64_t i = 0; i < count; ++i) ASSERT_TRUE(std::isfinite(static_cast<float>(data[i]))) << i;
  }
};

template <class T>
Operand operand(const Guarded<T>& memory, const Extents& shape) {
  Operand o;
  o.base = reinterpret_cast<uint8_t*>(memory.data);
  o.shape = shape;
  o.layout = plan::Layout::kPaddedRows;
  o.stride = plan::round_up(shape.per_image(), plan::kLanes);
  return o;
}

int64_t stored(const Extents& shape) { return shape.n * plan::round_up(shape.per_image(), plan::kLanes); }

// Zeros behind every row, as all that make rows leave them.
void clear_padding(const Guarded<float>& x, const Extents& shape) {
  for (int64_t n = 0; n < shape.n; ++n) {
    const int64_t stride = plan::round_up(shape.per_image(), plan::kLanes);
    std::fill(x.data + n * stride + shape.per_image(), x.data + (n + 1) * stride, 0.0F);
  }
}

void run(const Kernels& kernels, BoundOp& op, int64_t images) {
  ASSERT_TRUE(select_kernel(kernels, op).ok());
  Guarded<float> workspace(workspace_bytes(op, images) / 4, kNan, -7.0F);
  Context context;
  context.images = images;
  context.row_end = op.rows;
  context.workspace = reinterpret_cast<uint8_t*>(workspace.data);
  op.run(op, context);
  EXPECT_TRUE(workspace.whole()) << op.kernel << ": writes outside of its workspace";
}

void check(const Kernels& kernels, OpKind kind, const plan::Attributes& attributes, const Extents& x, const Extents& y, const Extents& w, bool relu) {
  SCOPED_TRACE(std::string(kernels.isa) + " " + std::string(plan::op_name(kind)) + " " + std::to_string(x.c) + "x" + std::to_string(x.h) + "x" +
               std::to_string(x.w));
  // Without the last 16 values of padding there would be nothing to see: NaN begins where the tensor ends.
  Guarded<float> from_x(stored(x), 0.5F, kNan), from_y(stored(y), 0.25F, kNan), weights(stored(w), 0.125F, kNan);
  Guarded<float> to_x(stored(x), kNan, -7.0F), to_y(stored(y), kNan, -7.0F), to_w(stored(w), kNan, -7.0F), bias(plan::round_up(w.n, 16), 0, -7.0F);
  Guarded<uint8_t> winners(stored(y), 0, 99);
  clear_padding(from_x, x);
  clear_padding(from_y, y);
  BoundOp op;
  op.op.kind = kind;
  op.op.attributes = attributes;
  op.op.fused_relu = relu;
  op.rows = w.n;
  const Extents vector{w.n, 1, 1, 1};
  const Guarded<float>* written = &to_y;
  switch (kind) {
    case OpKind::kConv2d:
      op.in = {operand(from_x, x), operand(weights, w), operand(bias, vector)};
      op.out = {operand(to_y, y)};
      break;
    case OpKind::kConv2dGradData:
      op.in = {operand(from_y, y), operand(weights, w)};
      if (relu) op.in.push_back(operand(from_x, x));
      op.out = {operand(to_x, x)};
      written = &to_x;
      break;
    case OpKind::kConv2dGradWeights:
      op.in = {operand(from_x, x), operand(from_y, y)};
      op.out = {operand(to_w, w), operand(bias, vector)};
      written = &to_w;
      break;
    case OpKind::kMaxPool:
      op.in = {operand(from_x, x)};
      op.out = {operand(to_y, y), operand(winners, y)};
      break;
    default:
      op.in = {operand(from_y, y), operand(winners, y)};
      op.out = {operand(to_x, x)};
      written = &to_x;
  }
  if (w.n > 0) {
    op.conv_rows = std::make_shared<const ConvRows>(make_conv_rows(x, y, std::get<plan::ConvAttributes>(attributes), plan::round_up(w.per_image(), 16),
                                                                   plan::round_up(y.per_image(), 16), kernels.accumulators, kernels.lanes));
  }
  if (kind == OpKind::kConv2dGradWeights) std::fill_n(to_w.data, to_w.count, 0.0F);  // padding of weights is zero from the start
  run(kernels, op, x.n);
  for (const Guarded<float>* memory : {&from_x, &from_y, &weights, &to_x, &to_y, &to_w, &bias}) EXPECT_TRUE(memory->whole());
  EXPECT_TRUE(winners.whole());
  written->expect_finite();
}

int64_t output(int64_t size, int64_t kernel, int64_t stride, int64_t pad, int64_t dilation) {
  return (size + 2 * pad - dilation * (kernel - 1) - 1) / stride + 1;
}

const std::vector<Window> kWindows = {Window::square(3), Window::square(3, 1, 1), Window::square(3, 2, 1), Window::square(1), {2, 3, 1, 2, 1, 1, 2, 2}};

TEST(Rows, ConvolutionsTouchNothingOutsideOfTheirTensors) {
  for (const std::string& isa : supported_isas()) {
    const Kernels& kernels = **kernels_for(isa);
    for (const Window& w : kWindows) {
      for (const auto& [channels, outputs, width] : {std::tuple{1, 1, 6}, {3, 16, 7}, {16, 4, 20}, {5, 32, 9}}) {
        const Extents x{2, channels, 7, width}, weights{outputs, channels, w.kernel_h, w.kernel_w};
        const Extents y{2, outputs, output(7, w.kernel_h, w.stride_h, w.pad_h, w.dilation_h), output(width, w.kernel_w, w.stride_w, w.pad_w, w.dilation_w)};
        for (const OpKind kind : {OpKind::kConv2d, OpKind::kConv2dGradData, OpKind::kConv2dGradWeights}) {
          check(kernels, kind, plan::ConvAttributes{w, 1}, x, y, weights, kind != OpKind::kConv2dGradWeights);
        }
      }
    }
  }
}

TEST(Rows, PoolingTouchesNothingOutsideOfItsTensors) {
  for (const std::string& isa : supported_isas()) {
    const Kernels& kernels = **kernels_for(isa);
    for (const Window& w : {Window::square(2, 2), Window::square(3, 2, 1)}) {
      for (const int64_t width : {2, 8, 9, 16, 34, 64}) {
        const Extents x{2, 2, 5, width}, y{2, 2, output(5, w.kernel_h, w.stride_h, w.pad_h, 1), output(width, w.kernel_w, w.stride_w, w.pad_w, 1)};
        for (const OpKind kind : {OpKind::kMaxPool, OpKind::kMaxPoolGrad}) check(kernels, kind, plan::PoolAttributes{w}, x, y, {0, 1, 1, 1}, true);
      }
    }
  }
}

}  // namespace
}  // namespace trainmark::backends::cpu

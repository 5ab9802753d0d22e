// Shape inference and validation in one walk over the layers.
#include "network/shapes.hpp"

#include <fmt/format.h>

#include <initializer_list>
#include <set>

namespace trainmark::network {
namespace {

using core::Error;
using core::Result;
using core::usage_error;

// Of one tensor, and of every number of a window: 8 GiB in single precision, and no product of two overflows.
constexpr int64_t kMostValues = 2'147'483'647;

/// Whether the product of these extents, each at least 1, is at most kMostValues.
bool is_small(std::initializer_list<int64_t> extents) {
  int64_t left = kMostValues;
  for (const int64_t extent : extents) {
    if (extent > left) return false;
    left /= extent;
  }
  return true;
}

std::string text(const Shape& s) { return fmt::format("{}x{}x{}", s.c, s.h, s.w); }

// The shape that one layer yields from its inputs; an overload per kind.
struct Infer {
  const Layer& layer;
  const std::vector<Shape>& in;

  Error wrong(std::string_view reason) const { return usage_error(fmt::format("layer '{}' ({}): {}", layer.name, kind_name(layer.kind), reason)); }

  Result<Shape> window(const Window& w, int64_t channels) const {
    if (w.kernel_h < 1 || w.kernel_w < 1 || w.stride_h < 1 || w.stride_w < 1 || w.dilation_h < 1 || w.dilation_w < 1 || w.pad_h < 0 || w.pad_w < 0) {
      return wrong("kernel, stride and dilation must be at least 1 and padding at least 0");
    }
    for (const int64_t number : {w.kernel_h, w.kernel_w, w.stride_h, w.stride_w, w.dilation_h, w.dilation_w, w.pad_h, w.pad_w}) {
      if (number > kMostValues) return wrong(fmt::format("a window of {} makes no sense; numbers of a window are at most {}", number, kMostValues));
    }
    const Shape out{channels, window_output(in[0].h, w.kernel_h, w.stride_h, w.pad_h, w.dilation_h),
                    window_output(in[0].w, w.kernel_w, w.stride_w, w.pad_w, w.dilation_w)};
    if (out.h < 1 || out.w < 1) {
      return wrong(fmt::format("a {}x{} window with padding {}x{} does not fit into its input {}; make the window smaller or pad more", w.kernel_h, w.kernel_w,
                               w.pad_h, w.pad_w, text(in[0])));
    }
    return out;
  }
  Result<Shape> pool(const Window& w) const {
    if (w.pad_h > w.kernel_h / 2 || w.pad_w > w.kernel_w / 2) return wrong("padding may be at most half of the kernel");
    return window(w, in[0].c);
  }

  Result<Shape> operator()(const Dense& d) const {
    if (d.outputs < 1) return wrong(fmt::format("needs at least one output, not {}", d.outputs));
    if (!is_small({d.outputs, in[0].size()})) return wrong(fmt::format("its weights would be more than {} values", kMostValues));
    return Shape{d.outputs, 1, 1};
  }
  Result<Shape> operator()(const Conv2d& c) const {
    if (c.channels < 1 || c.groups < 1) return wrong("needs at least one channel and one group");
    if (in[0].c % c.groups != 0 || c.channels % c.groups != 0) {
      return wrong(fmt::format("{} groups divide neither or only one of its {} input and {} output channels", c.groups, in[0].c, c.channels));
    }
    const auto out = window(c.window, c.channels);
    if (out && !is_small({c.channels, in[0].c / c.groups, c.window.kernel_h, c.window.kernel_w}))
      return wrong(fmt::format("its weights would be more than {} values", kMostValues));
    return out;
  }
  Result<Shape> operator()(const MaxPool2d& p) const { return pool(p.window); }
  Result<Shape> operator()(const AveragePool2d& p) const { return pool(p.window); }
  Result<Shape> operator()(const GlobalAveragePool&) const { return Shape{in[0].c, 1, 1}; }
  Result<Shape> operator()(const Relu&) const { return in[0]; }
  Result<Shape> operator()(const Relu6&) const { return in[0]; }
  Result<Shape> operator()(const Gelu&) const { return in[0]; }
  Result<Shape> operator()(const Sigmoid&) const { return in[0]; }
  Result<Shape> operator()(const Tanh&) const { return in[0]; }
  Result<Shape> operator()(const Flatten&) const { return Shape{in[0].size(), 1, 1}; }
  Result<Shape> operator()(const Add&) const {
    for (const Shape& s : in) {
      if (s != in[0]) return wrong(fmt::format("its inputs have different shapes, {} and {}", text(in[0]), text(s)));
    }
    return in[0];
  }
  Result<Shape> operator()(const Concat&) const {
    Shape out = in[0];
    for (size_t i = 1; i < in.size(); ++i) {
      if (in[i].h != out.h || in[i].w != out.w) return wrong(fmt::format("its inputs differ in height or width, {} and {}", text(in[0]), text(in[i])));
      out.c += in[i].c;
    }
    return out;
  }
  Result<Shape> operator()(const BatchNorm& b) const {
    if (!(b.epsilon > 0) || !(b.momentum >= 0 && b.momentum <= 1)) return wrong("epsilon must be positive and momentum in [0, 1]");
    return in[0];
  }
  Result<Shape> operator()(const LayerNorm& l) const {
    if (!(l.epsilon > 0)) return wrong("epsilon must be positive");
    return in[0];
  }
  Result<Shape> operator()(const Dropout& d) const {
    if (!(d.rate >= 0 && d.rate < 1)) return wrong(fmt::format("the rate must be in [0, 1), not {}", d.rate));
    return in[0];
  }
};

bool takes_many(const LayerKind& kind) { return std::holds_alternative<Add>(kind) || std::holds_alternative<Concat>(kind); }

Result<std::vector<Shape>> gather_inputs(const Network& network, const std::vector<Shape>& shapes, size_t index) {
  const Layer& layer = network.layers[index];
  const bool many = takes_many(layer.kind);
  if (many ? layer.inputs.size() < 2 : layer.inputs.size() != 1) {
    return usage_error(fmt::format("layer '{}' ({}) needs {} and has {}", layer.name, kind_name(layer.kind), many ? "at least two inputs" : "exactly one input",
                                   layer.inputs.size()));
  }
  std::vector<Shape> in;
  for (const int input : layer.inputs) {
    if (input < kNetworkInput || input >= static_cast<int>(index))
      return usage_error(fmt::format("layer '{}' reads a layer that does not come before it", layer.name));
    in.push_back(input == kNetworkInput ? network.input : shapes[static_cast<size_t>(input)]);
  }
  return in;
}

}  // namespace

int64_t window_output(int64_t size, int64_t kernel, int64_t stride, int64_t pad, int64_t dilation) {
  const int64_t room = size + 2 * pad - dilation * (kernel - 1) - 1;
  return room < 0 ? 0 : room / stride + 1;
}

Shape input_shape(const Network& network, const std::vector<Shape>& shapes, const Layer& layer, size_t i) {
  const int input = layer.inputs[i];
  return input == kNetworkInput ? network.input : shapes[static_cast<size_t>(input)];
}

Result<std::vector<Shape>> layer_shapes(const Network& network, size_t* wrong_layer) {
  const std::string where = fmt::format("network '{}'", network.name);
  const auto at = [wrong_layer](size_t layer) {
    if (wrong_layer != nullptr) *wrong_layer = layer;
  };
  at(0);
  if (network.layers.empty()) return usage_error(where + " has no layers");
  if (network.input.c < 1 || network.input.h < 1 || network.input.w < 1)
    return usage_error(fmt::format("{}: the input shape {} is empty", where, text(network.input)));
  if (!is_small({network.input.c, network.input.h, network.input.w}))
    return usage_error(fmt::format("{}: the input {} has more than {} values", where, text(network.input), kMostValues));
  std::set<std::string> names;
  std::vector<bool> used(network.layers.size(), false);
  std::vector<Shape> shapes;
  for (size_t i = 0; i < network.layers.size(); ++i) {
    const Layer& layer = network.layers[i];
    at(i);
    if (layer.name.empty() || !names.insert(layer.name).second)
      return usage_error(fmt::format("{}: the layer name '{}' is empty or used twice", where, layer.name));
    const auto in = gather_inputs(network, shapes, i);
    if (!in) return usage_error(where + ": " + in.error().message);
    const auto shape = std::visit(Infer{layer, *in}, layer.kind);
    if (!shape) return usage_error(where + ": " + shape.error().message);
    if (!is_small({shape->c, shape->h, shape->w}))
      return usage_error(fmt::format("{}: layer '{}' yields {}, more than {} values", where, layer.name, text(*shape), kMostValues));
    for (const int input : layer.inputs) {
      if (input >= 0) used[static_cast<size_t>(input)] = true;
    }
    shapes.push_back(*shape);
  }
  for (size_t i = 0; i + 1 < used.size(); ++i) {
    at(i);
    if (!used[i]) return usage_error(fmt::format("{}: nothing reads layer '{}'; remove it or use its output", where, network.layers[i].name));
  }
  return shapes;
}

Result<std::vector<Shape>> infer_shapes(const Network& network, size_t* wrong_layer) {
  auto shapes = layer_shapes(network, wrong_layer);
  if (!shapes) return shapes;
  const Shape logits = shapes->back();
  if (logits == Shape{network.classes, 1, 1}) return shapes;
  if (wrong_layer != nullptr) *wrong_layer = network.layers.size() - 1;
  return usage_error(
      fmt::format("network '{}': the last layer yields {}, but {} classes need {}x1x1", network.name, text(logits), network.classes, network.classes));
}

}  // namespace trainmark::network

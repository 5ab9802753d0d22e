// Small networks around one layer, for tests of that layer: something learned before it, so that its gradient by data
// is needed, and a dense layer after it.
#pragma once

#include <string>
#include <vector>

#include "network/builder.hpp"

namespace trainmark::tests {

struct LayerCase {
  std::string name;
  network::Network network;
  int64_t batch = 2;
};

inline network::Conv2d conv(int64_t channels, const network::Window& window, int64_t groups = 1, bool bias = true) {
  return {channels, window, groups, bias, network::Initialiser::he_normal(), network::Initialiser::zeros()};
}

inline network::Dense dense(int64_t outputs, bool bias = true) { return {outputs, bias, network::Initialiser::he_normal(), network::Initialiser::zeros()}; }

/// Closes the network with flatten and a dense layer for `classes` classes.
inline network::Network close(network::Builder& builder, int64_t classes) {
  builder.add("flatten", network::Flatten{});
  builder.add("out", dense(classes));
  return builder.take();
}

/// 1x1 convolution of a `channels` image, the layer in question, and the end.
inline LayerCase around(std::string name, network::LayerKind kind, int64_t channels, int64_t size = 7, int64_t batch = 2) {
  network::Builder builder(name, "", {2, size, size}, 5);
  builder.add("before", conv(channels, network::Window::square(1)));
  builder.add("layer", std::move(kind));
  return {std::move(name), close(builder, 5), batch};
}

inline network::Window window(int64_t kh, int64_t kw, int64_t stride, int64_t pad, int64_t dilation = 1) {
  return {kh, kw, stride, stride, pad, pad, dilation, dilation};
}

inline void add_convolutions(std::vector<LayerCase>& cases) {
  using network::Window;
  for (const int64_t channels : {1, 3, 7, 8, 16, 17}) {
    cases.push_back(around("conv_to_" + std::to_string(channels), conv(channels, Window::square(3)), 3));
    cases.push_back(around("conv_from_" + std::to_string(channels), conv(3, Window::square(3, 1, 1), 1, false), channels));
    cases.push_back(around("depthwise_" + std::to_string(channels), conv(channels, Window::square(3, 1, 1), channels), channels, 5));
  }
  cases.push_back(around("conv_stride_2", conv(4, Window::square(3, 2)), 3));
  cases.push_back(around("conv_stride_2_pad_1", conv(4, Window::square(3, 2, 1)), 3, 8));
  cases.push_back(around("conv_stride_3_kernel_2", conv(4, Window::square(2, 3)), 3, 8));
  cases.push_back(around("conv_dilation_2", conv(4, window(3, 3, 1, 2, 2)), 3));
  cases.push_back(around("conv_dilation_2_stride_2", conv(4, window(3, 2, 2, 1, 2)), 3, 9));
  cases.push_back(around("conv_1x1_stride_2", conv(4, Window::square(1, 2)), 3));
  cases.push_back(around("conv_uneven", conv(4, network::Window{5, 2, 2, 1, 2, 0, 1, 3}), 3, 9));
  cases.push_back(around("conv_groups_2", conv(6, Window::square(3, 1, 1), 2), 4));
  cases.push_back(around("conv_groups_3_stride_2", conv(9, Window::square(3, 2, 1), 3), 6));
  cases.push_back(around("conv_depth_multiplier_2", conv(8, Window::square(3, 1, 1), 4), 4));
  cases.push_back(around("conv_batch_1", conv(4, Window::square(3)), 3, 7, 1));
}

inline void add_pools(std::vector<LayerCase>& cases) {
  using network::AveragePool2d;
  using network::MaxPool2d;
  using network::Window;
  cases.push_back(around("max_pool", MaxPool2d{Window::square(2, 2)}, 3));
  cases.push_back(around("max_pool_overlapping", MaxPool2d{Window::square(3, 2)}, 8));
  cases.push_back(around("max_pool_stride_1", MaxPool2d{Window::square(3)}, 3));
  cases.push_back(around("max_pool_padded", MaxPool2d{Window::square(3, 2, 1)}, 17, 8));
  cases.push_back(around("max_pool_dilated", MaxPool2d{window(2, 3, 1, 1, 2)}, 3, 8));
  cases.push_back(around("average_pool", AveragePool2d{Window::square(2, 2)}, 3));
  cases.push_back(around("average_pool_overlapping", AveragePool2d{Window::square(3, 2)}, 7));
  cases.push_back(around("average_pool_padded", AveragePool2d{Window::square(3, 2, 1)}, 8, 8));
  cases.push_back(around("global_average_pool", network::GlobalAveragePool{}, 16));
}

// Layers by name, so that a new kind is one line.
inline std::vector<std::pair<std::string, network::LayerKind>> activations() {
  return {{"relu", network::Relu{}}, {"relu6", network::Relu6{}}, {"gelu", network::Gelu{}}, {"sigmoid", network::Sigmoid{}}, {"tanh", network::Tanh{}}};
}

// Layer-norm over images and over features, behind every activation.
inline void add_layer_norms(std::vector<LayerCase>& cases) {
  for (const int64_t channels : {1, 3, 8, 17}) cases.push_back(around("layer_norm_" + std::to_string(channels), network::LayerNorm{}, channels));
  cases.push_back(around("layer_norm_batch_1", network::LayerNorm{1e-2}, 3, 5, 1));
  for (const auto& [name, kind] : activations()) {
    network::Builder builder("features_" + name, "", {2, 4, 3}, 5);
    builder.add("first", dense(17));
    builder.add("activation", kind);
    builder.add("norm", network::LayerNorm{1e-3});
    builder.add("second", dense(9, false));
    builder.add("norm2", network::LayerNorm{});
    cases.push_back({"features_" + name, close(builder, 5), 3});
  }
}

inline void add_elementwise(std::vector<LayerCase>& cases) {
  for (const auto& [name, kind] : activations()) cases.push_back(around(name, kind, 7));
  // Values about 6, so that the upper kink is crossed.
  network::Builder upper("relu6_upper", "", {2, 7, 7}, 5);
  upper.add("before", conv(7, network::Window::square(3)));
  upper.add("norm", network::BatchNorm{});
  upper.add("more", dense(60));
  upper.add("layer", network::Relu6{});
  cases.push_back({"relu6_upper", close(upper, 5), 3});
  cases.push_back(around("dropout", network::Dropout{0.4}, 7));
  for (const int64_t channels : {1, 8, 17}) cases.push_back(around("batch_norm_" + std::to_string(channels), network::BatchNorm{}, channels));
  cases.push_back(around("batch_norm_batch_1", network::BatchNorm{1e-3, 0.3}, 3, 7, 1));
}

// Values that several layers read, and layers that read several.
inline void add_joins(std::vector<LayerCase>& cases) {
  using network::Window;
  network::Builder residual("residual", "", {3, 6, 6}, 5);
  const int stem = residual.add("stem", conv(8, Window::square(3, 1, 1)));
  residual.add("norm", network::BatchNorm{});
  residual.add("relu", network::Relu{});
  const int branch = residual.add("branch", conv(8, Window::square(3, 1, 1)));
  residual.add("join", network::Add{}, {branch, stem, residual.last() - 1});
  residual.add("relu2", network::Relu{});
  cases.push_back({"residual", close(residual, 5), 3});

  network::Builder inception("concat", "", {3, 6, 6}, 5);
  const int root = inception.add("root", conv(4, Window::square(1)));
  const int one = inception.add("one", conv(3, Window::square(1)), {root});
  const int three = inception.add("three", conv(7, Window::square(3, 1, 1)), {root});
  inception.add("join", network::Concat{}, {one, root, three});
  inception.add("mix", conv(4, Window::square(1)));
  cases.push_back({"concat", close(inception, 5), 2});

  network::Builder twice("added_to_itself", "", {2, 4, 4}, 5);
  const int same = twice.add("conv", conv(3, Window::square(3)));
  twice.add("double", network::Add{}, {same, same});
  cases.push_back({"added_to_itself", close(twice, 5), 2});

  network::Builder flat("flat_and_image", "", {2, 4, 4}, 5);
  const int image = flat.add("conv", conv(3, Window::square(1)));
  const int pooled = flat.add("gap", network::GlobalAveragePool{}, {image});
  const int flattened = flat.add("flatten_image", network::Flatten{}, {image});
  const int side = flat.add("side", dense(4), {flattened});
  flat.add("join", network::Concat{}, {pooled, side});
  cases.push_back({"flat_and_image", close(flat, 5), 2});

  network::Builder plain("dense", "", {2, 4, 4}, 5);
  plain.add("first", dense(17, false));
  plain.add("relu", network::Relu{});
  plain.add("drop", network::Dropout{0.3});
  plain.add("second", dense(7));
  cases.push_back({"dense", close(plain, 5), 1});
}

/// Every layer kind, over the shapes in which kernels go wrong.
inline std::vector<LayerCase> layer_cases() {
  std::vector<LayerCase> cases;
  add_convolutions(cases);
  add_pools(cases);
  add_elementwise(cases);
  add_layer_norms(cases);
  add_joins(cases);
  return cases;
}

}  // namespace trainmark::tests

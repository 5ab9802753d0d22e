// Networks as data: a list of named layers, each fed by earlier ones. No tensors, no batch, no arithmetic: what a
// network means is written in shapes.hpp (sizes), parameters.hpp (what it learns) and the plan (what a step computes).
//
// A search for nearest neighbours (zoo.hpp) is named by a Network without layers; nothing that plans or trains accepts one.
// Invariants of a valid network (validate() checks them): names are unique; a layer's inputs come before it; the last
// layer yields the logits, one per class; every layer but the last is used by a later one.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "network/initialiser.hpp"

namespace trainmark::network {

/// Values of one image: c channels of h x w; features of dense layers are (c, 1, 1).
struct Shape {
  int64_t c = 0, h = 1, w = 1;
  int64_t size() const { return c * h * w; }
  bool operator==(const Shape&) const = default;
};

/// A sliding window, the same in both directions of the image unless said; padding is added on every side.
struct Window {
  int64_t kernel_h = 1, kernel_w = 1;
  int64_t stride_h = 1, stride_w = 1;
  int64_t pad_h = 0, pad_w = 0;
  int64_t dilation_h = 1, dilation_w = 1;
  bool operator==(const Window&) const = default;

  static Window square(int64_t kernel, int64_t stride = 1, int64_t pad = 0) { return {kernel, kernel, stride, stride, pad, pad, 1, 1}; }
};

/// y = W x + b over the flattened input; W is (outputs, inputs).
struct Dense {
  int64_t outputs = 0;
  bool bias = true;
  Initialiser weight_init, bias_init;
};
/// Cross-correlation, as every framework calls convolution; W is (channels, c / groups, kernel_h, kernel_w).
struct Conv2d {
  int64_t channels = 0;
  Window window;
  int64_t groups = 1;
  bool bias = true;
  Initialiser weight_init, bias_init;
};
/// The first maximum of a window in row-major order wins, also the gradient. Padding counts as minus infinity.
struct MaxPool2d {
  Window window;
};
/// Mean over the window; padded zeros are counted, as PyTorch does by default.
struct AveragePool2d {
  Window window;
};
/// Mean over the whole image.
struct GlobalAveragePool {};
/// max(0, x); derivative 0 at 0.
struct Relu {};
/// min(max(0, x), 6); derivative 0 at 0 and at 6.
struct Relu6 {};
/// x Phi(x), Phi the normal distribution, by the error function: 0.5 x (1 + erf(x / sqrt(2))).
/// Source: Hendrycks, Gimpel, "Gaussian error linear units", 2016.
struct Gelu {};
/// 1 / (1 + exp(-x))
struct Sigmoid {};
struct Tanh {};
/// (c, h, w) -> (c h w, 1, 1)
struct Flatten {};
/// Sum of two or more inputs of one shape.
struct Add {};
/// Inputs side by side in the channel dimension.
struct Concat {};
/// Per channel; in training by the batch's mean and biased variance, in evaluation by running statistics, which move by
/// `momentum` towards the batch's mean and unbiased variance (PyTorch's convention).
struct BatchNorm {
  double epsilon = 1e-5;
  double momentum = 0.1;
};
/// Every image by the mean and biased variance of its own values, then weight and bias per value; the same in training and
/// evaluation. weight and bias are (c) for features and (c, h, w) for images, as PyTorch's LayerNorm over all of them.
/// Source: Ba, Kiros, Hinton, "Layer normalization", 2016.
struct LayerNorm {
  double epsilon = 1e-5;
};
/// In training every value is kept with probability 1 - rate and scaled by 1 / (1 - rate); in evaluation the identity.
struct Dropout {
  double rate = 0.5;
};

using LayerKind = std::variant<Dense, Conv2d, MaxPool2d, AveragePool2d, GlobalAveragePool, Relu, Flatten, Add, Concat, BatchNorm, Dropout, Relu6, Gelu, Sigmoid,
                               Tanh, LayerNorm>;

/// The input of a layer that reads the network's input.
inline constexpr int kNetworkInput = -1;

struct Layer {
  std::string name;
  LayerKind kind;
  std::vector<int> inputs;  ///< indices of earlier layers, or kNetworkInput
};

struct Network {
  std::string name;
  std::string description;  ///< one line, with where it comes from
  Shape input;
  int64_t classes = 0;
  std::vector<Layer> layers;
};

/// The word used for the kind in tables and files: "dense", "conv2d", "max_pool2d" ...
std::string kind_name(const LayerKind& kind);

}  // namespace trainmark::network

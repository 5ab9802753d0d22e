// Small convolutional networks on 28x28 digits, from the published comparisons that the studies repeat.
#include "network/builder.hpp"
#include "network/zoo.hpp"

namespace trainmark::network {
namespace {

constexpr Shape kDigit{1, 28, 28};

// Study five-platforms. "Scaled random" convolutions without a number there: normal times 0.1 here.
Network mnist_cnn() {
  const auto he = Initialiser::he_normal();
  const auto scaled = Initialiser::scaled_normal(0.1);
  const auto zeros = Initialiser::zeros();
  Builder b("mnist-cnn", "two 3x3 convolutions with pooling and two dense layers, study five-platforms", kDigit, 10);
  b.add("conv1", Conv2d{8, Window::square(3), 1, true, scaled, zeros});
  b.add("relu1", Relu{});
  b.add("pool1", MaxPool2d{Window::square(2, 2)});
  b.add("conv2", Conv2d{16, Window::square(3), 1, true, scaled, zeros});
  b.add("relu2", Relu{});
  b.add("pool2", MaxPool2d{Window::square(2, 2)});
  b.add("flatten", Flatten{});
  b.add("fc1", Dense{128, true, he, zeros});
  b.add("relu3", Relu{});
  b.add("fc2", Dense{10, true, he, zeros});
  return b.take();
}

// Study speed-and-power: the network of PyTorch's classifier tutorial on one input channel.
Network mnist_cnn_lenet() {
  const auto uniform = Initialiser::pytorch_uniform();
  Builder b("mnist-cnn-lenet", "LeNet-like: two 5x5 convolutions with pooling and three dense layers, study speed-and-power", kDigit, 10);
  b.add("conv1", Conv2d{6, Window::square(5), 1, true, uniform, uniform});
  b.add("relu1", Relu{});
  b.add("pool1", MaxPool2d{Window::square(2, 2)});
  b.add("conv2", Conv2d{16, Window::square(5), 1, true, uniform, uniform});
  b.add("relu2", Relu{});
  b.add("pool2", MaxPool2d{Window::square(2, 2)});
  b.add("flatten", Flatten{});
  b.add("fc1", Dense{120, true, uniform, uniform});
  b.add("relu3", Relu{});
  b.add("fc2", Dense{84, true, uniform, uniform});
  b.add("relu4", Relu{});
  b.add("fc3", Dense{10, true, uniform, uniform});
  return b.take();
}

}  // namespace

std::vector<Network> mnist_cnns() { return {mnist_cnn(), mnist_cnn_lenet()}; }

}  // namespace trainmark::network

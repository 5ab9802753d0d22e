// Random valid networks: chains with residual joins, concatenations, pools, batch-norm and dropout, small enough to run.
#pragma once

#include <string>
#include <vector>

#include "core/philox.hpp"
#include "network/builder.hpp"
#include "network/shapes.hpp"

namespace trainmark::tests {

/// Makes one network from a seed. Every layer kind occurs; joins combine layers of equal (add) or any (concat) channels.
class RandomNetwork {
 public:
  explicit RandomNetwork(uint64_t seed) : random_(seed, 77), builder_("random-" + std::to_string(seed), "", input(), classes_) {}

  network::Network make() {
    const int blocks = 1 + pick(6);
    for (int i = 0; i < blocks; ++i) block();
    if (shape().h * shape().w > 1 && pick(2) == 0) add("gap", network::GlobalAveragePool{});
    add("flatten", network::Flatten{});
    if (pick(2) == 0) {
      dense(1 + pick(40));
      activation();
      if (pick(3) == 0) add("norm", network::LayerNorm{});
      if (pick(3) == 0) add("drop", network::Dropout{0.3});
    }
    dense(classes_);
    return builder_.take();
  }

 private:
  int pick(int bound) { return static_cast<int>(random_.below(static_cast<uint32_t>(bound))); }
  network::Shape input() {
    static constexpr int kChannels[] = {1, 3, 4};
    shape_ = {kChannels[pick(3)], 6 + pick(11), 6 + pick(11)};
    return shape_;
  }
  network::Shape shape() const { return shape_; }
  // Shape of the last layer: the network so far, closed by a dense layer that reads every layer that nothing reads yet.
  network::Shape last_shape() {
    network::Network probe = builder_.network();
    const int last = static_cast<int>(probe.layers.size()) - 1;
    probe.layers.push_back({"probe", network::Dense{classes_, true, {}, {}}, {last}});
    return network::infer_shapes(probe).value()[static_cast<size_t>(last)];
  }

  int add(const std::string& kind, network::LayerKind layer, std::vector<int> inputs = {}) {
    if (inputs.empty()) inputs = {builder_.last()};
    builder_.add(kind + std::to_string(count_++), std::move(layer), std::move(inputs));
    shape_ = last_shape();
    return builder_.last();
  }
  void dense(int64_t outputs) {
    const auto he = network::Initialiser::he_normal();
    add("fc", network::Dense{outputs, pick(4) != 0, he, network::Initialiser::scaled_normal(0.1)});
  }
  void activation() {
    switch (pick(8)) {
      case 0:
        add("relu6", network::Relu6{});
        break;
      case 1:
        add("gelu", network::Gelu{});
        break;
      case 2:
        add("sigmoid", network::Sigmoid{});
        break;
      case 3:
        add("tanh", network::Tanh{});
        break;
      default:
        add("relu", network::Relu{});
    }
  }
  int conv(int64_t channels, int kernel, int stride, int pad, int groups = 1) {
    const auto he = network::Initialiser::he_normal();
    return add("conv",
               network::Conv2d{channels, network::Window::square(kernel, stride, pad), groups, pick(4) != 0, he, network::Initialiser::scaled_normal(0.1)});
  }

  void block() {
    switch (pick(7)) {
      case 0:  // convolution, perhaps strided, perhaps depthwise
        if (pick(4) == 0) conv(shape().c, 3, 1, 1, static_cast<int>(shape().c));
        else conv(1 + pick(17), 1 + 2 * pick(2), 1 + pick(2), 1);
        activation();
        break;
      case 1: {  // residual: the input of the block is read twice
        const int entry = conv(1 + pick(9), 3, 1, 1);
        add("bn", network::BatchNorm{});
        add("relu", network::Relu{});
        conv(shape().c, 3, 1, 1);
        add("add", network::Add{}, {builder_.last(), entry});
        break;
      }
      case 2: {  // branches side by side
        const int entry = builder_.last();
        const int left = conv(1 + pick(8), 1, 1, 0);
        builder_.add("branch" + std::to_string(count_++),
                     network::Conv2d{1 + pick(8), network::Window::square(3, 1, 1), 1, true, network::Initialiser::he_normal(), {}}, {entry});
        add("concat", network::Concat{}, {left, builder_.last()});
        break;
      }
      case 3:
        if (shape().h >= 2 && shape().w >= 2) add("pool", network::MaxPool2d{network::Window::square(2, 2)});
        break;
      case 4:
        if (shape().h >= 3 && shape().w >= 3) add("avg", network::AveragePool2d{network::Window::square(3, 2, 1)});
        break;
      case 5:
        if (pick(2) == 0) conv(1 + pick(9), 3, 1, 1);
        add("norm", network::LayerNorm{});
        activation();
        break;
      default:
        conv(1 + pick(9), 3, 1, 1);
        add("bn", network::BatchNorm{});
        add("relu", network::Relu{});
    }
  }

  core::Philox random_;
  network::Shape shape_;
  int64_t classes_ = 5;
  int count_ = 0;
  network::Builder builder_;
};

}  // namespace trainmark::tests

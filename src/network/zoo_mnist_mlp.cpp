// Multilayer perceptrons on 28x28 digits, from the published comparisons that the studies repeat.
#include "network/builder.hpp"
#include "network/zoo.hpp"

namespace trainmark::network {
namespace {

constexpr Shape kDigit{1, 28, 28};

// 784 -> hidden ReLU ... -> 10, dense layers named fc1, fc2 ...
Network perceptron(std::string name, std::string description, const std::vector<int64_t>& hidden, const Initialiser& weight_init,
                   const Initialiser& bias_init) {
  Builder b(std::move(name), std::move(description), kDigit, 10);
  b.add("flatten", Flatten{});
  int number = 1;
  for (const int64_t width : hidden) {
    b.add("fc" + std::to_string(number), Dense{width, true, weight_init, bias_init});
    b.add("relu" + std::to_string(number), Relu{});
    ++number;
  }
  b.add("fc" + std::to_string(number), Dense{10, true, weight_init, bias_init});
  return b.take();
}

}  // namespace

std::vector<Network> mnist_mlps() {
  const auto he = Initialiser::he_normal();
  const auto zeros = Initialiser::zeros();
  const auto uniform = Initialiser::pytorch_uniform();
  return {
      perceptron("mnist-mlp", "784-128-128-10 perceptron of study jit-vs-gpu, He initialisation", {128, 128}, he, zeros),
      // The study does not give its initialiser; He, as for the other perceptrons.
      perceptron("mnist-mlp-10", "784-10-10 perceptron of study cpu-vs-cuda, He initialisation", {10}, he, zeros),
      perceptron("mnist-nn", "784-128-10 perceptron of study speed-and-power, PyTorch's default initialisation", {128}, uniform, uniform),
  };
}

}  // namespace trainmark::network

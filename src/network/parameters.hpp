// What a network learns or remembers: names, shapes and initialisers in PyTorch's order and layout, and initial states.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/tensor_file.hpp"
#include "network/network.hpp"

namespace trainmark::network {

/// One learned tensor, or one running statistic. Names are "LAYER.weight", "LAYER.bias", "LAYER.running_mean",
/// "LAYER.running_var".
struct Parameter {
  std::string name;
  std::vector<int64_t> shape;  ///< dense (outputs, inputs); conv2d (channels, c / groups, kh, kw); batch-norm (c); layer-norm (c) or (c, h, w)
  int layer = 0;
  bool learned = true;  ///< false: a running statistic
  int64_t fan_in = 1;
  Initialiser initialiser;

  int64_t size() const;
};

/// Parameters and statistics in the order of the layers. The network must be valid (infer_shapes succeeded), or have
/// no layers.
std::vector<Parameter> parameters(const Network& network);

/// Number of learned values.
int64_t parameter_count(const Network& network);

/// Initial parameters and statistics as float32 by name; a pure function of network and seed.
core::TensorMap initial_state(const Network& network, uint64_t seed);

}  // namespace trainmark::network

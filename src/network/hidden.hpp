// The hidden width of a multilayer perceptron: a size that studies vary.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/result.hpp"
#include "network/network.hpp"

namespace trainmark::network {

/// Largest width: two hidden layers of it still have a weight that 32 bits can number.
inline constexpr int64_t kMostHidden = 32'768;

/// The outputs of every dense layer but the last, where the network is of dense layers and activations alone and all of them are equal.
std::optional<int64_t> hidden_width(const Network& network);

/// The same network with another hidden width. Its name says so, "mnist-mlp-10-hidden-32"; with the width that it has, it is the network itself.
/// Error: it has no one hidden width.
core::Result<Network> with_hidden_width(Network network, int64_t width);

/// The name without what with_hidden_width added.
std::string name_without_width(const std::string& name);

}  // namespace trainmark::network

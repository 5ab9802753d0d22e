// Writing a network down as a chain, with the last layer as the default input.
#pragma once

#include <string>
#include <utility>

#include "network/network.hpp"

namespace trainmark::network {

/// Collects layers. Each `add` returns the new layer's index, for branches.
class Builder {
 public:
  Builder(std::string name, std::string description, Shape input, int64_t classes) : network_{std::move(name), std::move(description), input, classes, {}} {}

  /// Appends a layer fed by the one before it, or by the network's input when it is the first.
  int add(std::string name, LayerKind kind) { return add(std::move(name), std::move(kind), {last()}); }
  int add(std::string name, LayerKind kind, std::vector<int> inputs) {
    network_.layers.push_back({std::move(name), std::move(kind), std::move(inputs)});
    return last();
  }
  int last() const { return static_cast<int>(network_.layers.size()) - 1; }
  /// The layers so far.
  const Network& network() const { return network_; }
  Network take() { return std::move(network_); }

 private:
  Network network_;
};

}  // namespace trainmark::network

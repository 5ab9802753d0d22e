// Only perceptrons have one number for their width.
#include "network/hidden.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace trainmark::network {
namespace {

constexpr std::string_view kMark = "-hidden-";

// Dense layers but the last; empty where another kind of layer has a size of its own.
std::vector<Dense*> hidden_layers(Network& network) {
  std::vector<Dense*> dense;
  for (Layer& layer : network.layers) {
    if (auto* found = std::get_if<Dense>(&layer.kind)) dense.push_back(found);
    const bool sized = std::holds_alternative<Conv2d>(layer.kind) || std::holds_alternative<MaxPool2d>(layer.kind) ||
                       std::holds_alternative<AveragePool2d>(layer.kind) || std::holds_alternative<Concat>(layer.kind);
    if (sized) return {};
  }
  if (!dense.empty()) dense.pop_back();
  return dense;
}

}  // namespace

std::optional<int64_t> hidden_width(const Network& network) {
  Network copy = network;
  const auto layers = hidden_layers(copy);
  if (layers.empty()) return std::nullopt;
  const int64_t width = layers.front()->outputs;
  const bool equal = std::all_of(layers.begin(), layers.end(), [&](const Dense* layer) { return layer->outputs == width; });
  return equal ? std::optional(width) : std::nullopt;
}

std::string name_without_width(const std::string& name) {
  const size_t at = name.rfind(kMark);
  const bool digits = at != std::string::npos && name.find_first_not_of("0123456789", at + kMark.size()) == std::string::npos;
  return digits ? name.substr(0, at) : name;
}

core::Result<Network> with_hidden_width(Network network, int64_t width) {
  const auto own = hidden_width(network);
  if (!own) {
    return core::usage_error(
        fmt::format("the network '{}' has no one hidden width that could be {}; perceptrons have, such as mnist-mlp-10", network.name, width));
  }
  if (width < 1 || width > kMostHidden)
    return core::usage_error(fmt::format("--hidden (hidden) must be a whole number from 1 to {}, not {}", kMostHidden, width));
  if (width == *own) return network;
  for (Dense* layer : hidden_layers(network)) layer->outputs = width;
  network.description += fmt::format("; here with a hidden width of {} instead of {}", width, *own);
  network.name += fmt::format("{}{}", kMark, width);
  return network;
}

}  // namespace trainmark::network

// Shapes are checked by the network folder; this adds the place, and sizes that no machine could hold.
#include "workload/own_network.hpp"

#include <fmt/format.h>

#include "network/parameters.hpp"
#include "network/shapes.hpp"

namespace trainmark::workload {
namespace {

using core::Result;
using core::usage_error;

// Values of a layer's output for one image, and of its parameters; tensors are numbered with 32 bits.
constexpr int64_t kMostValues = 2'147'483'647;

std::string place_of_layer(const OwnNetwork& own, size_t layer) {
  return fmt::format("{}:{}", own.file, layer < own.layer_lines.size() ? own.layer_lines[layer] : own.line);
}

Result<void> check_sizes(const OwnNetwork& own, const network::Network& network, const std::vector<network::Shape>& shapes) {
  for (size_t i = 0; i < shapes.size(); ++i) {
    const network::Shape& s = shapes[i];
    const double values = static_cast<double>(s.c) * static_cast<double>(s.h) * static_cast<double>(s.w);
    if (values <= static_cast<double>(kMostValues)) continue;
    return usage_error(fmt::format("{}: layer '{}' yields {}x{}x{} values for each image; at most {} in all are possible", place_of_layer(own, i),
                                   network.layers[i].name, s.c, s.h, s.w, kMostValues));
  }
  for (const network::Parameter& p : network::parameters(network)) {
    if (p.size() <= kMostValues) continue;
    return usage_error(fmt::format("{}: '{}' would have {} values; at most {} are possible", place_of_layer(own, static_cast<size_t>(p.layer)), p.name,
                                   p.size(), kMostValues));
  }
  return {};
}

}  // namespace

Result<network::Network> network_for(const OwnNetwork& own, network::Shape images) {
  network::Network network = own.network;
  if (own.input_given && network.input != images) {
    return usage_error(
        fmt::format("{}:{}: 'input' of the network '{}' is {}x{}x{}, but the images of the data set have {}x{}x{} values; leave 'input' out to "
                    "take any images, or choose another data set",
                    own.file, own.line, network.name, network.input.c, network.input.h, network.input.w, images.c, images.h, images.w));
  }
  network.input = images;
  size_t wrong_layer = own.layer_lines.size();
  auto shapes = network::layer_shapes(network, &wrong_layer);
  if (shapes && !own.classes_given) network.classes = shapes->back().c;
  if (shapes) shapes = network::infer_shapes(network, &wrong_layer);
  if (!shapes) return usage_error(fmt::format("{}: {}", place_of_layer(own, wrong_layer), shapes.error().message));
  if (const auto possible = check_sizes(own, network, *shapes); !possible) return possible.error();
  return network;
}

Result<network::Network> network_for(const OwnNetwork& own) { return network_for(own, own.input_given ? own.network.input : kDigits); }

}  // namespace trainmark::workload

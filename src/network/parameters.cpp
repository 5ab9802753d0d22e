// Parameters by a walk over the layers.
#include "network/parameters.hpp"

#include "core/check.hpp"
#include "network/shapes.hpp"

namespace trainmark::network {
namespace {

void add_weight_and_bias(std::vector<Parameter>& out, const std::string& name, int layer, std::vector<int64_t> shape, bool bias, const Initialiser& weight_init,
                         const Initialiser& bias_init) {
  int64_t fan_in = 1;
  for (size_t i = 1; i < shape.size(); ++i) fan_in *= shape[i];
  const int64_t outputs = shape[0];
  out.push_back({name + ".weight", std::move(shape), layer, true, fan_in, weight_init});
  if (bias) out.push_back({name + ".bias", {outputs}, layer, true, fan_in, bias_init});
}

}  // namespace

int64_t Parameter::size() const {
  int64_t n = 1;
  for (const int64_t extent : shape) n *= extent;
  return n;
}

std::vector<Parameter> parameters(const Network& network) {
  if (network.layers.empty()) return {};  // a search for nearest neighbours
  const auto shapes = infer_shapes(network);
  CHECK(shapes.ok(), "parameters() needs a valid network");
  std::vector<Parameter> out;
  for (size_t i = 0; i < network.layers.size(); ++i) {
    const Layer& layer = network.layers[i];
    const Shape in = input_shape(network, *shapes, layer);
    const int index = static_cast<int>(i);
    if (const auto* dense = std::get_if<Dense>(&layer.kind)) {
      add_weight_and_bias(out, layer.name, index, {dense->outputs, in.size()}, dense->bias, dense->weight_init, dense->bias_init);
    } else if (const auto* conv = std::get_if<Conv2d>(&layer.kind)) {
      add_weight_and_bias(out, layer.name, index, {conv->channels, in.c / conv->groups, conv->window.kernel_h, conv->window.kernel_w}, conv->bias,
                          conv->weight_init, conv->bias_init);
    } else if (std::holds_alternative<BatchNorm>(layer.kind)) {
      out.push_back({layer.name + ".weight", {in.c}, index, true, 1, Initialiser::ones()});
      out.push_back({layer.name + ".bias", {in.c}, index, true, 1, Initialiser::zeros()});
      out.push_back({layer.name + ".running_mean", {in.c}, index, false, 1, Initialiser::zeros()});
      out.push_back({layer.name + ".running_var", {in.c}, index, false, 1, Initialiser::ones()});
    } else if (std::holds_alternative<LayerNorm>(layer.kind)) {
      const bool features = in.h == 1 && in.w == 1;
      const std::vector<int64_t> shape = features ? std::vector{in.c} : std::vector{in.c, in.h, in.w};
      out.push_back({layer.name + ".weight", shape, index, true, 1, Initialiser::ones()});
      out.push_back({layer.name + ".bias", shape, index, true, 1, Initialiser::zeros()});
    }
  }
  return out;
}

int64_t parameter_count(const Network& network) {
  int64_t count = 0;
  for (const Parameter& p : parameters(network)) count += p.learned ? p.size() : 0;
  return count;
}

core::TensorMap initial_state(const Network& network, uint64_t seed) {
  core::TensorMap state;
  for (const Parameter& p : parameters(network)) {
    std::vector<float> values(static_cast<size_t>(p.size()));
    initialise(p.initialiser, p.fan_in, seed, p.name, values);
    state[p.name] = {p.shape, std::move(values)};
  }
  return state;
}

}  // namespace trainmark::network

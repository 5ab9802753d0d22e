// Layers refer to each other by name, so that a reader needs no counting.
#include "workload/network_json.hpp"

#include <fmt/format.h>

#include <map>

#include "core/check.hpp"
#include "network/parameters.hpp"
#include "network/shapes.hpp"
#include "workload/layer_json.hpp"

namespace trainmark::workload {
namespace {

constexpr int64_t kMostPixels = 1 << 26;

using core::Json;
using core::Result;
using core::usage_error;

Json parameters_to_json(const network::Network& network) {
  Json list = Json::array();
  for (const auto& p : network::parameters(network)) {
    list.push_back({{"name", p.name},
                    {"shape", p.shape},
                    {"layer", network.layers[static_cast<size_t>(p.layer)].name},
                    {"learned", p.learned},
                    {"fan_in", p.fan_in},
                    {"initialiser", to_json(p.initialiser)}});
  }
  return list;
}

// Indices of the layers named in "inputs".
Result<std::vector<int>> read_inputs(const Json& layer, const std::map<std::string, int>& earlier, const std::string& where) {
  const auto names = core::get<Json>(layer, "inputs", where);
  if (!names) return names.error();
  if (!names->is_array() || names->empty()) {
    return usage_error(
        fmt::format("{}: 'inputs' must be a list of one or more names of earlier layers or 'input', not {}", where, names->dump().substr(0, 40)));
  }
  std::vector<int> inputs;
  for (const Json& name : *names) {
    const auto found = name.is_string() ? earlier.find(name.get<std::string>()) : earlier.end();
    if (found == earlier.end()) {
      return usage_error(fmt::format("{}: 'inputs' names {}, which is neither an earlier layer nor 'input'", where, name.dump().substr(0, 40)));
    }
    inputs.push_back(found->second);
  }
  return inputs;
}

Result<void> read_layer(const Json& json, std::map<std::string, int>& earlier, network::Network& network) {
  const size_t number = network.layers.size() + 1;
  auto name = core::get<std::string>(json, "name", fmt::format("layer {} of the network", number));
  if (!name) return name.error();
  const std::string where = fmt::format("layer '{}' of the network", *name);
  if (earlier.count(*name) != 0) return usage_error(fmt::format("{}: the name is taken by an earlier layer or by the network's input; choose another", where));
  const auto kind_word = core::get<std::string>(json, "kind", where);
  if (!kind_word) return kind_word.error();
  auto kind = get_attributes(json, *kind_word, where);
  if (!kind) return kind.error();
  auto inputs = read_inputs(json, earlier, where);
  if (!inputs) return inputs.error();
  earlier[*name] = static_cast<int>(network.layers.size());
  network.layers.push_back({std::move(*name), std::move(*kind), std::move(*inputs)});
  return {};
}

Result<network::Shape> read_input_shape(const Json& json) {
  const auto input = core::get<Json>(json, "input", "the network");
  if (!input) return input.error();
  const bool three =
      input->is_array() && input->size() == 3 && (*input)[0].is_number_integer() && (*input)[1].is_number_integer() && (*input)[2].is_number_integer();
  if (!three) return usage_error(fmt::format("the network: 'input' must be three integers [channels, height, width], not {}", input->dump().substr(0, 40)));
  return network::Shape{(*input)[0].get<int64_t>(), (*input)[1].get<int64_t>(), (*input)[2].get<int64_t>()};
}

// What infer_shapes would find wrong with the input and the classes of a network without layers.
Result<void> check_sizes(const network::Network& network) {
  const auto fits = [](int64_t size) { return size >= 1 && size <= kMostPixels; };
  const network::Shape& s = network.input;
  if (!fits(s.c) || !fits(s.h) || !fits(s.w) || s.c * s.h > kMostPixels || s.c * s.h * s.w > kMostPixels) {
    return usage_error(fmt::format("the network: an image of {} x {} x {} values is not from 1 to {} values large", s.c, s.h, s.w, kMostPixels));
  }
  if (network.classes >= 1 && network.classes <= 256) return {};
  return usage_error(fmt::format("the network: 'classes' must be from 1 to 256, since labels are bytes, not {}", network.classes));
}

}  // namespace

Json network_to_json(const network::Network& network) {
  const auto shapes = network.layers.empty() ? Result<std::vector<network::Shape>>(std::vector<network::Shape>()) : network::infer_shapes(network);
  CHECK(shapes.ok(), "only valid networks are written");
  Json layers = Json::array();
  for (size_t i = 0; i < network.layers.size(); ++i) {
    const network::Layer& layer = network.layers[i];
    Json inputs = Json::array();
    for (const int input : layer.inputs) {
      inputs.push_back(input == network::kNetworkInput ? std::string(kInputWord) : network.layers[static_cast<size_t>(input)].name);
    }
    const network::Shape& out = (*shapes)[i];
    Json json{{"name", layer.name}, {"kind", network::kind_name(layer.kind)}, {"inputs", inputs}, {"output", {out.c, out.h, out.w}}};
    put_attributes(json, layer.kind);
    layers.push_back(std::move(json));
  }
  return Json{{"name", network.name},
              {"description", network.description},
              {"input", {network.input.c, network.input.h, network.input.w}},
              {"classes", network.classes},
              {"layers", layers},
              {"parameters", parameters_to_json(network)}};
}

Result<network::Network> network_from_json(const Json& json) {
  network::Network network;
  auto name = core::get<std::string>(json, "name", "the network");
  if (!name) return name.error();
  auto description = core::get<std::string>(json, "description", "the network");
  if (!description) return description.error();
  const auto input = read_input_shape(json);
  if (!input) return input.error();
  const auto classes = core::get<int64_t>(json, "classes", "the network");
  if (!classes) return classes.error();
  network.name = std::move(*name);
  network.description = std::move(*description);
  network.input = *input;
  network.classes = *classes;
  const auto layers = core::get<Json>(json, "layers", "the network");
  if (!layers) return layers.error();
  if (!layers->is_array()) return usage_error("the network: 'layers' must be a list of objects");
  std::map<std::string, int> earlier = {{std::string(kInputWord), network::kNetworkInput}};
  for (const Json& layer : *layers) {
    if (auto read = read_layer(layer, earlier, network); !read) return read.error();
  }
  if (network.layers.empty()) {  // of a search for neighbours: the workload sees to it that it is one
    if (auto sound = check_sizes(network); !sound) return sound.error();
    return network;
  }
  if (auto shapes = network::infer_shapes(network); !shapes) return shapes.error();
  return network;
}

}  // namespace trainmark::workload

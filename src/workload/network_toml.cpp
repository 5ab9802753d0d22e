// Reads the members of a network; each layer is read by layer_toml.
#include "workload/network_toml.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "network/zoo.hpp"
#include "workload/layer_toml.hpp"
#include "workload/toml_table.hpp"

namespace trainmark::workload {
namespace {

using core::Result;
using core::usage_error;

constexpr int64_t kMostExtent = 1'000'000;  // of images and classes

Result<OwnNetwork> read_network(std::string_view name, const toml::table& source, std::string_view file) {
  TomlTable table(source, file, fmt::format("the network '{}'", name));
  OwnNetwork own;
  own.file = file;
  own.line = source.source().begin.line;
  own.network.name = name;
  std::optional<std::string> description;
  std::optional<int64_t> classes;
  std::vector<int64_t> input;
  table.read("description", description);
  table.read("input", input);
  table.read("classes", classes);
  const toml::node* weight_init = table.node("weight_init");
  const toml::node* bias_init = table.node("bias_init");
  const toml::node* layers = table.node("layers");
  table.require("layers");
  if (auto error = table.finish()) return *error;
  const auto extent = [](int64_t n) { return n >= 1 && n <= kMostExtent; };
  own.input_given = !input.empty();
  own.classes_given = classes.has_value();
  if (own.input_given && (input.size() != 3 || !std::all_of(input.begin(), input.end(), extent))) {
    table.fail("input", fmt::format("'input' of the network '{}' must be three whole numbers from 1 on, [channels, height, width]", name));
  }
  if (classes && !extent(*classes))
    table.fail("classes", fmt::format("'classes' of the network '{}' must be from 1 to {}, not {}", name, kMostExtent, *classes));
  if (!layers->is_array() || layers->as_array()->empty()) {
    table.fail("layers", fmt::format("'layers' of the network '{}' must be a list such as [\"flatten\", {{dense = 10}}]", name));
  }
  if (auto error = table.finish()) return *error;
  if (own.input_given) own.network.input = {input[0], input[1], input[2]};
  own.network.classes = classes.value_or(0);
  own.network.description = description.value_or(fmt::format("defined in {}", file));
  LayerReader reader(file, own);
  if (const auto read = reader.set_initialisers(weight_init, bias_init); !read) return read.error();
  for (const toml::node& layer : *layers->as_array()) {
    if (const auto read = reader.add(layer); !read) return read.error();
  }
  if (!own.input_given) return own;
  if (const auto valid = network_for(own); !valid) return valid.error();
  return own;
}

bool good_name(std::string_view name) {
  constexpr std::string_view kGood = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
  return !name.empty() && name.find_first_not_of(kGood) == std::string_view::npos;
}

}  // namespace

Result<std::vector<OwnNetwork>> read_networks(const toml::node& networks, std::string_view file) {
  std::vector<OwnNetwork> all;
  const auto wrong = [&](const toml::source_region& source, const std::string& message) { return usage_error(place_of(file, source) + ": " + message); };
  if (!networks.is_table()) return wrong(networks.source(), "'network' must be tables, each headed by [network.NAME]");
  for (const auto& [key, value] : *networks.as_table()) {
    const std::string name(key.str());
    if (!value.is_table()) return wrong(networks.source(), fmt::format("networks have names: write [network.NAME] above '{}'", name));
    if (!good_name(name)) return wrong(key.source(), fmt::format("the network name '{}' may hold only letters, digits, '-', '_' and '.'", name));
    if (network::find_network(name).ok()) {
      return wrong(key.source(), fmt::format("the network '{}' comes with the program; choose another name", name));
    }
    auto own = read_network(name, *value.as_table(), file);
    if (!own) return own.error();
    all.push_back(std::move(*own));
  }
  std::sort(all.begin(), all.end(), [](const OwnNetwork& a, const OwnNetwork& b) { return a.line < b.line; });
  return all;
}

}  // namespace trainmark::workload

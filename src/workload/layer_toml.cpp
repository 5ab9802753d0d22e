// From TOML to the JSON of a layer. What a key may hold is read off the defaults of its kind: a number there wants a
// number here, a pair also takes one number for both directions, an initialiser also its name alone.
#include "workload/layer_toml.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <sstream>

#include "core/suggest.hpp"
#include "workload/layer_json.hpp"
#include "workload/network_json.hpp"
#include "workload/toml_table.hpp"
#include "workload/words.hpp"

namespace trainmark::workload {
namespace {

using core::Json;
using core::Result;

constexpr int64_t kMostNumber = 1'000'000;  // of any whole attribute: more is a slip, and would overflow sizes
// The attribute that may stand as the kind's own value: {dense = 10}. The first that the kind has.
constexpr std::string_view kMain[] = {"outputs", "channels", "kernel", "rate"};
// Attributes that have no sensible default.
constexpr std::string_view kNeeded[] = {"outputs", "channels", "kernel"};

std::string type_name(const toml::node& node) {
  std::ostringstream text;
  text << node.type();
  return text.str();
}

Json defaults_of(const std::string& kind) {
  Json json = Json::object();
  put_attributes(json, default_layer(kind));
  return json;
}

std::string main_attribute(const Json& defaults) {
  for (const std::string_view key : kMain) {
    if (defaults.contains(key)) return std::string(key);
  }
  return "";
}

bool needed(std::string_view key) { return std::find(std::begin(kNeeded), std::end(kNeeded), key) != std::end(kNeeded); }

bool is_whole(const toml::node& node) { return node.is_integer() && std::abs(node.as_integer()->get()) <= kMostNumber; }
bool is_pair(const toml::node& node) {
  const toml::array* array = node.as_array();
  return array != nullptr && array->size() == 2 && is_whole((*array)[0]) && is_whole((*array)[1]);
}
bool is_names(const toml::node& node) {
  if (node.is_string()) return true;
  const toml::array* array = node.as_array();
  return array != nullptr && !array->empty() && array->is_homogeneous(toml::node_type::string);
}

// "he_normal", or {kind = "scaled_normal", scale = 0.1}. An error is only the message: the caller knows the place.
Result<Json> initialiser_of(const toml::node& node) {
  std::optional<std::string> kind;
  double scale = 0;
  if (node.is_string()) kind = node.as_string()->get();
  if (const toml::table* table = node.as_table(); table != nullptr && (*table)["kind"].is_string()) {
    kind = (*table)["kind"].as_string()->get();
    for (const auto& [key, value] : *table) {
      if (key.str() != "kind" && key.str() != "scale") return core::usage_error(fmt::format("has no key '{}'; known are kind and scale", key.str()));
      if (key.str() == "scale" && !value.is_number()) return core::usage_error("needs a number as its 'scale'");
      if (key.str() == "scale") scale = value.value_or(0.0);
    }
  }
  const auto known = kind_names(kInitialisers, network::initialiser_name);
  if (!kind)
    return core::usage_error(
        fmt::format("must be one of {}, or {{kind = \"scaled_normal\", scale = 0.1}}, not a value of the type {}", fmt::join(known, ", "), type_name(node)));
  if (std::find(known.begin(), known.end(), *kind) == known.end()) {
    return core::usage_error(fmt::format("must be one of {}, not '{}'{}", fmt::join(known, ", "), *kind, core::did_you_mean(*kind, known)));
  }
  if (*kind == "scaled_normal" && !(scale > 0)) return core::usage_error("needs its deviation: {kind = \"scaled_normal\", scale = 0.1}");
  return Json{{"kind", *kind}, {"scale", scale}};
}

// The value of an attribute in the form of `like`, its default. An error is only the message.
Result<Json> value_like(const Json& like, const toml::node& node) {
  const auto expected = [&](std::string_view what) {
    return core::usage_error(fmt::format(
        "must be {}, not {}", what, node.is_integer() ? fmt::format("{}", node.as_integer()->get()) : fmt::format("a value of the type {}", type_name(node))));
  };
  if (like.is_object()) return initialiser_of(node);
  if (like.is_boolean()) return node.is_boolean() ? Result<Json>(Json(node.as_boolean()->get())) : expected("true or false");
  if (like.is_number_float()) return node.is_number() ? Result<Json>(Json(node.value_or(0.0))) : expected("a number");
  if (like.is_string()) return node.is_string() ? Result<Json>(Json(node.as_string()->get())) : expected("a string");
  if (like.is_number()) return is_whole(node) ? Result<Json>(Json(node.as_integer()->get())) : expected(fmt::format("a whole number up to {}", kMostNumber));
  if (is_whole(node)) return Json{node.as_integer()->get(), node.as_integer()->get()};
  if (is_pair(node)) return Json{(*node.as_array())[0].value_or(int64_t{0}), (*node.as_array())[1].value_or(int64_t{0})};
  return expected(fmt::format("a whole number up to {}, or two as [height, width]", kMostNumber));
}

// Where a default of zeros stands for "not said", the network's initialiser is meant, or PyTorch's.
void set_usual(Json& attributes, const Json& weight_init, const Json& bias_init) {
  const Json pytorch = to_json(network::Initialiser::pytorch_uniform());
  const Json unsaid = to_json(network::Initialiser{});
  const auto set = [&](const char* key, const Json& chosen) {
    if (attributes.contains(key) && attributes[key] == unsaid) attributes[key] = chosen.is_null() ? pytorch : chosen;
  };
  set("weight_init", weight_init);
  set("bias_init", bias_init);
}

}  // namespace

/// A layer as it is written: its kind, and the table of its other keys, if it has any.
struct LayerReader::Written {
  std::string kind;
  const toml::node* node = nullptr;    ///< the whole layer
  const toml::table* table = nullptr;  ///< null when only the kind is there
  const toml::node* value = nullptr;   ///< of the kind's key, where it stands as one
};

core::Error LayerReader::wrong(const toml::source_region& source, const std::string& message) const {
  return core::usage_error(fmt::format("{}: {}", place_of(file_, source), message));
}

Result<void> LayerReader::set_initialisers(const toml::node* weight_init, const toml::node* bias_init) {
  const auto set = [&](const char* key, const toml::node* node, Json& place) -> Result<void> {
    if (node == nullptr) return {};
    auto value = initialiser_of(*node);
    if (!value) return wrong(node->source(), fmt::format("'{}' of the network '{}' {}", key, own_.network.name, value.error().message));
    place = std::move(*value);
    return {};
  };
  if (auto done = set("weight_init", weight_init, weight_init_); !done) return done;
  return set("bias_init", bias_init, bias_init_);
}

Result<LayerReader::Written> LayerReader::understand(const toml::node& layer) const {
  const auto& kinds = layer_kind_names();
  const auto unknown = [&](const toml::source_region& source, const std::string& word) {
    return wrong(source, fmt::format("there is no layer kind '{}'{}; known are {}", word, core::did_you_mean(word, kinds), fmt::join(kinds, ", ")));
  };
  const auto known = [&](const std::string& word) { return std::find(kinds.begin(), kinds.end(), word) != kinds.end(); };
  Written written;
  written.node = &layer;
  if (layer.is_string()) {
    written.kind = layer.as_string()->get();
    if (!known(written.kind)) return unknown(layer.source(), written.kind);
    return written;
  }
  written.table = layer.as_table();
  if (written.table == nullptr) {
    return wrong(layer.source(),
                 fmt::format("a layer must be a kind such as \"relu\" or a table such as {{dense = 10}}, not a value of the type {}", type_name(layer)));
  }
  for (const auto& [key, value] : *written.table) {
    const std::string word(key.str());
    if (word == "kind" && !value.is_string())
      return wrong(key.source(), fmt::format("'kind' of a layer must be a string, not a value of the type {}", type_name(value)));
    const std::string kind = word == "kind" ? value.as_string()->get() : known(word) ? word : "";
    if (word == "kind" && !known(kind)) return unknown(key.source(), kind);
    if (kind.empty()) continue;
    if (!written.kind.empty())
      return wrong(key.source(), fmt::format("a layer has one kind, but this one has '{}' and '{}'; write two layers", written.kind, kind));
    written.kind = kind;
    written.value = word == "kind" ? nullptr : &value;
  }
  if (!written.kind.empty()) return written;
  for (const auto& [key, value] : *written.table) {
    if (!core::nearest_word(key.str(), kinds).empty()) return unknown(key.source(), std::string(key.str()));
  }
  return wrong(layer.source(), fmt::format("a layer needs its kind, as in {{dense = 10}} or \"relu\"; known are {}", fmt::join(kinds, ", ")));
}

Result<Json> LayerReader::attributes_of(const Written& written) const {
  Json attributes = defaults_of(written.kind);
  const std::string what = fmt::format("the layer '{}'", written.kind);
  const std::string main = main_attribute(attributes);
  set_usual(attributes, weight_init_, bias_init_);
  std::vector<std::string> given;
  const auto put = [&](const std::string& key, const toml::node& node) -> std::optional<core::Error> {
    const auto value = value_like(attributes[key], node);
    if (!value) return wrong(node.source(), fmt::format("'{}' of {} {}", key, what, value.error().message));
    attributes[key] = *value;
    given.push_back(key);
    return std::nullopt;
  };
  if (written.value != nullptr && !(is_names(*written.value) && !needed(main))) {
    if (main.empty()) return wrong(written.value->source(), fmt::format("{} takes no value but the names of the layers that it reads", what));
    if (auto error = put(main, *written.value)) return *error;
  }
  if (written.table != nullptr) {
    TomlTable table(*written.table, file_, what);
    for (const char* key : {"name", "inputs", "kind"}) table.node(key);
    table.node(written.kind);
    const Json defaults = attributes;
    for (const auto& item : defaults.items()) {
      const toml::node* node = table.node(item.key());
      if (node == nullptr) continue;
      if (std::find(given.begin(), given.end(), item.key()) != given.end()) {
        return wrong(node->source(), fmt::format("'{}' of {} is given twice: it is the value of '{}' already", item.key(), what, written.kind));
      }
      if (auto error = put(item.key(), *node)) return *error;
    }
    if (auto error = table.finish()) return *error;
  }
  for (const std::string_view key : kNeeded) {
    if (!attributes.contains(key) || std::find(given.begin(), given.end(), key) != given.end()) continue;
    return wrong(written.node->source(),
                 fmt::format("{} needs '{}', as in {{{} = 3}}", what, key, key == main ? written.kind : fmt::format("{} = 8, {}", written.kind, key)));
  }
  const bool pooling = main == "kernel";  // its windows move by their size, as in PyTorch
  if (pooling && std::find(given.begin(), given.end(), "stride") == given.end()) attributes["stride"] = attributes["kernel"];
  return attributes;
}

Result<std::string> LayerReader::name_of(const Written& written) {
  const toml::node* node = written.table == nullptr ? nullptr : written.table->get("name");
  if (node == nullptr) {
    std::string name;
    do {
      name = fmt::format("{}_{}", written.kind, ++numbers_[written.kind]);
    } while (earlier_.count(name) != 0);
    return name;
  }
  if (!node->is_string())
    return wrong(node->source(), fmt::format("'name' of the layer '{}' must be a string, not a value of the type {}", written.kind, type_name(*node)));
  std::string name = node->as_string()->get();
  const bool good = !name.empty() && std::none_of(name.begin(), name.end(), [](unsigned char c) { return c <= ' ' || c == 127 || c == '/'; });
  if (!good) return wrong(node->source(), fmt::format("'name' of the layer '{}' must not be empty nor hold spaces or '/'", written.kind));
  if (name == kInputWord) return wrong(node->source(), fmt::format("'{}' is the network's input; choose another name for the layer '{}'", name, written.kind));
  if (earlier_.count(name) != 0) return wrong(node->source(), fmt::format("an earlier layer is called '{}' already; choose another name", name));
  return name;
}

Result<std::vector<int>> LayerReader::inputs_of(const Written& written) const {
  const toml::node* node = written.table == nullptr ? nullptr : written.table->get("inputs");
  if (written.value != nullptr && is_names(*written.value) && !needed(main_attribute(defaults_of(written.kind)))) {
    if (node != nullptr)
      return wrong(node->source(), fmt::format("the inputs of the layer '{}' are given twice: they are the value of '{}' already", written.kind, written.kind));
    node = written.value;
  }
  if (node == nullptr) return std::vector<int>{static_cast<int>(own_.network.layers.size()) - 1};
  if (!is_names(*node))
    return wrong(node->source(), fmt::format("'inputs' of the layer '{}' must be the name of an earlier layer or a list of such names", written.kind));
  std::vector<std::string> names, known = {std::string(kInputWord)};
  if (node->is_string()) names.push_back(node->as_string()->get());
  if (node->is_array()) {
    for (const toml::node& item : *node->as_array()) names.push_back(item.as_string()->get());
  }
  for (const auto& [name, index] : earlier_) known.push_back(name);
  std::vector<int> inputs;
  for (const std::string& name : names) {
    const auto found = earlier_.find(name);
    if (found == earlier_.end() && name != kInputWord) {
      return wrong(node->source(), fmt::format("the layer '{}' reads '{}', which is no earlier layer{}; earlier are {}", written.kind, name,
                                               core::did_you_mean(name, known), fmt::join(known, ", ")));
    }
    inputs.push_back(name == kInputWord ? network::kNetworkInput : found->second);
  }
  return inputs;
}

Result<void> LayerReader::add(const toml::node& layer) {
  const auto written = understand(layer);
  if (!written) return written.error();
  const auto attributes = attributes_of(*written);
  if (!attributes) return attributes.error();
  auto inputs = inputs_of(*written);
  if (!inputs) return inputs.error();
  auto name = name_of(*written);
  if (!name) return name.error();
  auto kind = get_attributes(*attributes, written->kind, fmt::format("layer '{}'", *name));
  if (!kind) return wrong(layer.source(), kind.error().message);
  earlier_[*name] = static_cast<int>(own_.network.layers.size());
  own_.network.layers.push_back({std::move(*name), std::move(*kind), std::move(*inputs)});
  own_.layer_lines.push_back(layer.source().begin.line);
  return {};
}

}  // namespace trainmark::workload

// Attributes are read in the order in which they are written; the first error wins and names layer and key.
#include "workload/layer_json.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>

#include "core/check.hpp"
#include "core/suggest.hpp"
#include "workload/words.hpp"

namespace trainmark::workload {
namespace {

using core::Error;
using core::Json;
using core::Result;
using core::usage_error;

void put_window(Json& layer, const network::Window& w) {
  layer["kernel"] = {w.kernel_h, w.kernel_w};
  layer["stride"] = {w.stride_h, w.stride_w};
  layer["padding"] = {w.pad_h, w.pad_w};
  layer["dilation"] = {w.dilation_h, w.dilation_w};
}

struct Put {
  Json& layer;
  void operator()(const network::Dense& dense) const {
    layer["outputs"] = dense.outputs;
    layer["bias"] = dense.bias;
    layer["weight_init"] = to_json(dense.weight_init);
    layer["bias_init"] = to_json(dense.bias_init);
  }
  void operator()(const network::Conv2d& conv) const {
    layer["channels"] = conv.channels;
    put_window(layer, conv.window);
    layer["groups"] = conv.groups;
    layer["bias"] = conv.bias;
    layer["weight_init"] = to_json(conv.weight_init);
    layer["bias_init"] = to_json(conv.bias_init);
  }
  void operator()(const network::MaxPool2d& pool) const { put_window(layer, pool.window); }
  void operator()(const network::AveragePool2d& pool) const { put_window(layer, pool.window); }
  void operator()(const network::BatchNorm& norm) const {
    layer["epsilon"] = norm.epsilon;
    layer["momentum"] = norm.momentum;
  }
  void operator()(const network::LayerNorm& norm) const { layer["epsilon"] = norm.epsilon; }
  void operator()(const network::Dropout& dropout) const { layer["rate"] = dropout.rate; }
  void operator()(const network::GlobalAveragePool&) const {}
  void operator()(const network::Relu&) const {}
  void operator()(const network::Relu6&) const {}
  void operator()(const network::Gelu&) const {}
  void operator()(const network::Sigmoid&) const {}
  void operator()(const network::Tanh&) const {}
  void operator()(const network::Flatten&) const {}
  void operator()(const network::Add&) const {}
  void operator()(const network::Concat&) const {}
};

// Reads members into places and keeps the first error.
class Reader {
 public:
  Reader(const Json& layer, std::string_view where) : layer_(layer), where_(where) {}

  template <class T>
  Reader& read(std::string_view key, T& place) {
    if (error_) return *this;
    auto value = core::get<T>(layer_, key, where_);
    if (value) {
      place = *value;
    } else {
      error_ = value.error();
    }
    return *this;
  }
  Reader& read_pair(std::string_view key, int64_t& h, int64_t& w) {
    if (error_) return *this;
    const auto pair = core::get<Json>(layer_, key, where_);
    if (!pair) {
      error_ = pair.error();
    } else if (!pair->is_array() || pair->size() != 2 || !(*pair)[0].is_number_integer() || !(*pair)[1].is_number_integer()) {
      error_ = usage_error(fmt::format("{}: '{}' must be two integers [height, width], not {}", where_, key, pair->dump().substr(0, 40)));
    } else {
      h = (*pair)[0].get<int64_t>();
      w = (*pair)[1].get<int64_t>();
    }
    return *this;
  }
  Reader& read_window(network::Window& w) {
    return read_pair("kernel", w.kernel_h, w.kernel_w)
        .read_pair("stride", w.stride_h, w.stride_w)
        .read_pair("padding", w.pad_h, w.pad_w)
        .read_pair("dilation", w.dilation_h, w.dilation_w);
  }
  Reader& read_init(std::string_view key, network::Initialiser& place) {
    if (error_) return *this;
    const auto object = core::get<Json>(layer_, key, where_);
    if (!object) return fail(object.error());
    const std::string inside = fmt::format("{}, '{}'", where_, key);
    const auto word = core::get<std::string>(*object, "kind", inside);
    if (!word) return fail(word.error());
    const auto scale = core::get<double>(*object, "scale", inside);
    if (!scale) return fail(scale.error());
    const auto kind = find_kind(kInitialisers, network::initialiser_name, *word);
    if (!kind) {
      const auto known = kind_names(kInitialisers, network::initialiser_name);
      return fail(usage_error(
          fmt::format("{}: there is no initialiser '{}'{}; known are {}", inside, *word, core::did_you_mean(*word, known), fmt::join(known, ", "))));
    }
    place = {*kind, *scale};
    return *this;
  }
  template <class T>
  Result<network::LayerKind> done(T kind) const {
    if (error_) return *error_;
    return network::LayerKind(std::move(kind));
  }

 private:
  Reader& fail(Error error) {
    error_ = std::move(error);
    return *this;
  }
  const Json& layer_;
  std::string where_;
  std::optional<Error> error_;
};

struct Get {
  Reader reader;
  Result<network::LayerKind> operator()(network::Dense dense) {
    reader.read("outputs", dense.outputs).read("bias", dense.bias).read_init("weight_init", dense.weight_init).read_init("bias_init", dense.bias_init);
    return reader.done(dense);
  }
  Result<network::LayerKind> operator()(network::Conv2d conv) {
    reader.read("channels", conv.channels).read_window(conv.window).read("groups", conv.groups).read("bias", conv.bias);
    reader.read_init("weight_init", conv.weight_init).read_init("bias_init", conv.bias_init);
    return reader.done(conv);
  }
  Result<network::LayerKind> operator()(network::MaxPool2d pool) { return reader.read_window(pool.window).done(pool); }
  Result<network::LayerKind> operator()(network::AveragePool2d pool) { return reader.read_window(pool.window).done(pool); }
  Result<network::LayerKind> operator()(network::BatchNorm norm) { return reader.read("epsilon", norm.epsilon).read("momentum", norm.momentum).done(norm); }
  Result<network::LayerKind> operator()(network::LayerNorm norm) { return reader.read("epsilon", norm.epsilon).done(norm); }
  Result<network::LayerKind> operator()(network::Dropout dropout) { return reader.read("rate", dropout.rate).done(dropout); }
  template <class Bare>
  Result<network::LayerKind> operator()(Bare bare) {
    return reader.done(bare);
  }
};

// A layer of every kind with its default attributes, in the order of LayerKind.
template <size_t... I>
std::vector<network::LayerKind> every_kind(std::index_sequence<I...>) {
  return {network::LayerKind(std::in_place_index<I>)...};
}

const std::vector<network::LayerKind>& kinds() {
  static const auto all = every_kind(std::make_index_sequence<std::variant_size_v<network::LayerKind>>{});
  return all;
}

}  // namespace

Json to_json(const network::Initialiser& initialiser) { return Json{{"kind", network::initialiser_name(initialiser.kind)}, {"scale", initialiser.scale}}; }

const std::vector<std::string>& layer_kind_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> made;
    for (const auto& kind : kinds()) made.push_back(network::kind_name(kind));
    return made;
  }();
  return names;
}

const network::LayerKind& default_layer(std::string_view kind_name) {
  const auto found = std::find_if(kinds().begin(), kinds().end(), [&](const auto& kind) { return network::kind_name(kind) == kind_name; });
  CHECK(found != kinds().end(), "a name of layer_kind_names()");
  return *found;
}

void put_attributes(Json& layer, const network::LayerKind& kind) { std::visit(Put{layer}, kind); }

Result<network::LayerKind> get_attributes(const Json& layer, std::string_view kind_name, std::string_view where) {
  for (const auto& kind : kinds()) {
    if (network::kind_name(kind) == kind_name) return std::visit(Get{Reader(layer, where)}, kind);
  }
  return usage_error(fmt::format("{}: there is no layer kind '{}'{}; known are {}", where, kind_name, core::did_you_mean(kind_name, layer_kind_names()),
                                 fmt::join(layer_kind_names(), ", ")));
}

}  // namespace trainmark::workload

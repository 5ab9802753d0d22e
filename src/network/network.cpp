// Names of the layer kinds.
#include "network/network.hpp"

namespace trainmark::network {

std::string kind_name(const LayerKind& kind) {
  static constexpr const char* kNames[] = {
      "dense", "conv2d", "max_pool2d", "average_pool2d", "global_average_pool", "relu", "flatten", "add", "concat", "batch_norm", "dropout",
      "relu6", "gelu",   "sigmoid",    "tanh",           "layer_norm"};
  static_assert(std::variant_size_v<LayerKind> == std::size(kNames));
  return kNames[kind.index()];
}

}  // namespace trainmark::network

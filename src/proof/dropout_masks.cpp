#include "proof/dropout_masks.hpp"

#include <algorithm>

#include "backends/reference/dropout.hpp"
#include "core/check.hpp"
#include "network/shapes.hpp"

namespace trainmark::proof {

bool has_dropout(const network::Network& network) {
  return std::any_of(network.layers.begin(), network.layers.end(), [](const network::Layer& l) { return std::holds_alternative<network::Dropout>(l.kind); });
}

std::vector<uint8_t> dropout_masks(const workload::Materials& materials, int64_t step) {
  const network::Network& network = materials.workload.network;
  const auto shapes = network::infer_shapes(network);
  CHECK(shapes.ok(), "materials have a valid network");
  const int64_t images = workload::batch_of_step(materials.workload, step);
  std::vector<uint8_t> masks;
  for (size_t i = 0; i < network.layers.size(); ++i) {
    const auto* dropout = std::get_if<network::Dropout>(&network.layers[i].kind);
    if (dropout == nullptr) continue;
    const int64_t size = images * (*shapes)[i].size();
    const size_t begin = masks.size();
    masks.resize(begin + static_cast<size_t>(size));
    backends::reference::dropout_mask(dropout->rate, materials.seed, step, static_cast<int>(i), 0, size, masks.data() + begin);
  }
  return masks;
}

}  // namespace trainmark::proof

// Dropout masks of one step, for workers that take them from a file: docs/protocol.md, "Dropout masks".
#pragma once

#include <cstdint>
#include <vector>

#include "workload/materials.hpp"

namespace trainmark::proof {

/// Whether the network draws anything at all.
bool has_dropout(const network::Network& network);

/// A byte per element, 1 where it is kept: (n, c, h, w) of every dropout layer, one behind the other.
std::vector<uint8_t> dropout_masks(const workload::Materials& materials, int64_t step);

}  // namespace trainmark::proof

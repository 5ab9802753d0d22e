// A network layer by layer: shapes, parameters, work and bytes, for `plan` and `list networks --verbose`.
#pragma once

#include <string>
#include <vector>

#include "network/network.hpp"

namespace trainmark::cli {

/// Rows for columns(): a head, a row for each layer, their sums. Work and bytes are those of one image in a training step,
/// forward and backward, without the update. The network must be valid.
std::vector<std::vector<std::string>> layer_table(const network::Network& network);

/// What the columns mean, one line.
std::string layer_table_legend();

}  // namespace trainmark::cli

// The network part of workload.json: every layer with its inputs by name, all attributes and its output's shape, and
// every tensor of the state with shape and initialiser.
#pragma once

#include <string_view>

#include "core/json.hpp"
#include "core/result.hpp"
#include "network/network.hpp"

namespace trainmark::workload {

/// The word that stands for the network's input in a layer's "inputs"; no layer may be called so.
inline constexpr std::string_view kInputWord = "input";

/// The network must be valid.
core::Json network_to_json(const network::Network& network);

/// Inverse of network_to_json; what can be derived ("output", "parameters") is checked. Errors name the layer and key.
core::Result<network::Network> network_from_json(const core::Json& json);

}  // namespace trainmark::workload

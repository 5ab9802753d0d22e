// Networks of the user's own in TOML: [network.NAME] with a list of layers. docs/networks.md is the contract.
//
// A layer becomes the same JSON object as in workload.json, over the defaults of its kind, and is read by layer_json: a
// kind that is added there can be written in TOML at once, with its attributes, their types and their spelling.
#pragma once

#include <toml++/toml.h>

#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "workload/own_network.hpp"

namespace trainmark::workload {

/// The networks under the key "network" of a file, in the file's order. Shapes are checked where the file gives 'input'.
/// Every error names file, line, what was expected and the nearest right spelling.
core::Result<std::vector<OwnNetwork>> read_networks(const toml::node& networks, std::string_view file);

}  // namespace trainmark::workload

// One layer's attributes as members of a JSON object, and back. A visitor per direction; every kind stands once in each.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/json.hpp"
#include "core/result.hpp"
#include "network/network.hpp"

namespace trainmark::workload {

/// Adds the attributes of `kind` to the object of its layer.
void put_attributes(core::Json& layer, const network::LayerKind& kind);

/// Reads the attributes of the kind called `kind_name`; `where` names the layer in errors.
core::Result<network::LayerKind> get_attributes(const core::Json& layer, std::string_view kind_name, std::string_view where);

/// Names of all kinds, in the order of LayerKind.
const std::vector<std::string>& layer_kind_names();

/// A layer of that kind with the default attributes. The name must be one of layer_kind_names().
const network::LayerKind& default_layer(std::string_view kind_name);

/// {"kind": "he_normal", "scale": 0}
core::Json to_json(const network::Initialiser& initialiser);

}  // namespace trainmark::workload

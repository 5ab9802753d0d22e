// The networks that trainmark knows by name; one small file per family under zoo_*.cpp.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "network/network.hpp"

namespace trainmark::network {

/// All networks of the zoo, in the order in which they are listed.
const std::vector<Network>& zoo();

/// Their names, in that order.
std::vector<std::string> network_names();

/// The network of that name. Error: unknown name, with the nearest right one and the whole list.
core::Result<Network> find_network(std::string_view name);

/// Families.
std::vector<Network> mnist_mlps();
std::vector<Network> mnist_cnns();

}  // namespace trainmark::network

// The networks that trainmark knows by name; one small file per family under zoo_*.cpp.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "network/network.hpp"

namespace trainmark::network {

/// All networks of the zoo that are trained, in the order in which they are listed.
const std::vector<Network>& zoo();

/// What else can be run by name: a search for nearest neighbours has an input and classes, but no layers.
const std::vector<Network>& searches();

/// The names of both, in that order.
std::vector<std::string> network_names();

/// The network or search of that name. Error: unknown name, with the nearest right one and the whole list.
core::Result<Network> find_network(std::string_view name);

/// Families.
std::vector<Network> mnist_mlps();
std::vector<Network> mnist_cnns();

}  // namespace trainmark::network

// The list of families, and the search by name.
#include "network/zoo.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/suggest.hpp"

namespace trainmark::network {

const std::vector<Network>& zoo() {
  static const std::vector<Network> kAll = [] {
    std::vector<Network> all;
    for (auto family : {mnist_mlps, mnist_cnns}) {
      for (Network& network : family()) all.push_back(std::move(network));
    }
    return all;
  }();
  return kAll;
}

const std::vector<Network>& searches() {
  static const std::vector<Network> kAll = {{"mnist-knn", "k-nearest neighbours (k = 5, brute force), study speed-and-power", {1, 28, 28}, 10, {}}};
  return kAll;
}

std::vector<std::string> network_names() {
  std::vector<std::string> names;
  for (const Network& network : zoo()) names.push_back(network.name);
  for (const Network& search : searches()) names.push_back(search.name);
  return names;
}

core::Result<Network> find_network(std::string_view name) {
  for (const auto* all : {&zoo(), &searches()}) {
    for (const Network& network : *all) {
      if (network.name == name) return network;
    }
  }
  const std::vector<std::string> names = network_names();
  return core::usage_error(fmt::format("there is no network '{}'{}; known are {}", name, core::did_you_mean(name, names), fmt::join(names, ", ")));
}

}  // namespace trainmark::network

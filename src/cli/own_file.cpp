// Names are looked for in the zoo first: a file cannot redefine a network of the program.
#include "cli/own_file.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>

#include "core/suggest.hpp"
#include "network/zoo.hpp"

namespace trainmark::cli {

using core::Result;
using core::usage_error;

Result<workload::Study> read_own_file(const std::string& path) {
  if (path.empty()) return workload::Study{};
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored)) return usage_error(fmt::format("--file: there is no file '{}'", path));
  return workload::find_study(path);
}

bool in_zoo(const std::string& name) { return network::find_network(name).ok(); }

std::optional<workload::OwnNetwork> find_own(const workload::Study& file, const std::string& name) {
  const auto found = std::find_if(file.networks.begin(), file.networks.end(), [&](const auto& own) { return own.network.name == name; });
  return found == file.networks.end() ? std::nullopt : std::optional<workload::OwnNetwork>(*found);
}

Result<std::vector<network::Network>> find_networks(const std::string& subject, const std::string& file) {
  std::error_code ignored;
  const bool is_file = file.empty() && !in_zoo(subject) && std::filesystem::is_regular_file(subject, ignored);
  const auto study = is_file ? workload::find_study(subject) : read_own_file(file);
  if (!study) return study.error();
  if (is_file && study->networks.empty()) return usage_error(fmt::format("'{}' defines no network; a network begins with [network.NAME]", subject));
  std::vector<network::Network> found;
  std::vector<std::string> names;
  for (const workload::OwnNetwork& own : study->networks) {
    names.push_back(own.network.name);
    if (!is_file && own.network.name != subject) continue;
    auto network = workload::network_for(own);
    if (!network) return network.error();
    found.push_back(std::move(*network));
  }
  for (const network::Network& n : network::zoo()) {
    names.push_back(n.name);
    if (n.name == subject) found.push_back(n);
  }
  for (const network::Network& n : network::searches()) {
    names.push_back(n.name);
    if (n.name == subject)
      return usage_error(
          fmt::format("'{}' has no plan: nearest neighbours have neither layers nor parameters; 'trainmark run {}' measures them", subject, subject));
  }
  if (!found.empty()) return found;
  return usage_error(fmt::format("there is no network '{}'{}; known are {}", subject, core::did_you_mean(subject, names), fmt::join(names, ", ")));
}

}  // namespace trainmark::cli

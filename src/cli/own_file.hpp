// What --file and study files bring: networks and workers of the user's own, beside those of the program.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "workload/study.hpp"

namespace trainmark::cli {

/// The study at `path`, or one that brings nothing when `path` is empty.
core::Result<workload::Study> read_own_file(const std::string& path);

/// Whether the zoo has a network of that name.
bool in_zoo(const std::string& name);

/// A network of the zoo or of the file; or, where `subject` is a TOML file, all networks of that. Usage error: none.
core::Result<std::vector<network::Network>> find_networks(const std::string& subject, const std::string& file);

/// The definition of a network of the file.
std::optional<workload::OwnNetwork> find_own(const workload::Study& file, const std::string& name);

}  // namespace trainmark::cli

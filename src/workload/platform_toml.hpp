// The platforms of a study file: [[platform]] with a name each, or [platform.NAME]; a 'command' brings a worker of the
// user's own. docs/networks.md is the contract.
#pragma once

#include <toml++/toml.h>

#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "workload/study.hpp"

namespace trainmark::workload {

/// The platforms under the key "platform" of a file, in the file's order. [platform.NAME] may follow [[platform]].
core::Result<std::vector<PlatformChoice>> read_platforms(const toml::node& platforms, std::string_view file);

/// Words of a command as a shell would split them: blanks separate, '...' and "..." hold together, a backslash takes
/// the next character as it is (within "..." only before " and \). Nothing is expanded. Usage error: an open quote.
core::Result<std::vector<std::string>> split_command(std::string_view command);

}  // namespace trainmark::workload

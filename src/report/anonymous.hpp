// Reports that may be shown to anybody: without host, user and paths.
#pragma once

#include <string>
#include <vector>

#include "core/json.hpp"

namespace trainmark::report {

/// The text without what names somebody: absolute paths and those of home folders become "[path]", the host's name "[host]". Paths below
/// /proc, /sys and /dev are the same everywhere and stay.
std::string anonymous_text(const std::string& text, const std::string& host);

/// Every cell of a table.
void make_anonymous(std::vector<std::vector<std::string>>& rows);

/// The same for every text in it; keys stay.
core::Json anonymous_json(core::Json json, const std::string& host);

/// An environment as trial::environment makes it, without its host.
core::Json anonymous_environment(core::Json environment);

/// The host's name in an environment; "" when it has none.
std::string host_of(const core::Json& environment);

}  // namespace trainmark::report

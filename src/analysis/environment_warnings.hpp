// What about a machine may make its times wrong, in sentences, from the environment that a run recorded.
#pragma once

#include <string>
#include <vector>

#include "core/json.hpp"

namespace trainmark::analysis {

/// Warnings for workers of `threads` threads, which run on the first so many of the allowed CPUs. `environment` as trial::environment
/// makes it; what it does not tell gives no warning.
std::vector<std::string> environment_warnings(const core::Json& environment, int threads);

}  // namespace trainmark::analysis

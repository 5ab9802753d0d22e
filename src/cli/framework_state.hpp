// The platform of a framework in a few words, for lists.
#pragma once

#include <string>

#include "platforms/readiness.hpp"

namespace trainmark::cli {

/// Its versions when it is ready; else what is missing, and what would help.
std::string framework_state(const platforms::Readiness& ready);

}  // namespace trainmark::cli

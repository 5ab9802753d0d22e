// Ceilings as tables for people.
#pragma once

#include <string>

#include "ceilings/ceilings.hpp"

namespace trainmark::cli {

/// Arithmetic, bandwidth by level, the sweep where there is one, core-to-core latency, and what could not be had.
std::string ceilings_text(const ceilings::Ceilings& ceilings);

}  // namespace trainmark::cli

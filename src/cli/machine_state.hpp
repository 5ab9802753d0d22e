// What ceilings hang on: when any of it changes, they are measured again.
#pragma once

#include "core/json.hpp"

namespace trainmark::cli {

/// CPU model, microcode, CPUs that we may use, governor, kernel, and the version of trainmark.
core::Json machine_state();

}  // namespace trainmark::cli

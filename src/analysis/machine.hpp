// What the machine of a run is called in a sentence.
#pragma once

#include <string>

#include "core/json.hpp"

namespace trainmark::analysis {

/// The user's label, else the host's name, else the processor's, else "an unnamed machine". `environment`: of a RunRecord.
std::string machine_name(const core::Json& environment);

/// "cloud, 4 vCPU (AMD EPYC 7B13)": the same with the processor, where both are known and differ.
std::string machine_text(const core::Json& environment);

/// The commit that the program was built from; "" when it is unknown.
std::string commit_of(const core::Json& environment);

}  // namespace trainmark::analysis

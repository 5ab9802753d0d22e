// Energy and memory of a platform, and the counters of a run, as JSON; docs/report.schema.json is the contract.
#pragma once

#include "analysis/comparison.hpp"
#include "core/json.hpp"

namespace trainmark::report {

/// Null when the run is from before energy was measured.
core::Json energy_json(const analysis::PlatformResult& platform);

/// By phase, over blocks and by component.
core::Json memory_json(const analysis::PlatformResult& platform);

/// Adds what `provenance` says of these figures.
void add_resource_provenance(core::Json& provenance);

}  // namespace trainmark::report

// The reference as an engine: the oracle that the proof compares others with, and a slow but honest platform itself.
#pragma once

#include <memory>

#include "backends/backend.hpp"

namespace trainmark::backends::reference {

/// dtype "float64" (also "") or "float32": the same loops in either. `isa` has no choice to offer and is ignored: the
/// results are the same to the bit on every instruction set, and the best one of the machine is used.
/// Errors: unknown dtype, threads below 1.
core::Result<std::unique_ptr<Engine>> create_engine(const EngineOptions& options);

BackendInfo info();

}  // namespace trainmark::backends::reference

// The native CPU engine: a static plan in stages, kernels for the machine's instruction set, one pool of threads.
#pragma once

#include <memory>

#include "backends/backend.hpp"

namespace trainmark::backends::cpu {

/// dtype "float32" (also ""). Errors: another dtype, an instruction set that is unknown or that this machine lacks,
/// threads below 1.
core::Result<std::unique_ptr<Engine>> create_engine(const EngineOptions& options);

BackendInfo info();

}  // namespace trainmark::backends::cpu

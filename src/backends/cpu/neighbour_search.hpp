// The engine cpu's search for nearest neighbours as the native worker sees it.
#pragma once

#include <memory>

#include "backends/cpu/neighbours.hpp"
#include "backends/neighbours.hpp"

namespace trainmark::backends::cpu {

/// dtype has no choice to offer: distances are integers. Errors: unknown instruction set, threads below 1.
core::Result<std::unique_ptr<NeighbourSearch>> create_neighbours(const EngineOptions& options);

/// With a kernel of neighbour_kernels().
std::unique_ptr<NeighbourSearch> make_search(const NeighbourKernel& kernel, int threads);

}  // namespace trainmark::backends::cpu

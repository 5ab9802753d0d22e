// What engines and searches for neighbours are asked for, and what they say of their memory.
#pragma once

#include <cstdint>
#include <string>

#include "data/pixel_statistics.hpp"

namespace trainmark::backends {

struct EngineOptions {
  int threads = 1;
  std::string isa;                ///< "" = the best of the machine; else one of isas()
  std::string dtype = "float32";  ///< "float32" or "float64"
  data::PixelStatistics pixels;   ///< of the samples to come, where known: kernels may skip the background. Others are as right, and slower
};

/// Bytes by component; what an engine does not have is 0.
struct MemoryUse {
  int64_t parameters = 0, optimiser_state = 0, input = 0, activations = 0, gradients = 0, workspace = 0;
};

}  // namespace trainmark::backends

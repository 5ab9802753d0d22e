// From a plan with stages and offsets to operations with addresses.
#pragma once

#include <vector>

#include "backends/cpu/kernels.hpp"
#include "backends/cpu/state.hpp"
#include "core/result.hpp"

namespace trainmark::backends::cpu {

/// Operations of one stage, in execution order, beside the plan's stage.
struct BoundStage {
  plan::Axis axis = plan::Axis::kWhole;
  int64_t chunk = 0;
  std::vector<plan::Task> tasks;
  std::vector<BoundOp> ops;
  std::vector<int> numbers;  ///< of the operations in the plan
  bool last_pass = false;    ///< runs only in the last pass of a step
};

/// The plan comes from engine_plan; `arena` has its arena_bytes. Error: no kernel for an operation.
core::Result<std::vector<BoundStage>> bind(const plan::Plan& plan, const State& state, const Kernels& kernels, const data::PixelStatistics& pixels,
                                           uint8_t* arena);

}  // namespace trainmark::backends::cpu

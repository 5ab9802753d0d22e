// Where the time of a step goes, operation by operation, on a native engine: plain and profiled steps in turn, with the
// machine's ceilings measured between them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "backends/backend.hpp"
#include "core/result.hpp"
#include "workload/materials.hpp"

namespace trainmark::worker {

/// One operation of the engine's plan. Times are medians over the profiled steps.
struct OperationProfile {
  std::string name, kernel;
  plan::Phase phase = plan::Phase::kForward;
  double time_ns = 0;            ///< of all threads together
  int64_t flops = 0;             ///< executed ones of those counted by shape: convolutions and dense layers, a multiply-add is two
  double executed_share = 1;     ///< of those counted
  int64_t compulsory_bytes = 0;  ///< every input read once, every output written once
};

struct StepProfile {
  int threads = 1;
  int64_t steps = 0;                         ///< profiled ones, and as many plain ones
  double plain_ns = 0;                       ///< median time of a step
  double profiled_ns = 0;                    ///< the same while operations are timed: the difference is what that costs
  double peak_gflops = 0;                    ///< float32 multiply-adds on all threads, measured between the steps; 0: not measured
  double cache_gbs = 0;                      ///< in-place update within 256 KB per thread
  double memory_gbs = 0;                     ///< the same within 64 MB per thread
  std::vector<OperationProfile> operations;  ///< in the order of the engine's plan
  plan::Plan plan;                           ///< the engine's
};

/// Runs steps of the training for about `seconds`, from its first step on. Errors: the engine cannot be made or compiled.
core::Result<StepProfile> profile_steps(const workload::Materials& materials, const backends::BackendInfo& info, const backends::EngineOptions& options,
                                        double seconds);

}  // namespace trainmark::worker

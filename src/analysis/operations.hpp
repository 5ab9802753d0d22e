// Where the time of a step goes on one platform, as its first trial was asked (docs/store.md, "operations").
#pragma once

#include <string>
#include <vector>

#include "store/run_data.hpp"
#include "worker/operations.hpp"

namespace trainmark::analysis {

/// Either parts, or the reason why there are none.
struct Operations {
  worker::StepOperations step;
  int64_t steps = 0;   ///< that were taken apart
  std::string reason;  ///< "" when there are parts
  double overhead() const { return step.plain_ns > 0 ? step.step_ns / step.plain_ns - 1 : 0; }
};

/// The last such reading of these trials; none: nobody asked.
std::optional<Operations> operations_of(const std::vector<const store::TrialData*>& trials);

/// Time of a step in an operation, in ns; of all layers. `operation` "": of all operations; `phase` "": of all phases.
double time_in(const Operations& operations, const std::string& operation, const std::string& phase);

}  // namespace trainmark::analysis

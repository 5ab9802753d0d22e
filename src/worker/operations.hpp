// Where the time of a step goes, in one vocabulary for every platform, so that platforms lie side by side.
//
// The vocabulary is closed: a worker that names an operation or a phase that is not in it makes a mistake of the protocol, because its
// time would stand in no column. What a platform fuses into a product is counted with the product, since nobody could divide it.
// docs/protocol.md, "operations", has what each word covers.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.hpp"
#include "plan/op.hpp"

namespace trainmark::worker {

/// One of the words of hello's `abilities`: this worker answers `operations`.
inline constexpr const char* kOperationsAbility = "operations";

/// All operations, in the order in which tables show them.
const std::vector<std::string>& operation_words();
/// "forward", "backward", "update".
const std::vector<std::string>& phase_words();

/// The word for an operation of a native plan.
std::string_view operation_word(plan::OpKind kind);

/// Part of a step.
struct OperationTime {
  std::string operation, phase;  ///< of the vocabulary
  std::string layer;             ///< of the network; "": of none, or not known
  double time_ns = 0;            ///< of a step: parts and the rest sum to it, so several threads at once count once
  double calls = 0;              ///< of a step
};

/// What a worker tells of the steps that it was asked to take apart.
struct StepOperations {
  std::vector<OperationTime> parts;
  double step_ns = 0;   ///< of a step while its operations are timed: what the parts are parts of
  double plain_ns = 0;  ///< of the same steps while nothing is timed: the difference is what the timing costs
  double rest_ns() const;
};

/// The parts as a list of {"operation", "phase", "layer" (null: none), "time_ns", "calls"}: what answers, readings and reports hold.
core::Json to_json(const std::vector<OperationTime>& parts);

}  // namespace trainmark::worker

#include "analysis/operations.hpp"

#include "worker/answers.hpp"

namespace trainmark::analysis {
namespace {

// A stored figure is judged as a worker's answer is: it has the same members.
Operations read(const core::Json& figures) {
  Operations result;
  const auto reason = core::get_or<std::string>(figures, "reason", "", "a reading");
  if (reason && !reason->empty()) {
    result.reason = *reason;
    return result;
  }
  auto step = worker::read_operations(figures);
  if (!step) {
    result.reason = step.failure().message;
    return result;
  }
  result.step = std::move(*step);
  if (const auto steps = core::get_or<int64_t>(figures, "steps", 0, "a reading")) result.steps = *steps;
  return result;
}

}  // namespace

std::optional<Operations> operations_of(const std::vector<const store::TrialData*>& trials) {
  std::optional<Operations> last;
  for (const store::TrialData* trial : trials) {
    for (const trial::ReadingRecord& reading : trial->readings) {
      if (reading.kind == trial::kOperationsReading) last = read(reading.figures);
    }
  }
  return last;
}

double time_in(const Operations& operations, const std::string& operation, const std::string& phase) {
  double sum_ns = 0;
  for (const worker::OperationTime& part : operations.step.parts) {
    if ((operation.empty() || part.operation == operation) && (phase.empty() || part.phase == phase)) sum_ns += part.time_ns;
  }
  return sum_ns;
}

}  // namespace trainmark::analysis

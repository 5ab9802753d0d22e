// The closed forms of PyTorch's schedulers.
#include "plan/schedule.hpp"

#include <cmath>
#include <iterator>
#include <numbers>

#include "core/check.hpp"

namespace trainmark::plan {

std::string_view schedule_name(Schedule::Kind kind) {
  static constexpr std::string_view kNames[] = {"constant", "step", "cosine"};
  static_assert(std::size(kNames) == static_cast<size_t>(Schedule::Kind::kCosine) + 1);
  return kNames[static_cast<size_t>(kind)];
}

double learning_rate_at(const Schedule& schedule, double rate, int64_t step) {
  CHECK(step >= 0 && (schedule.kind == Schedule::Kind::kConstant || schedule.period > 0), "a schedule needs a step and a period");
  if (step < schedule.warm_up) {
    return rate * (schedule.warm_up_start + (1 - schedule.warm_up_start) * static_cast<double>(step) / static_cast<double>(schedule.warm_up));
  }
  const int64_t after = step - schedule.warm_up;
  switch (schedule.kind) {
    case Schedule::Kind::kConstant:
      return rate;
    case Schedule::Kind::kStep:
      return rate * std::pow(schedule.gamma, static_cast<double>(after / schedule.period));
    case Schedule::Kind::kCosine: {
      const double angle = std::numbers::pi * static_cast<double>(after) / static_cast<double>(schedule.period);
      return schedule.minimum + (rate - schedule.minimum) * (1 + std::cos(angle)) / 2;
    }
  }
  CHECK(false, "unknown schedule");
}

}  // namespace trainmark::plan

// Schedules: the learning rate of every step, as a pure function of its number.
#pragma once

#include <cstdint>
#include <string_view>

namespace trainmark::plan {

/// Steps are counted over the whole training. The first `warm_up` steps rise in a line from warm_up_start times the rate;
/// after them, u = step - warm_up:
///   constant  rate
///   step      rate gamma^(u / period), rounded down
///   cosine    minimum + (rate - minimum) (1 + cos(pi u / period)) / 2
/// PyTorch: StepLR(period, gamma), CosineAnnealingLR(period, minimum), each stepped after every step of the optimiser, behind
/// LinearLR(warm_up_start, 1, warm_up) in a SequentialLR.
struct Schedule {
  enum class Kind : uint8_t { kConstant, kStep, kCosine };
  Kind kind = Kind::kConstant;
  int64_t period = 0;        ///< step, cosine: in steps, at least 1
  double gamma = 0.1;        ///< step
  double minimum = 0;        ///< cosine
  int64_t warm_up = 0;       ///< steps; 0: none
  double warm_up_start = 0;  ///< of the rate, in [0, 1]

  bool operator==(const Schedule&) const = default;
};

/// "constant", "step", "cosine"
std::string_view schedule_name(Schedule::Kind kind);

/// The learning rate of step `step`, from 0 on; `rate` is the optimiser's.
double learning_rate_at(const Schedule& schedule, double rate, int64_t step);

}  // namespace trainmark::plan

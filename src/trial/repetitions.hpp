// When an experiment has enough repetitions: what the stop rule knows of finished trials, and the record of what ended them.
//
// A platform counts as the report ranks it: all its finished trials verified, and as many steps as the others. Its time of a process is the median of the
// process's undisturbed timed blocks, of all where none was undisturbed.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "trial/records.hpp"

namespace trainmark::trial {

/// Of one trial's timed blocks, ns a step.
struct StepTimes {
  std::vector<double> calm, disturbed;
};

void add_step_time(const BlockRecord& block, StepTimes& times);

/// A finished trial, as far as the stop rule looks.
struct MeasuredTrial {
  std::string platform;
  double step_ns = 0;  ///< NaN: no timed block
  bool verified = false;
  int64_t planned_steps = 0;
};

MeasuredTrial measured_trial(const std::string& platform, const StepTimes& times, const std::string& verdict, int64_t planned_steps);

/// Half the width of the 95 % interval of each ranked platform's median step, as a fraction. Null: fewer processes than a claim needs.
using HalfWidths = std::map<std::string, std::optional<double>>;
HalfWidths half_widths(const std::vector<MeasuredTrial>& trials);

/// Whether every ranked platform's is at most `precision`; false when none is ranked.
bool is_enough(const HalfWidths& widths, double precision);

}  // namespace trainmark::trial

// What counters gave in the timed blocks of a platform's finished trials, block by block as it was recorded.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "analysis/energy_belief.hpp"
#include "store/run_data.hpp"

namespace trainmark::analysis {

/// One trial that counts: its record of energy, and its timed blocks by their index.
struct MeasuredTrial {
  const store::TrialData* trial = nullptr;
  const core::Json* figures = nullptr;
  std::map<int64_t, const trial::BlockRecord*> blocks;  ///< that head the figures: those of undisturbed rounds where there are any
  double repetition_s = 0;                              ///< time of all planned steps
};

/// The finished trials whose energy was recorded.
std::vector<MeasuredTrial> measured_trials(const std::vector<const store::TrialData*>& trials);

/// What a counter gave over the blocks of a trial.
CounterSum sum_of(const MeasuredTrial& trial, const EnergyCounter& counter);
CounterSum operator+(CounterSum a, const CounterSum& b);

/// Mean power over the plausible blocks.
double watts_of(const CounterSum& sum);

/// Share of the blocks' time with a kernel running, mean over these devices; nothing when no block has one.
std::optional<double> kernel_time_share(const std::vector<MeasuredTrial>& trials, const std::vector<int64_t>& devices);

}  // namespace trainmark::analysis

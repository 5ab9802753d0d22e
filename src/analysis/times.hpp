// Step times as statistics take them: one vector per repetition with one entry per round, so that ratios pair what ran side by side.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "analysis/comparison.hpp"
#include "trial/repetitions.hpp"

namespace trainmark::analysis {

using Times = std::vector<std::vector<double>>;  // [repetition][round], ns a step; NaN: none
using Trials = std::vector<const store::TrialData*>;

/// The trials of a workload that count, with its number of threads.
std::map<std::string, Trials> trials_by_platform(const store::RunData& data, const WorkloadResult& result);
Trials trials_of(const store::RunData& data, const WorkloadResult& result, const std::string& platform);

/// Times of timed blocks of finished trials; disturbed rounds are left out unless asked for.
Times step_times(const Trials& trials, bool with_disturbed);

/// The times that headlines use: undisturbed rounds, or all where nothing else is left.
Times headline_times(const Trials& trials);

/// What the stop rule knows of a trial: the median step of its undisturbed blocks, of all where none is undisturbed.
trial::MeasuredTrial measured_trial(const store::TrialData& trial);

/// Of all trials that an earlier execution of a run has finished, by their keys.
std::map<std::string, trial::MeasuredTrial> measured_trials(const store::RunData& data);

}  // namespace trainmark::analysis

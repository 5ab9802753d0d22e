// What the store gives back: the records of one run, sorted to the trials that they belong to. Plain data; the analysis
// is a pure function of it.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "trial/records.hpp"

namespace trainmark::store {

/// A trial with everything that was recorded of it, in the order of writing. Without an outcome it was cut off.
struct TrialData {
  trial::TrialRecord trial;
  std::optional<trial::PreparationRecord> preparation;
  std::optional<trial::WarmStartRecord> warm_start;
  std::vector<trial::BlockRecord> blocks;
  std::vector<trial::EvaluationRecord> evaluations;
  std::optional<trial::VerdictRecord> verdict;
  std::optional<trial::OutcomeRecord> outcome;
  std::vector<trial::ReadingRecord> readings;
};

struct RunData {
  trial::RunRecord run;
  std::vector<trial::WorkloadRecord> workloads;  ///< those of its trials, in the order of first use
  std::vector<TrialData> trials;
  std::vector<trial::SkipRecord> skips;        ///< the last one of each platform
  std::vector<trial::ReadingRecord> readings;  ///< that belong to no trial
  std::vector<trial::RunEndRecord> ends;       ///< one per execution; several when the run was resumed; none when it was killed
};

/// What a resumed run needs to know about the run that it continues. It goes on under the same run id.
struct ResumePoint {
  trial::RunRecord run;
  std::set<std::string> finished_keys;         ///< trials that need not run again: all outcomes but interrupted and abandoned
  std::vector<trial::TrialRecord> unfinished;  ///< trials without an outcome: to be marked abandoned, their blocks stay
  bool complete = false;                       ///< the last execution ended by itself
};

}  // namespace trainmark::store

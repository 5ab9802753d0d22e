// What came of the trainings of a platform, repetition by repetition. Finished trials only.
#pragma once

#include <cstdint>
#include <map>

#include "analysis/times.hpp"

namespace trainmark::analysis {

/// Repetition -> seconds of one training: median step (over undisturbed blocks where there are any) times the planned steps. Start,
/// compiling, evaluation and proof are not in it.
std::map<int64_t, double> training_seconds(const Trials& trials);

/// Repetition -> accuracy of the last evaluation, a fraction; of trials that were evaluated.
std::map<int64_t, double> final_accuracies(const Trials& trials);

}  // namespace trainmark::analysis

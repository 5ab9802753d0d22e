// How long the trainings of a platform took, repetition by repetition.
#pragma once

#include <cstdint>
#include <map>

#include "analysis/times.hpp"

namespace trainmark::analysis {

/// Repetition -> seconds of one training, of finished trials: median step (over undisturbed blocks where there are any) times the planned steps. Start,
/// compiling, evaluation and proof are not in it.
std::map<int64_t, double> training_seconds(const Trials& trials);

}  // namespace trainmark::analysis

// Optimisers and trainings that kernels of updates are tested with.
#pragma once

#include <vector>

#include "plan/training.hpp"

namespace trainmark::backends::cpu {

inline plan::Optimiser sgd(double momentum = 0, double decay = 0, bool nesterov = false) {
  plan::Optimiser o;
  o.momentum = momentum;
  o.weight_decay = decay;
  o.nesterov = nesterov;
  return o;
}

inline plan::Optimiser adaptive(plan::Optimiser::Kind kind, double decay = 0, double momentum = 0) {
  plan::Optimiser o;
  o.kind = kind;
  o.weight_decay = decay;
  o.momentum = momentum;
  return o;
}

inline std::vector<plan::Optimiser> all_optimisers() {
  using Kind = plan::Optimiser::Kind;
  return {sgd(),
          sgd(0.9, 0.01, true),
          adaptive(Kind::kAdam),
          adaptive(Kind::kAdam, 0.02),
          adaptive(Kind::kAdamW, 0.05),
          adaptive(Kind::kRmsprop),
          adaptive(Kind::kRmsprop, 0.02, 0.8)};
}

// Everything that a training may ask for, one after the other and together.
inline std::vector<plan::Training> all_trainings() {
  std::vector<plan::Training> all;
  for (const plan::Optimiser& optimiser : all_optimisers()) all.emplace_back(optimiser);
  for (const plan::Optimiser& optimiser : {sgd(), sgd(0.9), adaptive(plan::Optimiser::Kind::kAdam)}) {
    plan::Training smoothed(optimiser), squared(optimiser), clipped(optimiser), not_clipped(optimiser), passes(optimiser);
    not_clipped.clip_norm = 1e4;
    smoothed.loss.label_smoothing = 0.1;
    squared.loss.kind = plan::Loss::Kind::kMeanSquaredError;
    clipped.clip_norm = 0.2;
    passes.passes = 2;
    plan::Training together = passes;
    together.clip_norm = 0.2;
    together.loss.label_smoothing = 0.3;
    for (const plan::Training& training : {smoothed, squared, clipped, not_clipped, passes, together}) all.push_back(training);
  }
  return all;
}

}  // namespace trainmark::backends::cpu

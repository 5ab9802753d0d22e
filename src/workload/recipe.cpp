// What a recipe means for a step, and what no recipe may say.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "workload/workload.hpp"

namespace trainmark::workload {
namespace {

using plan::Optimiser;
using plan::Schedule;

using Problem = std::optional<std::string>;

// [low, high), and finite.
Problem outside(const char* key, double value, double low, double high) {
  if (value >= low && value < high) return std::nullopt;
  if (std::isinf(high)) return fmt::format("'{}' must be a finite number of at least {}, not {}", key, low, value);
  return fmt::format("'{}' must be at least {} and below {}, not {}", key, low, high, value);
}

Problem find_problem(const Optimiser& o) {
  if (auto p = outside("learning_rate", o.learning_rate, 0, HUGE_VAL)) return p;
  if (auto p = outside("momentum", o.momentum, 0, 1e9)) return p;
  if (auto p = outside("weight_decay", o.weight_decay, 0, HUGE_VAL)) return p;
  if (auto p = outside("beta1", o.beta1, 0, 1)) return p;
  if (auto p = outside("beta2", o.beta2, 0, 1)) return p;
  if (auto p = outside("alpha", o.alpha, 0, 1)) return p;
  if (o.kind != Optimiser::Kind::kSgd && !(o.epsilon > 0 && std::isfinite(o.epsilon)))
    return fmt::format("'epsilon' must be a finite number above 0, not {}", o.epsilon);
  return std::nullopt;
}

Problem find_problem(const Schedule& s) {
  if (s.kind != Schedule::Kind::kConstant && s.period < 1) return fmt::format("'period' of a schedule must be at least 1 step, not {}", s.period);
  if (auto p = outside("gamma", s.gamma, 0, HUGE_VAL)) return p;
  if (auto p = outside("minimum", s.minimum, 0, HUGE_VAL)) return p;
  if (s.warm_up < 0) return fmt::format("'warm_up' must be 0 (none) or more steps, not {}", s.warm_up);
  if (!(s.warm_up_start >= 0 && s.warm_up_start <= 1)) return fmt::format("'warm_up_start' must be from 0 to 1, not {}", s.warm_up_start);
  return std::nullopt;
}

}  // namespace

Problem find_problem(const Recipe& recipe) {
  if (auto p = find_problem(recipe.optimiser)) return p;
  if (auto p = find_problem(recipe.schedule)) return p;
  if (auto p = outside("label_smoothing", recipe.loss.label_smoothing, 0, 1)) return p;
  if (recipe.loss.kind != plan::Loss::Kind::kSoftmaxCrossEntropy && recipe.loss.label_smoothing != 0)
    return fmt::format("'label_smoothing' belongs to softmax_cross_entropy; with {} it must be 0, not {}", plan::loss_name(recipe.loss.kind),
                       recipe.loss.label_smoothing);
  if (auto p = outside("clip_norm", recipe.clip_norm, 0, HUGE_VAL)) return p;
  if (recipe.passes < 1 || recipe.passes > kMostSamples) return fmt::format("'passes' must be from 1 to {}, not {}", kMostSamples, recipe.passes);
  if (recipe.batch_size < 0 || recipe.batch_size > kMostSamples)
    return fmt::format("'batch_size' must be from 0 (full batch) to {}, not {}", kMostSamples, recipe.batch_size);
  if (recipe.epochs < 1 || recipe.epochs > kMaxEpochs) return fmt::format("'epochs' must be from 1 to {}, not {}", kMaxEpochs, recipe.epochs);
  if (recipe.max_batches < 0 || recipe.max_batches > kMostSamples)
    return fmt::format("'max_batches' must be from 0 (all) to {}, not {}", kMostSamples, recipe.max_batches);
  if (recipe.divide_by == 0) return "'divide_by' must not be 0";
  for (const double deviation : recipe.deviation) {
    if (deviation == 0) return "no 'deviation' may be 0";
  }
  return std::nullopt;
}

Problem find_problem(const Neighbours& neighbours, int64_t train_count) {
  if (neighbours.k >= 1 && neighbours.k <= std::min(train_count, kMostNeighbours)) return std::nullopt;
  return fmt::format("'k' of neighbours must be from 1 to {}, of {} training samples, not {}", std::min(train_count, kMostNeighbours), train_count,
                     neighbours.k);
}

core::Result<void> check_passes(const Workload& workload) {
  const Recipe& recipe = workload.recipe;
  for (const int64_t batch : data::distinct_batch_sizes(epoch_count(workload), recipe.batch_size, recipe.last_batch)) {
    if (batch % recipe.passes == 0) continue;
    return core::usage_error(
        fmt::format("'passes' is {}, but a batch has {} samples, which cannot be divided into as many equal parts; choose another batch "
                    "size, or drop or pad the last batch",
                    recipe.passes, batch));
  }
  return {};
}

plan::Training training_of(const Recipe& recipe) {
  plan::Training training(recipe.optimiser);
  training.loss = recipe.loss;
  training.clip_norm = recipe.clip_norm;
  training.passes = recipe.passes;
  return training;
}

double learning_rate_at(const Recipe& recipe, int64_t step) { return plan::learning_rate_at(recipe.schedule, recipe.optimiser.learning_rate, step); }

}  // namespace trainmark::workload

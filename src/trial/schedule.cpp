// The schedule's arithmetic.
#include "trial/schedule.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/check.hpp"
#include "core/philox.hpp"

namespace trainmark::trial {
namespace {
constexpr int64_t kMostEvaluations = 50;
constexpr uint64_t kRoundStream = 0x726f756e64;  // "round": keeps these draws apart from other uses of the seed
}  // namespace

int64_t planned_steps(int64_t total_steps, double share) {
  const double wanted = std::ceil(static_cast<double>(total_steps) * share - 1e-9);
  return std::clamp(static_cast<int64_t>(wanted), int64_t{1}, total_steps);
}

int64_t epochs_between_evaluations(int64_t epochs) { return std::max<int64_t>(1, (epochs + kMostEvaluations - 1) / kMostEvaluations); }

int64_t segment_end(int64_t step, const Progression& progression) {
  const int64_t length = progression.steps_per_epoch * epochs_between_evaluations(progression.epochs);
  return std::min(progression.planned_steps, (step / length + 1) * length);
}

Turn next_turn(int64_t step, const Progression& progression, double step_ns, const BlockLengths& lengths) {
  const int64_t remaining = segment_end(step, progression) - step;
  CHECK(remaining > 0, "a trial that has finished has no next turn");
  const double step_s = std::max(step_ns, 1.0) * 1e-9;
  const double blocks = std::max(1.0, std::round(static_cast<double>(remaining) * step_s / lengths.aim_s));
  const int64_t total = std::clamp(static_cast<int64_t>(std::ceil(static_cast<double>(remaining) / blocks)), int64_t{1}, remaining);
  const double wanted = std::min(std::ceil(lengths.rewarm_s / step_s), static_cast<double>(std::max<int64_t>(1, total / 10)));
  const int64_t rewarm = std::min(static_cast<int64_t>(wanted), total - 1);
  return {rewarm, total - rewarm};
}

std::vector<int> round_order(int count, uint64_t seed, int64_t round) {
  std::vector<int> order(static_cast<size_t>(count));
  std::iota(order.begin(), order.end(), 0);
  core::Philox random(seed, kRoundStream + (static_cast<uint64_t>(round) << 40));
  for (int i = count - 1; i > 0; --i) std::swap(order[static_cast<size_t>(i)], order[random.below(static_cast<uint32_t>(i) + 1)]);
  return order;
}

int64_t warm_up_chunk(double step_ns) { return std::clamp(static_cast<int64_t>(50e6 / std::max(step_ns, 1.0)), int64_t{1}, int64_t{100}); }

std::vector<int64_t> edge_targets(const Progression& progression) {
  const int64_t planned = progression.planned_steps;
  std::vector<int64_t> targets = {std::min(progression.steps_per_epoch, planned), planned / 2, planned * 3 / 4, planned};
  std::erase_if(targets, [](int64_t target) { return target < 1; });
  std::sort(targets.begin(), targets.end());
  targets.erase(std::unique(targets.begin(), targets.end()), targets.end());
  return targets;
}

}  // namespace trainmark::trial

// Progress: counters that the trials feed, and the time that is left.
//
// Platforms differ a hundredfold in speed, so steps alone say nothing about time: what is left of this experiment is each
// platform's steps by its own median step, scaled by what start, warm-up, evaluation and proof have added so far. Later
// experiments are estimated by steps, for want of better, and not before some part of all steps is done: a small first
// experiment of slow steps (nearest neighbours) would make minutes look like hours.
#include <algorithm>

#include "statistics/summary.hpp"
#include "trial/trial_life.hpp"

namespace trainmark::trial {
namespace {

constexpr double kTellingShare = 0.02;  // of all steps

PlatformProgress& platform_of(Run& run, const Trial& trial) {
  auto& all = run.progress.platforms;
  const auto found = std::find_if(all.begin(), all.end(), [&](const PlatformProgress& p) { return p.name == trial.record.platform; });
  CHECK(found != all.end(), "trials are of platforms of their experiment");
  return *found;
}

double seconds_left(const Run& run) {
  const Progress& p = run.progress;
  if (p.done_steps == 0) return -1;
  const int64_t now_ns = core::now_ns();
  const double by_steps = static_cast<double>(now_ns - run.started_ns) / static_cast<double>(p.done_steps);
  double done_ns = 0, left_ns = 0, left_steps = 0;
  bool all_known = true;
  for (const PlatformProgress& platform : p.platforms) {
    const auto left = static_cast<double>(platform.total_steps - platform.done_steps);
    const double step_ns = platform.step_ns.empty() ? 0 : statistics::quantile_of_sorted(platform.step_ns, 0.5);
    all_known = all_known && (left == 0 || step_ns > 0);
    done_ns += static_cast<double>(platform.done_steps) * step_ns;
    left_ns += left * step_ns;
    left_steps += left;
  }
  const double later_steps = std::max(0.0, static_cast<double>(p.total_steps - p.done_steps) - left_steps);
  if ((later_steps > 0 || !all_known) && static_cast<double>(p.done_steps) < kTellingShare * static_cast<double>(p.total_steps)) return -1;
  const double later_ns = later_steps * by_steps;
  if (!all_known || done_ns == 0) return (later_ns + left_steps * by_steps) * 1e-9;
  const double overhead = static_cast<double>(now_ns - run.experiment_started_ns) / done_ns;
  return (later_ns + left_ns * std::max(1.0, overhead)) * 1e-9;
}

}  // namespace

void report_progress(Run& run, const Trial& trial, const char* phase) {
  if (!run.options.on_progress) return;
  run.progress.platform = trial.record.platform;
  run.progress.phase = phase;
  run.progress.elapsed_s = static_cast<double>(core::now_ns() - run.started_ns) * 1e-9;
  run.progress.left_s = seconds_left(run);
  run.options.on_progress(run.progress);
}

void count_steps(Run& run, const Trial& trial, int64_t steps) {
  run.progress.done_steps += steps;
  platform_of(run, trial).done_steps += steps;
}

void count_block(Run& run, const Trial& trial) {
  auto& times = platform_of(run, trial).step_ns;
  times.insert(std::upper_bound(times.begin(), times.end(), trial.step_ns), trial.step_ns);
}

void forget_steps(Run& run, const Trial& trial) {
  const int64_t left = trial.progression.planned_steps - trial.next_step;
  run.progress.total_steps -= left;
  platform_of(run, trial).total_steps -= left;
}

}  // namespace trainmark::trial

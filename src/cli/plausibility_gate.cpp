#include "cli/plausibility_gate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "analysis/comparison.hpp"
#include "ceilings/measure.hpp"
#include "cli/machine_state.hpp"
#include "core/clock.hpp"

namespace trainmark::cli {
namespace {

constexpr double kAgainSeconds = 1;  // for each thread count: twice as long as before the run
constexpr int kAgainTimes = 3;       // a busy machine may hide its ceiling from one measurement, hardly from four

ceilings::Ceilings measured(const std::vector<int>& threads, double seconds) {
  ceilings::MeasureOptions options;
  options.threads = threads;
  options.seconds = seconds;
  ceilings::Ceilings ceilings = ceilings::measure(options);
  ceilings.machine = machine_state();
  return ceilings;
}

/// As one measurement: of each figure the best.
core::Json measured_again(const std::vector<int>& threads) {
  const double seconds = kAgainSeconds * static_cast<double>(threads.size());
  ceilings::Ceilings best = measured(threads, seconds);
  for (int i = 1; i < kAgainTimes; ++i) {
    const ceilings::Ceilings more = measured(threads, seconds);
    best = ceilings::best_of(std::move(best), more);
    best.elapsed_s += more.elapsed_s;
  }
  best.again = true;
  return ceilings::to_json(best);
}

/// Thread counts of the workloads where some figure lies above its ceiling.
std::vector<int> to_measure_again(const analysis::Comparison& comparison) {
  std::set<int> threads;
  for (const analysis::WorkloadResult& result : comparison.workloads) {
    for (const analysis::PlatformResult& platform : result.platforms) {
      for (const analysis::Finding& finding : platform.plausibility) {
        if (finding.ratio > 1) threads.insert(result.threads);
      }
    }
  }
  return {threads.begin(), threads.end()};
}

core::Result<analysis::Comparison> compared(const store::Store& store, const std::string& run_id) {
  const auto data = store.load_run(run_id);
  if (!data) return data.error();
  return analysis::compare(*data);
}

}  // namespace

core::Json measure_ceilings(const std::vector<int>& threads) { return ceilings::to_json(measured(threads, 0)); }

core::Result<bool> find_impossible(store::Store& store, const std::string& run_id) {
  auto comparison = compared(store, run_id);
  if (!comparison) return comparison.error();
  if (const std::vector<int> threads = to_measure_again(*comparison); !threads.empty()) {
    const core::Json figures = measured_again(threads);
    if (const auto added = store.add(trial::ReadingRecord{run_id, "", "ceilings", core::wall_clock_ns(), figures}); !added) return added.error();
    comparison = compared(store, run_id);
    if (!comparison) return comparison.error();
  }
  bool any = false;
  for (const analysis::WorkloadResult& result : comparison->workloads) {
    for (const analysis::PlatformResult& platform : result.platforms) {
      if (platform.invalid.empty()) continue;
      any = true;
      fmt::print(stderr, "{}: INVALID: {}\n", platform.platform, platform.invalid);
    }
  }
  return any;
}

}  // namespace trainmark::cli

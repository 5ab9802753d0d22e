// Ceilings that nobody measured, in round figures, and runs that hold them.
#pragma once

#include <utility>

#include "ceilings/ceilings.hpp"
#include "store/run_data.hpp"

namespace trainmark::tests {

/// Of two threads: `gops` in float32, half of it in float64; L2 of 2 MiB with 2000 GB/s, and memory.
inline ceilings::Ceilings made_up_ceilings(double gops, double memory_gbs = 1000) {
  ceilings::Ceilings c;
  c.peaks = {{"avx512", "float32", "multiply-add", 2, gops, gops}, {"avx512", "float64", "multiply-add", 2, gops / 2, gops / 2}};
  c.levels = {{"L2", "triad", 2, 1, 2000, 2000}, {"memory", "triad", 2, 1, memory_gbs, memory_gbs}};
  c.capacities = {{"L2", 2, 2 << 20}};
  c.latencies = {{0, 1, 45, 50}};
  return c;
}

/// The run as if it had measured them, with all platforms on the processor.
inline store::RunData with_ceilings(store::RunData data, const std::vector<ceilings::Ceilings>& taken) {
  for (const auto& c : taken) data.readings.push_back({data.run.id, "", "ceilings", 0, ceilings::to_json(c)});
  for (auto& trial : data.trials) trial.trial.hello = {{"device", "CPU"}};
  return data;
}

/// A reading of a trial that was taken apart: a fifth in products, most of it in ReLU, a tenth in neither.
inline trial::ReadingRecord made_up_operations(const trial::TrialRecord& trial, int64_t step_ns) {
  const core::Json parts = {{{"operation", "matrix_multiplication"}, {"phase", "forward"}, {"layer", "fc1"}, {"time_ns", step_ns / 5}, {"calls", 1}},
                            {{"operation", "relu"}, {"phase", "forward"}, {"time_ns", step_ns / 10 * 7}, {"calls", 1}}};
  return {trial.run_id, trial.id, "operations", 0, {{"operations", parts}, {"step_ns", step_ns}, {"plain_ns", step_ns / 20 * 19}}};
}

}  // namespace trainmark::tests

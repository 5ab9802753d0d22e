#include "analysis/training_times.hpp"

#include <algorithm>
#include <iterator>

namespace trainmark::analysis {

std::map<int64_t, double> training_seconds(const Trials& trials) {
  std::map<int64_t, double> seconds;
  for (const store::TrialData* trial : trials) {
    if (!finished(*trial)) continue;
    std::vector<double> blocks;
    for (const auto& process : headline_times({trial})) {
      std::copy_if(process.begin(), process.end(), std::back_inserter(blocks), [](double time) { return time > 0; });
    }
    if (!blocks.empty()) seconds[trial->trial.repetition] = statistics::median(blocks) * static_cast<double>(trial->trial.planned_steps) * 1e-9;
  }
  return seconds;
}

}  // namespace trainmark::analysis

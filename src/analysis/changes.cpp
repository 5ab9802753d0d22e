// A step counts when it is beyond chance (corrected over the processes) and above 2 %: smaller ones move no headline.
#include "statistics/change.hpp"

#include <fmt/format.h>

#include <cmath>

#include "analysis/ratios.hpp"
#include "statistics/holm.hpp"

namespace trainmark::analysis {
namespace {
constexpr double kSmallestChange = 0.02;
}

void set_changes(PlatformResult& r, const Trials& trials) {
  std::vector<statistics::Change> changes;
  std::vector<double> p;
  for (const auto& rounds : headline_times(trials)) {
    std::vector<double> known;
    for (const double time : rounds) {
      if (time > 0) known.push_back(time);
    }
    const auto change = statistics::find_change(known);
    if (!change) continue;
    changes.push_back(*change);
    p.push_back(change->p);
  }
  r.changes.of = static_cast<int64_t>(changes.size());
  const std::vector<double> corrected = statistics::holm(p);
  for (size_t i = 0; i < changes.size(); ++i) {
    const double shift = changes[i].shift;
    if (corrected[i] > kClaimLevel || std::abs(shift) < kSmallestChange) continue;
    ++r.changes.processes;
    if (std::abs(shift) > std::abs(r.changes.largest)) r.changes.largest = shift;
  }
}

void add_change_sentences(const WorkloadResult& result, std::vector<std::string>& out) {
  for (const PlatformResult& r : result.platforms) {
    if (r.changes.processes == 0) continue;
    out.push_back(fmt::format("The step time of {} took a step within {} of {} processes, by {:+.0f} % at most: the machine did not stay the same.", r.platform,
                              r.changes.processes, r.changes.of, 100 * r.changes.largest));
  }
}

}  // namespace trainmark::analysis

#include "analysis/energy_belief.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace trainmark::analysis {
namespace {

double watts_of(double uj, double window_ns) { return window_ns > 0 ? uj * 1e3 / window_ns : 0; }

std::string too_much(const EnergyCounter& counter, double watts) {
  if (counter.limit_w)
    return fmt::format("{} implies {:.4g} W, which is above {:g} times its limit of {:.4g} W", counter.name, watts, kOverLimit, *counter.limit_w);
  return fmt::format("{} implies {:.4g} W, which nothing draws; it tells no limit of its own", counter.name, watts);
}

}  // namespace

double most_watts(const EnergyCounter& counter) { return counter.limit_w ? kOverLimit * *counter.limit_w : kUnlimitedWatts; }

bool plausible(const EnergyCounter& counter, double uj, double window_ns) {
  return uj >= 0 && uj * 1e3 <= most_watts(counter) * (window_ns + 2 * counter.period_ns.value_or(0));
}

std::string disbelief(const EnergyCounter& counter, const CounterSum& sum) {
  const double share_lost = sum.blocks > 0 ? static_cast<double>(sum.lost) / static_cast<double>(sum.blocks) : 1;
  if (sum.blocks == 0) return fmt::format("{} was read in no block", counter.name);
  if (sum.all_window_ns <= 0) return sum.fault.empty() ? fmt::format("{} gave no figure", counter.name) : sum.fault;
  const double all_watts = watts_of(sum.all_uj, sum.all_window_ns);
  if (sum.all_uj <= 0) return fmt::format("{} did not advance during the training", counter.name);
  if (all_watts > most_watts(counter) && share_lost > kMostLost) return too_much(counter, all_watts);
  if (share_lost > kMostLost) {
    const std::string why = sum.fault.empty() ? "implausible power" : sum.fault;
    return fmt::format("{} gave no figure in {} of {} blocks ({})", counter.name, sum.lost, sum.blocks, why);
  }
  const double watts = watts_of(sum.uj, sum.window_ns);
  if (watts > most_watts(counter)) return too_much(counter, watts);
  if (counter.idle_w.empty())
    return fmt::format("{} has no idle power to be held against ({})", counter.name, counter.fault.empty() ? "not measured" : counter.fault);
  const double idle = *std::min_element(counter.idle_w.begin(), counter.idle_w.end());
  if (idle <= 0) return fmt::format("{} stood still while the machine was idle", counter.name);
  if (watts < kBelowIdle * idle) return fmt::format("{} implies {:.4g} W, which is below the {:.4g} W of the idle machine", counter.name, watts, idle);
  return "";
}

}  // namespace trainmark::analysis

// A run's counters, from what was recorded before and after it. A resumed run has several of each.
#include <algorithm>

#include "analysis/energy.hpp"
#include "analysis/stored.hpp"

namespace trainmark::analysis {

using core::Json;

EnergyMachine energy_machine(const std::vector<trial::ReadingRecord>& readings) {
  EnergyMachine machine;
  for (const trial::ReadingRecord& r : readings) {
    if (r.kind != trial::kEnergyCountersReading) continue;
    machine.recorded = true;
    machine.missing.clear();
    for (const Json& m : member_in(r.figures, "missing")) machine.missing.push_back({text_in(m, "what"), text_in(m, "reason"), text_in(m, "remedy")});
    for (const Json& s : member_in(r.figures, "sources")) {
      const std::string name = text_in(s, "name");
      auto known = std::find_if(machine.counters.begin(), machine.counters.end(), [&](const EnergyCounter& c) { return c.name == name; });
      if (known == machine.counters.end()) {
        machine.counters.emplace_back();
        known = std::prev(machine.counters.end());
        *known = {name, text_in(s, "domain"), text_in(s, "method"), text_in(s, "place"), "", "", number_in(s, "limit_w"), std::nullopt, {}, std::nullopt};
        known->device = integer_in(s, "device");
      }
      if (const auto idle = number_in(s, "idle_w")) known->idle_w.push_back(*idle);
      if (const auto period = number_in(s, "period_ns")) known->period_ns = std::max(*period, known->period_ns.value_or(0));
      if (known->fault.empty()) known->fault = text_in(s, "reason");
      if (known->remedy.empty()) known->remedy = text_in(s, "remedy");
    }
  }
  return machine;
}

}  // namespace trainmark::analysis

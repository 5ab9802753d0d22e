// Readings of energy for a scripted run: counters with a constant power, so that joules can be worked out by hand.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "support/scripted_run.hpp"

namespace trainmark::tests {

/// A counter of the machine, and what it gives.
struct ScriptedCounter {
  std::string name = "package-0";
  std::string domain = "package";
  double idle_w = 10;
  core::Json limit_w = 100;  ///< null: none
  /// Watts in a block of a platform; negative: no figure.
  std::function<double(const std::string& platform, int64_t repetition, int64_t block)> watts = [](const std::string&, int64_t, int64_t) { return 30.0; };
  core::Json device = nullptr;
  std::string method = "counter";
  core::Json period_ns = 1'000'000;
  std::string fault = "";   ///< of blocks without a figure
  std::string remedy = "";  ///< told where its idle power is unknown (negative)
};

inline core::Json counters_of(const std::vector<ScriptedCounter>& counters, const char* when, const core::Json& missing) {
  core::Json sources = core::Json::array();
  for (const auto& c : counters) {
    sources.push_back({{"name", c.name},
                       {"domain", c.domain},
                       {"method", c.method},
                       {"place", "/sys/" + c.name},
                       {"limit_w", c.limit_w},
                       {"range_uj", nullptr},
                       {"device", c.device},
                       {"idle_w", c.idle_w < 0 ? core::Json() : core::Json(c.idle_w)},
                       {"reason", c.idle_w < 0 ? core::Json(c.fault) : core::Json()},
                       {"remedy", c.remedy.empty() ? core::Json() : core::Json(c.remedy)},
                       {"period_ns", c.period_ns}});
  }
  return {{"when", when}, {"idle_s", 2.0}, {"sources", sources}, {"missing", missing}};
}

/// Adds the readings of every trial's timed blocks, whose windows are a thousandth longer than the blocks, and of the machine.
inline void add_energy(store::RunData& data, const std::vector<ScriptedCounter>& counters, const std::vector<int64_t>& devices = {},
                       const core::Json& missing = core::Json::array()) {
  for (const char* when : {"before", "after"}) data.readings.push_back({data.run.id, "", "energy_counters", 0, counters_of(counters, when, missing)});
  if (counters.empty()) return;
  for (auto& t : data.trials) {
    core::Json names = core::Json::array(), blocks = core::Json::array(), faults = core::Json::object();
    for (const auto& c : counters) names.push_back(c.name);
    for (const auto& b : t.blocks) {
      if (b.kind != trial::BlockKind::kTimed) continue;
      core::Json windows = core::Json::array(), uj = core::Json::array(), shares = core::Json::array();
      for (const auto& c : counters) {
        const double watts = c.watts(t.trial.platform, t.trial.repetition, b.index);
        const double window_ns = 1.001 * static_cast<double>(b.elapsed_ns);
        windows.push_back(static_cast<int64_t>(window_ns));
        uj.push_back(watts < 0 ? core::Json() : core::Json(static_cast<int64_t>(watts * window_ns * 1e-3)));
        if (watts < 0 && !c.fault.empty()) faults[c.name] = c.fault;
        if (c.domain == "device") shares.push_back(0.75);
      }
      blocks.push_back({{"block", b.index}, {"window_ns", windows}, {"uj", uj}, {"kernel_time_share", shares}});
    }
    const bool device = !devices.empty() && t.trial.platform.find("gpu") == 0;
    t.readings.push_back(
        {data.run.id,
         t.trial.id,
         "energy",
         0,
         {{"sources", names}, {"may_have_device", device}, {"devices", device ? devices : std::vector<int64_t>{}}, {"faults", faults}, {"blocks", blocks}}});
  }
}

}  // namespace trainmark::tests

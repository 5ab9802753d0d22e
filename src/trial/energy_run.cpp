#include "trial/energy_run.hpp"

#include <poll.h>

#include "core/json_null.hpp"
#include "instruments/nvml_energy.hpp"
#include "instruments/powercap.hpp"
#include "trial/interrupt.hpp"
#include "trial/trial_life.hpp"

namespace trainmark::trial {
namespace {

using core::Json;

bool may_have_device(const Run& run, const Trial& trial) { return run.nvml && run.options.device_platforms.count(trial.record.platform) > 0; }

void add(EnergyRun& energy, instruments::EnergySources found) {
  for (auto& source : found.sources) energy.sources.push_back(std::move(source));
  for (auto& missing : found.missing) energy.missing.push_back(std::move(missing));
}

/// Waits, but not when the user wants to stop.
void rest(double seconds) {
  pollfd wish{interrupt_fd(), POLLIN, 0};
  poll(&wish, 1, static_cast<int>(seconds * 1e3));
}

Json describe(const instruments::EnergySource& source, const instruments::EnergyAmount& idle) {
  const double watts = idle.uj && idle.window_ns > 0 ? static_cast<double>(*idle.uj) * 1e3 / static_cast<double>(idle.window_ns) : 0;
  return {{"name", source.name},
          {"domain", domain_name(source.domain)},
          {"method", method_name(source.method)},
          {"place", source.place},
          {"limit_w", core::or_null(source.limit_w)},
          {"range_uj", source.range_uj > 0 ? Json(source.range_uj) : Json()},
          {"device", source.device >= 0 ? Json(source.device) : Json()},
          {"idle_w", idle.uj ? Json(watts) : Json()},
          {"reason", core::text_or_null(idle.fault)},
          {"remedy", core::text_or_null(idle.fault.empty() ? "" : source.remedy)}};
}

/// Measures idle power and records what there is.
void record_counters(Run& run, const char* when) {
  EnergyRun& energy = *run.energy;
  Json sources = Json::array(), missing = Json::array();
  if (energy.meter) {
    std::vector<std::optional<int64_t>> periods;
    for (const auto& source : energy.sources) periods.push_back(instruments::update_period_ns(source));
    energy.meter->begin();
    rest(run.options.idle_s);
    const auto idle = energy.meter->end();
    for (size_t i = 0; i < energy.sources.size(); ++i) {
      sources.push_back(describe(energy.sources[i], idle[i]));
      sources.back()["period_ns"] = core::or_null(periods[i]);
    }
  }
  for (const auto& m : energy.missing) missing.push_back({{"what", m.what}, {"reason", m.reason}, {"remedy", core::text_or_null(m.remedy)}});
  run.emit(ReadingRecord{run.summary.run_id,
                         "",
                         kEnergyCountersReading,
                         core::wall_clock_ns(),
                         {{"when", when}, {"idle_s", energy.meter ? Json(run.options.idle_s) : Json()}, {"sources", sources}, {"missing", missing}}});
}

}  // namespace

void open_energy(Run& run) {
  if (run.options.idle_s <= 0) return;
  run.energy = std::make_unique<EnergyRun>();
  EnergyRun& energy = *run.energy;
  add(energy, instruments::powercap_sources(run.options.powercap_root));
  energy.host_sources = energy.sources.size();
  if (run.nvml) {
    add(energy, instruments::nvml_sources(*run.nvml));
    energy.device_use.emplace(*run.nvml);
  } else if (!run.options.device_platforms.empty()) {
    energy.missing.push_back({"NVML", run.nvml_missing, ""});
  }
  if (!energy.sources.empty()) {
    energy.meter.emplace(energy.sources);
    energy.host_meter.emplace(std::span(energy.sources).first(energy.host_sources));
  }
  record_counters(run, "before");
}

void close_energy(Run& run) {
  if (!run.energy || !run.energy->meter || run.error || interrupted()) return;
  record_counters(run, "after");
}

void begin_energy(Run& run, const Trial& trial) {
  if (!run.energy || !run.energy->meter) return;
  const bool device = may_have_device(run, trial);
  if (device) run.energy->device_use->begin();
  (device ? run.energy->meter : run.energy->host_meter)->begin();
}

void end_energy(Run& run, Trial& trial, int64_t block) {
  if (!run.energy || !run.energy->meter) return;
  EnergyRun& energy = *run.energy;
  const bool device = may_have_device(run, trial);
  const auto amounts = (device ? energy.meter : energy.host_meter)->end();
  Json windows = Json::array(), microjoules = Json::array();
  for (size_t i = 0; i < amounts.size(); ++i) {
    windows.push_back(amounts[i].window_ns);
    microjoules.push_back(core::or_null(amounts[i].uj));
    if (!amounts[i].fault.empty()) trial.energy_faults.emplace(energy.sources[i].name, amounts[i].fault);
  }
  trial.energy_blocks.push_back({{"block", block}, {"window_ns", windows}, {"uj", microjoules}});
  if (!device) return;
  Json shares = Json::array();
  for (const auto& share : energy.device_use->end()) shares.push_back(core::or_null(share));
  trial.energy_blocks.back()["kernel_time_share"] = shares;
  if (trial.devices.empty()) trial.devices = run.nvml->devices_of(trial.members);
}

void emit_energy(Run& run, const Trial& trial) {
  if (trial.energy_blocks.empty()) return;
  Json sources = Json::array(), faults = Json::object();
  const bool device = may_have_device(run, trial);
  const size_t count = device ? run.energy->sources.size() : run.energy->host_sources;
  for (size_t i = 0; i < count; ++i) sources.push_back(run.energy->sources[i].name);
  for (const auto& [name, fault] : trial.energy_faults) faults[name] = fault;
  run.emit(ReadingRecord{trial.record.run_id,
                         trial.record.id,
                         kEnergyReading,
                         core::wall_clock_ns(),
                         {{"sources", sources}, {"may_have_device", device}, {"devices", trial.devices}, {"faults", faults}, {"blocks", trial.energy_blocks}}});
}

}  // namespace trainmark::trial

// Energy and use of devices in a run: what is read when, and the records that it becomes. Internal to src/trial.
//
// Counters are read right before and after each timed block, outside of the worker's clock, those of devices only for platforms that may
// have one. Where there is any counter, the machine's idle power is measured before the first trial and after the last. Everything is
// recorded as it was read, believed or not: analysis/energy.hpp decides. The kinds of records are in docs/store.md.
#pragma once

#include <optional>
#include <vector>

#include "instruments/device_use.hpp"
#include "instruments/energy_meter.hpp"

namespace trainmark::trial {

struct Run;
struct Trial;

/// The counters of a run. Does not move: meters refer to the sources, the sources to the driver's library.
struct EnergyRun {
  std::vector<instruments::EnergySource> sources;  ///< of the host first
  std::vector<instruments::MissingEnergy> missing;
  size_t host_sources = 0;
  std::optional<instruments::EnergyMeter> host_meter, meter;  ///< of the host's, and of all
  std::optional<instruments::DeviceUse> device_use;
};

void open_energy(Run& run);   ///< looks for counters and measures idle power; nothing when no idle time is allowed
void close_energy(Run& run);  ///< idle power once more, unless the user wants to stop

void begin_energy(Run& run, const Trial& trial);
void end_energy(Run& run, Trial& trial, int64_t block);  ///< block: its index within the trial
void emit_energy(Run& run, const Trial& trial);          ///< the record of a trial that has timed blocks

}  // namespace trainmark::trial

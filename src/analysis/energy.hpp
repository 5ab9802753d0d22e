// Energy of platforms, from what counters gave at the edges of their timed blocks.
//
// A counter is believed when it lives: it advanced in the blocks and while the machine was idle, and the power that it implies lies
// between the machine's idle power (less 5 %, the noise of two seconds) and 1.25 times the device's own limit. Where a device tells no
// limit, as packages of AMD do, it is held against 1000 W. A figure is the mean power over the blocks of undisturbed rounds times the time
// of all planned steps: evaluation, warm-up and proof are not in it. What is not believed has no figure and a reason; nothing is estimated.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "store/run_data.hpp"
#include "workload/workload.hpp"

namespace trainmark::analysis {

/// One counter as a run found it.
struct EnergyCounter {
  std::string name, domain, method, place, remedy;
  std::string fault;                ///< why it could not be read while the machine was idle
  std::optional<double> limit_w;    ///< its device's own
  std::optional<double> period_ns;  ///< how often it takes a new value
  std::vector<double> idle_w;       ///< before and after, as far as measured
  std::optional<int64_t> device;    ///< place among the driver's devices
};

struct EnergyMachine {
  bool recorded = false;  ///< false: the run is from before energy was measured
  std::vector<EnergyCounter> counters;
  struct Missing {
    std::string what, reason, remedy;
  };
  std::vector<Missing> missing;
};

/// From the run's readings of the kind energy_counters.
EnergyMachine energy_machine(const std::vector<trial::ReadingRecord>& readings);

/// What one counter comes to for one platform.
struct EnergyZone {
  std::string name, domain, method;
  bool summed = false;                  ///< part of the joules of its column
  std::optional<double> joules, watts;  ///< per repetition, mean over repetitions; mean power
  std::string reason;                   ///< why there is none
};

/// The host's joules, or those of the devices of a platform. A repetition is one training: the planned steps of one trial.
struct EnergyFigures {
  int64_t repetitions = 0;                                            ///< finished trials that are counted
  std::optional<double> joules, joules_deviation;                     ///< of one repetition: mean and standard deviation over repetitions
  std::optional<double> uncertainty_joules;                           ///< of that mean, by the counter's period alone: one standard deviation
  std::optional<double> net_joules;                                   ///< less what the idle machine draws in the same time
  std::optional<double> set_joules, net_set_joules;                   ///< of all repetitions together
  std::optional<double> joules_per_image, joules_per_accuracy_point;  ///< accuracy in per cent, final
  std::optional<double> watts, idle_watts;
  std::vector<EnergyZone> zones;
  std::string reason, remedy;  ///< why there are no joules
  bool absent = false;         ///< because there is no counter at all
  std::string note;            ///< what the joules lack, or how they were got
};

struct PlatformEnergy {
  EnergyFigures host;
  std::optional<EnergyFigures> device;  ///< none: the platform uses no device
};

struct PlatformResult;

/// The energy of a platform, and how busy its devices were. Its accuracy must be there. Nothing when the run recorded no counters.
void set_energy(PlatformResult& platform, const std::vector<const store::TrialData*>& trials, const workload::Workload& workload, const EnergyMachine& machine);

/// What a report says of energy that could not be had, each reason once: "Energy was not measured: this machine shows ...".
std::vector<std::string> energy_sentences(const std::vector<PlatformResult>& platforms);

}  // namespace trainmark::analysis

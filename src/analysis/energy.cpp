// Sums over blocks of undisturbed rounds, as the headline of the times; power times time, so that a block that lost its figure costs none.
#include "analysis/energy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "analysis/comparison.hpp"
#include "analysis/energy_belief.hpp"
#include "analysis/energy_blocks.hpp"
#include "analysis/stored.hpp"

namespace trainmark::analysis {
namespace {

using core::Json;

constexpr const char* kPackage = "package";
constexpr const char* kDram = "dram";
constexpr const char* kDevice = "device";

double mean_of(const std::vector<double>& values) { return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size()); }

/// A counter's figures for one platform, repetition by repetition.
struct Counted {
  EnergyZone zone;
  std::vector<double> joules;  ///< of each repetition
  double variance = 0;         ///< of the mean over repetitions, by the counter's period
  bool period_known = true;
  double idle_watts = 0;
};

// The counter shows the energy at its last change, up to one period ago: both ends of a block err by a part of a period that is as likely
// anywhere in it, and their difference by period / sqrt(6) of the power.
Counted count(const EnergyCounter& counter, const std::vector<MeasuredTrial>& trials) {
  Counted counted;
  counted.zone = {counter.name, counter.domain, counter.method, false, std::nullopt, std::nullopt, ""};
  CounterSum all;
  std::vector<CounterSum> sums;
  for (const MeasuredTrial& m : trials) sums.push_back(sum_of(m, counter));
  for (const CounterSum& sum : sums) all = all + sum;
  counted.zone.reason = disbelief(counter, all);
  const bool one_silent = std::any_of(sums.begin(), sums.end(), [](const CounterSum& s) { return s.window_ns <= 0; });
  if (counted.zone.reason.empty() && one_silent) counted.zone.reason = fmt::format("{} gave no figure in one of the repetitions", counter.name);
  if (!counted.zone.reason.empty()) return counted;
  for (size_t i = 0; i < sums.size(); ++i) {
    counted.joules.push_back(watts_of(sums[i]) * trials[i].repetition_s);
    const auto blocks = static_cast<double>(sums[i].blocks - sums[i].lost);
    const double error = counted.joules.back() * std::sqrt(blocks / 6) * counter.period_ns.value_or(0) / sums[i].window_ns;
    counted.variance += error * error;
  }
  const auto n = static_cast<double>(sums.size());
  counted.variance /= n * n;
  counted.period_known = counter.period_ns.has_value();
  counted.zone.joules = mean_of(counted.joules);
  counted.zone.watts = watts_of(all);
  counted.idle_watts = mean_of(counter.idle_w);
  return counted;
}

double images_of(const workload::Workload& w, int64_t steps) {
  const int64_t per_epoch = std::max<int64_t>(1, workload::steps_per_epoch(w));
  double epoch = 0, rest = 0;
  for (int64_t s = 0; s < per_epoch; ++s) {
    const auto images = static_cast<double>(workload::batch_of_step(w, s));
    epoch += images;
    if (s < steps % per_epoch) rest += images;
  }
  return epoch * static_cast<double>(steps / per_epoch) + rest;
}

/// The sum over counters that are believed, as figures of a column.
void add_up(EnergyFigures& f, const std::vector<Counted>& counters, const std::vector<MeasuredTrial>& trials, const PlatformResult& platform,
            const workload::Workload& w) {
  std::vector<double> joules(trials.size(), 0);
  double variance = 0, idle = 0, watts = 0, time_s = 0, set = 0;
  bool periods = true;
  for (const Counted& c : counters) {
    for (size_t i = 0; i < joules.size(); ++i) joules[i] += c.joules[i];
    variance += c.variance;
    periods = periods && c.period_known;
    idle += c.idle_watts;
    watts += *c.zone.watts;
  }
  for (size_t i = 0; i < joules.size(); ++i) {
    set += joules[i];
    time_s += trials[i].repetition_s;
  }
  const auto summary = statistics::summarise(joules);
  f.repetitions = summary.n;
  f.joules = summary.mean;
  if (summary.n > 1) f.joules_deviation = summary.standard_deviation;
  if (periods) f.uncertainty_joules = std::sqrt(variance);
  f.set_joules = set;
  f.net_set_joules = set - idle * time_s;
  f.net_joules = *f.net_set_joules / static_cast<double>(summary.n);
  f.watts = watts;
  f.idle_watts = idle;
  const double images = images_of(w, platform.steps);
  if (images > 0) f.joules_per_image = summary.mean / images;
  if (platform.final_accuracy && *platform.final_accuracy > 0) f.joules_per_accuracy_point = summary.mean / (100 * *platform.final_accuracy);
}

/// Sums what of `counted` is in `domains`; the first domain must be whole, the others may be missing and are then named.
EnergyFigures column(std::vector<Counted> counted, const std::vector<const char*>& domains, const EnergyMachine& machine, const char* missing,
                     const std::vector<MeasuredTrial>& trials, const PlatformResult& platform, const workload::Workload& w) {
  EnergyFigures f;
  std::vector<Counted> summed;
  bool any = false;
  for (Counted& c : counted) {
    const auto domain = std::find(domains.begin(), domains.end(), c.zone.domain);
    if (domain == domains.end()) continue;
    any = any || domain == domains.begin();
    if (c.zone.reason.empty()) {
      c.zone.summed = true;
      summed.push_back(c);
      if (c.zone.method != "counter") f.note = "from its power, integrated: it has no counter of energy";
    } else if (domain != domains.begin()) {
      f.note = fmt::format("without {}: {}", c.zone.name, c.zone.reason);
    } else if (f.reason.empty()) {
      f.reason = c.zone.reason;
      const auto counter = std::find_if(machine.counters.begin(), machine.counters.end(), [&](const EnergyCounter& e) { return e.name == c.zone.name; });
      if (counter != machine.counters.end()) f.remedy = counter->remedy;
    }
  }
  for (const Counted& c : counted) f.zones.push_back(c.zone);
  f.absent = !any;
  if (!any) {
    f.reason = fmt::format("this machine shows no counter of a {}", domains.front());
    for (const EnergyMachine::Missing& m : machine.missing) {
      if (m.what != missing) continue;
      f.reason = m.reason;
      f.remedy = m.remedy;
    }
  }
  if (f.reason.empty()) {
    add_up(f, summed, trials, platform, w);
  } else {
    for (EnergyZone& zone : f.zones) zone.summed = false;
    f.note.clear();
  }
  return f;
}

/// The devices that the driver saw the platform on; all of them, where it told none and there is one only.
std::vector<int64_t> devices_of(const std::vector<MeasuredTrial>& trials, const EnergyMachine& machine) {
  std::vector<int64_t> devices, all;
  for (const MeasuredTrial& m : trials) {
    for (const Json& device : member_in(*m.figures, "devices")) {
      if (device.is_number_integer()) devices.push_back(device.get<int64_t>());
    }
  }
  for (const EnergyCounter& c : machine.counters) {
    if (c.device) all.push_back(*c.device);
  }
  return devices.empty() && all.size() == 1 ? all : devices;
}

bool on_device(const std::vector<MeasuredTrial>& trials, const std::vector<const store::TrialData*>& all, const EnergyMachine& machine) {
  for (const MeasuredTrial& m : trials) {
    if (!member_in(*m.figures, "devices").empty()) return true;
    if (flag_in(*m.figures, "may_have_device") && text_in(m.trial->trial.hello, "device") != "CPU") return true;
  }
  const bool none = std::any_of(machine.missing.begin(), machine.missing.end(), [](const auto& m) { return m.what == "NVML"; });
  return none && std::any_of(all.begin(), all.end(), [](const store::TrialData* t) {
           const std::string device = text_in(t->trial.hello, "device");
           return !device.empty() && device != "CPU";
         });
}

}  // namespace

void set_energy(PlatformResult& platform, const std::vector<const store::TrialData*>& all, const workload::Workload& w, const EnergyMachine& machine) {
  if (!machine.recorded || platform.processes == 0) return;
  const auto trials = measured_trials(all);
  const auto devices = devices_of(trials, machine);
  const bool device = on_device(trials, all, machine);
  std::vector<Counted> host, on;
  for (const EnergyCounter& counter : machine.counters) {
    if (counter.domain != kDevice) {
      host.push_back(count(counter, trials));
    } else if (std::find(devices.begin(), devices.end(), counter.device.value_or(-1)) != devices.end()) {
      on.push_back(count(counter, trials));
    }
  }
  platform.energy = PlatformEnergy{column(std::move(host), {kPackage, kDram}, machine, "powercap", trials, platform, w), std::nullopt};
  if (!device) return;
  platform.energy->device = column(std::move(on), {kDevice}, machine, "NVML", trials, platform, w);
  if (devices.empty() && std::any_of(machine.counters.begin(), machine.counters.end(), [](const auto& c) { return c.domain == kDevice; })) {
    platform.energy->device->reason = "the driver does not tell which of its devices the worker used";
  }
  platform.gpu_kernel_time_share = kernel_time_share(trials, devices);
}

}  // namespace trainmark::analysis

// The sentinel's kernel and the rule.
#include "trial/disturbance.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/clock.hpp"

namespace trainmark::trial {
namespace {

constexpr double kMostSlowdown = 1.15;
constexpr double kMostStealShare = 0.01;
constexpr double kMostSwitchesPerThreadSecond = 50;
constexpr double kMostOtherShare = 0.05;
constexpr int64_t kLeastOther_ns = 30'000'000;
constexpr double kLeastFrequencyShare = 0.85;
constexpr double kMostThrottledShare = 0.01;
constexpr double kMostFaultsPerSecond = 10;
constexpr int kLinks = 250'000;  // about 0.3 ms: a multiplication and an addition of 64-bit integers take 4 cycles

/// A chain of dependent operations: its time is cycles, whatever the compiler or the caches do.
uint64_t chain(uint64_t x) {
  for (int i = 0; i < kLinks; ++i) x = x * 6364136223846793005u + 1442695040888963407u;
  return x;
}

/// Reasons that come from the counters of the machine.
std::string machine_disturbance(const DisturbanceReading& reading, double thread_ns) {
  const double steal = static_cast<double>(reading.machine.steal_ns) / thread_ns;
  // Stolen time is counted in ticks of 10 ms: a single tick says nothing about a short block.
  if (steal > kMostStealShare && reading.machine.steal_ns > 10'000'000) return fmt::format("the hypervisor took {:.1f} % of the CPU time", 100 * steal);
  const int64_t other_ns = other_cpu_ns(reading);
  const double other = static_cast<double>(other_ns) / (static_cast<double>(std::max<int64_t>(1, reading.wall_ns)) * std::max(1, reading.allowed_cpus));
  if (other > kMostOtherShare && other_ns >= kLeastOther_ns) return fmt::format("other processes used {:.0f} % of the CPUs", 100 * other);
  const bool busy = static_cast<double>(reading.cpu.cpu_ns) > 0.5 * thread_ns;
  if (busy && reading.frequency_mhz && *reading.frequency_mhz < kLeastFrequencyShare * reading.best_frequency_mhz) {
    return fmt::format("the CPUs ran at {:.0f} MHz, after {:.0f} MHz before", *reading.frequency_mhz, reading.best_frequency_mhz);
  }
  if (const int64_t throttles = reading.machine.thermal_throttles.value_or(0); throttles > 0) {
    return fmt::format("the CPUs were slowed for heat {} time{}", throttles, throttles == 1 ? "" : "s");
  }
  const double throttled = static_cast<double>(reading.machine.cgroup_throttled_ns.value_or(0)) / thread_ns;
  if (throttled > kMostThrottledShare) return fmt::format("the control group waited for its CPU quota for {:.1f} % of the time", 100 * throttled);
  return {};
}

template <class Number>
core::Json number_or_null(const std::optional<Number>& value) {
  return value ? core::Json(*value) : core::Json();
}

}  // namespace

int64_t Sentinel::run() {
  static volatile uint64_t value = 1;
  int64_t best = INT64_MAX;
  for (int i = 0; i < 3; ++i) {
    const int64_t begin = core::now_ns();
    value = chain(value);
    best = std::min(best, core::now_ns() - begin);
  }
  minimum_ns_ = minimum_ns_ == 0 ? best : std::min(minimum_ns_, best);
  return best;
}

double Sentinel::slowdown(int64_t elapsed_ns) const {
  return minimum_ns_ == 0 ? 1 : std::max(1.0, static_cast<double>(elapsed_ns) / static_cast<double>(minimum_ns_));
}

int64_t other_cpu_ns(const DisturbanceReading& reading) { return std::max<int64_t>(0, reading.machine.busy_ns - reading.cpu.cpu_ns - reading.own_cpu_ns); }

std::string disturbance(const DisturbanceReading& reading) {
  const double worst = std::max(reading.slowdown_before, reading.slowdown_after);
  if (worst > kMostSlowdown) return fmt::format("the sentinel ran {:.2f} times slower than at its best", worst);
  const double thread_ns = static_cast<double>(std::max<int64_t>(1, reading.elapsed_ns)) * std::max(1, reading.threads);
  const double switches = static_cast<double>(reading.cpu.involuntary_switches) / (thread_ns * 1e-9);
  if (switches > kMostSwitchesPerThreadSecond && reading.cpu.involuntary_switches > 10) {
    return fmt::format("each thread lost its CPU to others {:.0f} times per second", switches);
  }
  const double faults = static_cast<double>(reading.cpu.major_faults) / (static_cast<double>(std::max<int64_t>(1, reading.elapsed_ns)) * 1e-9);
  if (faults > kMostFaultsPerSecond && reading.cpu.major_faults > 10) return fmt::format("memory was read back from a disk {:.0f} times per second", faults);
  return machine_disturbance(reading, thread_ns);
}

core::Json to_json(const DisturbanceReading& reading) {
  return {{"sentinel_before", reading.slowdown_before},
          {"sentinel_after", reading.slowdown_after},
          {"involuntary_switches", reading.cpu.involuntary_switches},
          {"major_faults", reading.cpu.major_faults},
          {"steal_ns", reading.machine.steal_ns},
          {"other_cpu_ns", other_cpu_ns(reading)},
          {"frequency_mhz", number_or_null(reading.frequency_mhz)},
          {"thermal_throttles", number_or_null(reading.machine.thermal_throttles)},
          {"cgroup_throttled_ns", number_or_null(reading.machine.cgroup_throttled_ns)}};
}

}  // namespace trainmark::trial

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
constexpr int kLinks = 250'000;  // about 0.3 ms: a multiplication and an addition of 64-bit integers take 4 cycles

/// A chain of dependent operations: its time is cycles, whatever the compiler or the caches do.
uint64_t chain(uint64_t x) {
  for (int i = 0; i < kLinks; ++i) x = x * 6364136223846793005u + 1442695040888963407u;
  return x;
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

std::string disturbance(const DisturbanceReading& reading) {
  const double worst = std::max(reading.slowdown_before, reading.slowdown_after);
  if (worst > kMostSlowdown) return fmt::format("the sentinel ran {:.2f} times slower than at its best", worst);
  const double thread_ns = static_cast<double>(std::max<int64_t>(1, reading.elapsed_ns)) * std::max(1, reading.threads);
  const double steal = static_cast<double>(reading.cpu.steal_ns) / thread_ns;
  // Stolen time is counted in ticks of 10 ms: a single tick says nothing about a short block.
  if (steal > kMostStealShare && reading.cpu.steal_ns > 10'000'000) return fmt::format("the hypervisor took {:.1f} % of the CPU time", 100 * steal);
  const double switches = static_cast<double>(reading.cpu.involuntary_switches) / (thread_ns * 1e-9);
  if (switches > kMostSwitchesPerThreadSecond && reading.cpu.involuntary_switches > 10) {
    return fmt::format("each thread lost its CPU to others {:.0f} times per second", switches);
  }
  return {};
}

core::Json to_json(const DisturbanceReading& reading) {
  return {{"sentinel_before", reading.slowdown_before},
          {"sentinel_after", reading.slowdown_after},
          {"involuntary_switches", reading.cpu.involuntary_switches},
          {"steal_ns", reading.cpu.steal_ns}};
}

}  // namespace trainmark::trial

// What sources of energy gave between two moments.
//
// A counter that went back has begun at 0 again, once: the meter looks between the two moments as often as that takes, on a thread of
// its own which sleeps else (a package at its limit needs minutes to go round). Power is looked at every 50 ms and integrated by
// trapezoids. What could not be read has no figure and a reason, and never counts as zero.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "instruments/energy_source.hpp"

namespace trainmark::instruments {

/// Between begin() and end().
struct EnergyAmount {
  int64_t window_ns = 0;      ///< between the first and the last reading of this source
  std::optional<int64_t> uj;  ///< microjoules
  std::string fault;          ///< why there is no figure
};

/// What a counter that wraps after `range_uj` advanced from `before` to `after`. Nothing when it went back and no range explains it.
std::optional<int64_t> advance_of_counter(int64_t before, int64_t after, int64_t range_uj);

/// Highest power that a package is taken to draw when it tells no limit of its own (those of AMD tell none): twice what the largest
/// sockets are sold for. Only decides how often a counter is looked at, and what is no power at all; nothing is computed from it.
inline constexpr double kMostWatts = 1000;

/// After which time a counter may have gone round once at 1.25 times its limit, in nanoseconds.
int64_t shortest_round_ns(const EnergySource& source);

class EnergyMeter {
 public:
  /// `sources` must outlive the meter.
  explicit EnergyMeter(std::span<const EnergySource> sources);
  EnergyMeter(EnergyMeter&&) noexcept;
  EnergyMeter& operator=(EnergyMeter&&) noexcept;
  ~EnergyMeter();

  void begin();
  /// One amount for each source, in their order. After begin().
  std::vector<EnergyAmount> end();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// How often the counter takes a new value, in nanoseconds: read as fast as it goes for at most `limit_s`. Nothing when it took fewer
/// than two new values, or is no counter.
std::optional<int64_t> update_period_ns(const EnergySource& source, double limit_s = 0.3);

}  // namespace trainmark::instruments

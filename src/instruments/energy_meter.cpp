// The thread of the sampler and the two callers never read a source at the same time; whoever comes first takes the time between.
#include "instruments/energy_meter.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <mutex>

#include "core/clock.hpp"
#include "instruments/sampler.hpp"

namespace trainmark::instruments {
namespace {

constexpr int64_t kPowerEvery_ns = 50'000'000;    // NVIDIA's power reading changes every 20 to 100 ms
constexpr int64_t kLeastInterval_ns = 5'000'000;  // more often would disturb what is measured
constexpr int64_t kMostInterval_ns = 3'600'000'000'000;
constexpr double kLooksPerRound = 3;
constexpr double kOverLimit = 1.25;

struct Track {
  const EnergySource* source = nullptr;
  int64_t first_ns = 0, last_ns = 0;
  int64_t last = 0;   // microjoules or microwatts
  double uj = 0;      // since the first reading
  std::string fault;  // the first; what comes after it is not counted
};

void begin_track(Track& track) {
  const auto value = track.source->read();
  track.first_ns = track.last_ns = core::now_ns();
  track.uj = 0;
  track.fault = value ? "" : value.error().message;
  if (value) track.last = *value;
}

void advance_track(Track& track) {
  const auto value = track.source->read();
  const int64_t now = core::now_ns();
  const int64_t since_ns = now - track.last_ns;
  track.last_ns = now;
  if (!track.fault.empty()) return;
  if (!value) {
    track.fault = value.error().message;
    return;
  }
  if (track.source->method == EnergyMethod::kPower) {
    track.uj += 0.5 * static_cast<double>(track.last + *value) * static_cast<double>(since_ns) * 1e-9;
  } else if (since_ns > shortest_round_ns(*track.source)) {
    track.fault = fmt::format("{} was not looked at for {:.1f} s, in which it may have gone round more than once", track.source->place,
                              static_cast<double>(since_ns) * 1e-9);
  } else if (const auto more = advance_of_counter(track.last, *value, track.source->range_uj)) {
    track.uj += static_cast<double>(*more);
  } else {
    track.fault = fmt::format("{} went back from {} to {}", track.source->place, track.last, *value);
  }
  track.last = *value;
}

int64_t interval_of(const EnergySource& source) {
  if (source.method == EnergyMethod::kPower) return kPowerEvery_ns;
  const auto third = static_cast<int64_t>(static_cast<double>(shortest_round_ns(source)) / kLooksPerRound);
  return std::clamp(third, kLeastInterval_ns, kMostInterval_ns);
}

}  // namespace

struct EnergyMeter::State {
  std::vector<Track> tracks;
  int64_t interval_ns = kMostInterval_ns;
  std::mutex mutex;
  std::unique_ptr<Sampler> sampler;

  void advance() {
    const std::lock_guard lock(mutex);
    for (Track& track : tracks) advance_track(track);
  }
};

std::optional<int64_t> advance_of_counter(int64_t before, int64_t after, int64_t range_uj) {
  if (after >= before) return after - before;
  if (range_uj <= 0 || before > range_uj) return std::nullopt;
  return range_uj - before + after;
}

int64_t shortest_round_ns(const EnergySource& source) {
  if (source.method == EnergyMethod::kPower || source.range_uj <= 0) return INT64_MAX;
  const double watts = kOverLimit * source.limit_w.value_or(kMostWatts);
  return static_cast<int64_t>(std::min(9e18, static_cast<double>(source.range_uj) * 1e3 / watts));
}

EnergyMeter::EnergyMeter(std::span<const EnergySource> sources) : state_(std::make_unique<State>()) {
  for (const EnergySource& source : sources) {
    state_->tracks.emplace_back().source = &source;
    state_->interval_ns = std::min(state_->interval_ns, interval_of(source));
  }
}
EnergyMeter::EnergyMeter(EnergyMeter&&) noexcept = default;
EnergyMeter& EnergyMeter::operator=(EnergyMeter&&) noexcept = default;
EnergyMeter::~EnergyMeter() = default;

void EnergyMeter::begin() {
  state_->sampler.reset();
  for (Track& track : state_->tracks) begin_track(track);
  if (!state_->tracks.empty()) state_->sampler = std::make_unique<Sampler>(state_->interval_ns, [state = state_.get()] { state->advance(); });
}

std::vector<EnergyAmount> EnergyMeter::end() {
  state_->advance();  // before the thread is waited for, which may take longer than the reading
  state_->sampler.reset();
  std::vector<EnergyAmount> amounts;
  for (const Track& track : state_->tracks) {
    EnergyAmount amount{track.last_ns - track.first_ns, std::nullopt, track.fault};
    if (track.fault.empty()) amount.uj = std::llround(track.uj);
    amounts.push_back(std::move(amount));
  }
  return amounts;
}

std::optional<int64_t> update_period_ns(const EnergySource& source, double limit_s) {
  constexpr int kEnough = 20;
  if (source.method != EnergyMethod::kCounter) return std::nullopt;
  const int64_t end_ns = core::now_ns() + static_cast<int64_t>(limit_s * 1e9);
  auto last = source.read();
  int64_t first_change_ns = 0, last_change_ns = 0;
  int changes = 0;
  while (last && changes <= kEnough && core::now_ns() < end_ns) {
    const auto value = source.read();
    if (value && *value != *last) {
      last_change_ns = core::now_ns();
      if (changes++ == 0) first_change_ns = last_change_ns;
    }
    last = value;
  }
  if (changes < 2) return std::nullopt;
  return (last_change_ns - first_change_ns) / (changes - 1);
}

}  // namespace trainmark::instruments

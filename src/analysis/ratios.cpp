#include "analysis/ratios.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "platforms/twin.hpp"
#include "statistics/estimate.hpp"
#include "statistics/holm.hpp"

namespace trainmark::analysis {
namespace {

using platforms::is_twin;

/// The far end of an interval of a ratio that ought to be 1, as a difference.
double far_end(const statistics::Interval& interval) { return std::max(1 / interval.low, interval.high) - 1; }

/// The ratio of each even round of a process to the next, over all processes: a platform against itself, at hand in every run.
std::optional<statistics::Interval> rounds_against_rounds(const Times& times) {
  std::vector<double> logs;
  for (const auto& rounds : times) {
    for (size_t round = 0; round + 1 < rounds.size(); round += 2) {
      const double log = std::log(rounds[round] / rounds[round + 1]);
      if (!std::isnan(log)) logs.push_back(log);
    }
  }
  const auto mean = statistics::mean_of(logs);
  if (!mean) return std::nullopt;
  const auto interval = statistics::student_interval(*mean, 0.95);
  return statistics::Interval{std::exp(interval.low), std::exp(interval.high)};
}

/// Fewer would be an interval of hundreds of per cent, which says that nothing is known, not that the machine is noisy.
constexpr int64_t kLeastForFloor = 3;

NoiseFloor noise_floor(const WorkloadResult& result, const std::map<std::string, Trials>& trials) {
  NoiseFloor floor;
  for (const PlatformResult& r : result.platforms) {
    if (!is_twin(r.platform, result.baseline) || !r.ratio || !r.ratio->interval || r.processes < kLeastForFloor) continue;
    const double difference = far_end(*r.ratio->interval);
    if (floor.source == NoiseFloor::kTwin && difference <= floor.difference) continue;
    floor = {std::max(kSmallestDifference, difference), NoiseFloor::kTwin, r.platform};
  }
  if (floor.source == NoiseFloor::kTwin) return floor;
  const Times base = headline_times(trials.at(result.baseline));
  size_t rounds = 0;
  for (const auto& process : base) rounds += process.size() / 2;
  const auto interval = rounds_against_rounds(base);
  if (interval && rounds >= kLeastForFloor && far_end(*interval) > kSmallestDifference) floor = {far_end(*interval), NoiseFloor::kRounds, ""};
  return floor;
}

bool exceeds(double ratio, double difference) { return std::max(ratio, 1 / ratio) > 1 + difference; }

/// Corrects over the comparisons that could become claims: those of verified platforms, without twins.
void correct(WorkloadResult& result) {
  std::vector<Ratio*> compared;
  std::vector<double> p;
  for (PlatformResult& r : result.platforms) {
    if (!r.ratio || !r.ratio->p || r.verdict != "verified" || is_twin(r.platform, result.baseline)) continue;
    compared.push_back(&*r.ratio);
    p.push_back(*r.ratio->p);
  }
  const std::vector<double> corrected = statistics::holm(p);
  for (size_t i = 0; i < compared.size(); ++i) {
    compared[i]->p_corrected = corrected[i];
    compared[i]->different = corrected[i] <= kClaimLevel && exceeds(compared[i]->value, result.noise.difference);
  }
}

/// The first against every other ranked one: who is faster than the baseline need not be faster than the second.
bool first_is_fastest(const WorkloadResult& result, const std::map<std::string, Trials>& trials) {
  const PlatformResult& first = result.platforms.front();
  const Times own = headline_times(trials.at(first.platform));
  std::vector<double> p;
  for (const PlatformResult& r : result.platforms) {
    if (r.rank <= 1 || is_twin(r.platform, first.platform)) continue;
    const statistics::PairedRatio ratio(headline_times(trials.at(r.platform)), own);
    if (!ratio.p() || !(ratio.value() > 1 + result.noise.difference)) return false;
    p.push_back(*ratio.p());
  }
  const std::vector<double> corrected = statistics::holm(p);
  return std::all_of(corrected.begin(), corrected.end(), [](double value) { return value <= kClaimLevel; });
}

}  // namespace

void set_claims(WorkloadResult& result, const std::map<std::string, Trials>& trials) {
  if (!result.baseline.empty()) {
    const Times base = headline_times(trials.at(result.baseline));
    for (PlatformResult& r : result.platforms) {
      if (r.platform == result.baseline || r.step_ns.n == 0) continue;
      const statistics::PairedRatio ratio(headline_times(trials.at(r.platform)), base);
      r.ratio = Ratio{ratio.value(), ratio.interval(), ratio.p(), {}, false};
    }
    result.noise = noise_floor(result, trials);
    correct(result);
  }
  if (!result.platforms.empty() && result.platforms.front().rank == 1) result.first_is_fastest = first_is_fastest(result, trials);
}

void add_noise_floor_sentence(const WorkloadResult& result, std::vector<std::string>& out) {
  const std::string percent = fmt::format("{:.1f} %", 100 * result.noise.difference);
  if (result.noise.source == NoiseFloor::kTwin)
    out.push_back(fmt::format("Differences below {} count as noise: so far apart may {} and {} lie.", percent, result.baseline, result.noise.twin));
  const bool decides = std::any_of(result.platforms.begin(), result.platforms.end(), [&](const PlatformResult& r) {
    return r.ratio && r.ratio->p_corrected && *r.ratio->p_corrected <= kClaimLevel && !r.ratio->different && exceeds(r.ratio->value, kSmallestDifference);
  });
  if (result.noise.source == NoiseFloor::kRounds && decides)
    out.push_back(fmt::format("Differences below {} count as noise: so far may the rounds of {} lie from the next ones.", percent, result.baseline));
}

}  // namespace trainmark::analysis

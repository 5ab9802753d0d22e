// One resample = one list of drawn (process, round) pairs; each platform picks its times by that list.
#include "statistics/bootstrap.hpp"

#include <algorithm>
#include <cmath>

#include "core/check.hpp"
#include "core/philox.hpp"
#include "statistics/distributions.hpp"
#include "statistics/summary.hpp"

namespace trainmark::statistics {

namespace {

size_t count_times(Processes times) {
  size_t count = 0;
  for (const auto& process : times) count += static_cast<size_t>(std::count_if(process.begin(), process.end(), [](double time) { return !std::isnan(time); }));
  return count;
}

/// The units to draw from: the processes in which either side has a time, with their number of rounds.
struct Unit {
  uint32_t process;
  uint32_t rounds;
};

std::vector<Unit> drawable(Processes a, Processes b) {
  std::vector<Unit> units;
  for (size_t process = 0; process < std::max(a.size(), b.size()); ++process) {
    const size_t rounds_a = process < a.size() ? a[process].size() : 0;
    const size_t rounds_b = process < b.size() ? b[process].size() : 0;
    const bool any = (rounds_a > 0 && count_times(a.subspan(process, 1)) > 0) || (rounds_b > 0 && count_times(b.subspan(process, 1)) > 0);
    if (any) units.push_back({static_cast<uint32_t>(process), static_cast<uint32_t>(std::max(rounds_a, rounds_b))});
  }
  return units;
}

void append_time(Processes times, uint32_t process, uint32_t round, std::vector<double>& drawn) {
  if (process >= times.size() || round >= times[process].size()) return;
  const double time = times[process][round];
  if (!std::isnan(time)) drawn.push_back(time);
}

/// Draws as many processes as there are and as many rounds of each as it has; `b` takes the same ones.
void resample(Processes a, Processes b, std::span<const Unit> units, core::Philox& random, std::vector<double>& drawn_a, std::vector<double>& drawn_b) {
  drawn_a.clear();
  drawn_b.clear();
  for (size_t draw = 0; draw < units.size(); ++draw) {
    const Unit unit = units[units.size() == 1 ? 0 : random.below(static_cast<uint32_t>(units.size()))];
    for (uint32_t i = 0; i < unit.rounds; ++i) {
      const uint32_t round = random.below(unit.rounds);
      append_time(a, unit.process, round, drawn_a);
      append_time(b, unit.process, round, drawn_b);
    }
  }
}

/// The share of resamples to leave out below the interval (and as many above it).
double tail_share(size_t units, const BootstrapOptions& options) {
  const double tail = 0.5 * (1 - options.confidence);
  if (!options.expanded || units < 2) return tail;
  const auto n = static_cast<double>(units);
  return normal_cdf(std::sqrt(n / (n - 1)) * student_quantile(tail, static_cast<int>(units) - 1));
}

Interval percentiles(std::vector<double>& statistics, double tail) {
  std::sort(statistics.begin(), statistics.end());
  return {quantile_of_sorted(statistics, tail), quantile_of_sorted(statistics, 1 - tail)};
}

/// The units of the highest level that varies: processes, or with one process its rounds.
size_t top_units(std::span<const Unit> units) { return units.size() > 1 ? units.size() : units.front().rounds; }

void check_options(const BootstrapOptions& options) {
  CHECK(options.resamples > 0, "a bootstrap needs at least one resample");
  CHECK(options.confidence > 0 && options.confidence < 1, "a confidence lies between 0 and 1");
}

}  // namespace

double median_of_processes(Processes times) {
  std::vector<double> all;
  for (const auto& process : times) std::copy_if(process.begin(), process.end(), std::back_inserter(all), [](double time) { return !std::isnan(time); });
  return median_in_place(all);
}

std::optional<Interval> bootstrap_median(Processes times, const BootstrapOptions& options) {
  check_options(options);
  if (count_times(times) < 2) return std::nullopt;
  const std::vector<Unit> units = drawable(times, {});
  core::Philox random(options.seed);
  std::vector<double> drawn, none, medians;
  while (medians.size() < static_cast<size_t>(options.resamples)) {
    resample(times, {}, units, random, drawn, none);
    if (!drawn.empty()) medians.push_back(median_in_place(drawn));
  }
  return percentiles(medians, tail_share(top_units(units), options));
}

std::optional<Interval> bootstrap_ratio(Processes numerator, Processes denominator, const BootstrapOptions& options) {
  check_options(options);
  if (count_times(numerator) < 2 || count_times(denominator) < 2) return std::nullopt;
  const std::vector<Unit> units = drawable(numerator, denominator);
  core::Philox random(options.seed);
  std::vector<double> drawn_numerator, drawn_denominator, ratios;
  while (ratios.size() < static_cast<size_t>(options.resamples)) {
    resample(numerator, denominator, units, random, drawn_numerator, drawn_denominator);
    if (drawn_numerator.empty() || drawn_denominator.empty()) continue;  // possible where the sides share few rounds
    ratios.push_back(median_in_place(drawn_numerator) / median_in_place(drawn_denominator));
  }
  return percentiles(ratios, tail_share(top_units(units), options));
}

}  // namespace trainmark::statistics

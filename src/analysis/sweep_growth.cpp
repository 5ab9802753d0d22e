#include "analysis/sweep_growth.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "network/hidden.hpp"
#include "platforms/twin.hpp"
#include "statistics/distributions.hpp"
#include "statistics/estimate.hpp"

namespace trainmark::analysis {
namespace {

/// The ratio a / b at one size.
struct RatioAt {
  int64_t size = 0;
  double log = 0;     ///< of the ratio
  int sure_sign = 0;  ///< -1: a takes less time, 1: b does, 0: the interval holds 1 or there is none
};

std::vector<RatioAt> ratios(const TimesBySize& a_times, const TimesBySize& b_times) {
  std::vector<RatioAt> found;
  for (const auto& [size, a] : a_times) {
    const auto b = b_times.find(size);
    if (b == b_times.end()) continue;
    const statistics::PairedRatio ratio(a, b->second);
    if (!(ratio.value() > 0)) continue;
    const auto interval = ratio.interval();
    found.push_back({size, std::log(ratio.value()), !interval ? 0 : interval->high < 1 ? -1 : interval->low > 1 ? 1 : 0});
  }
  return found;
}

// Where the line through two neighbours in logarithms is 0, between the first pair of neighbours with different signs.
double crossing(const std::vector<RatioAt>& at, size_t first, size_t last) {
  for (size_t i = first; i < last; ++i) {
    if ((at[i].log < 0) == (at[i + 1].log < 0)) continue;
    const double low = std::log(static_cast<double>(at[i].size)), high = std::log(static_cast<double>(at[i + 1].size));
    return std::exp(low + (high - low) * at[i].log / (at[i].log - at[i + 1].log));
  }
  return std::sqrt(static_cast<double>(at[first].size) * static_cast<double>(at[last].size));
}

std::string interval_text(const Growth& growth) {
  return growth.interval ? fmt::format(" ({:.2f} to {:.2f}, 95 %)", growth.interval->low, growth.interval->high) : "";
}

std::string size_text(double size) { return size < 10 ? fmt::format("{:.1f}", size) : fmt::format("{:.0f}", size); }

std::optional<int64_t> largest_common(const Sweep& sweep) {
  std::map<int64_t, size_t> good;
  for (const SweepLine& line : sweep.lines) {
    for (const SweepPoint& point : line.points) good[point.size] += point.cause.empty() ? 1 : 0;
  }
  std::optional<int64_t> largest;
  for (const auto& [size, count] : good) {
    if (count == sweep.lines.size()) largest = size;
  }
  return largest;
}

}  // namespace

std::optional<Growth> growth_of(const TimesBySize& times) {
  std::vector<std::pair<double, double>> points;  // logs of size and of the median of a process
  int64_t sizes = 0;
  for (const auto& [size, own] : times) {
    const auto logs = statistics::process_logs(own);
    sizes += logs.empty() ? 0 : 1;
    for (const double log : logs) points.emplace_back(std::log(static_cast<double>(size)), log);
  }
  if (sizes < 2) return std::nullopt;
  const auto n = static_cast<double>(points.size());
  double mean_x = 0, mean_y = 0, sxx = 0, sxy = 0, residual = 0;
  for (const auto& [x, y] : points) {
    mean_x += x / n;
    mean_y += y / n;
  }
  for (const auto& [x, y] : points) {
    sxx += (x - mean_x) * (x - mean_x);
    sxy += (x - mean_x) * (y - mean_y);
  }
  Growth growth{sxy / sxx, {}, sizes};
  if (points.size() < 3) return growth;
  for (const auto& [x, y] : points) residual += std::pow(y - mean_y - growth.exponent * (x - mean_x), 2);
  const double error = std::sqrt(residual / (n - 2) / sxx);
  const double half = statistics::student_quantile(0.975, static_cast<int>(points.size()) - 2) * error;
  growth.interval = statistics::Interval{growth.exponent - half, growth.exponent + half};
  return growth;
}

void add_crossovers(const std::string& a, const TimesBySize& a_times, const std::string& b, const TimesBySize& b_times, std::vector<Crossover>& out) {
  if (platforms::is_twin(a, b) || platforms::is_twin(b, a)) return;
  const std::vector<RatioAt> at = ratios(a_times, b_times);
  std::optional<size_t> sure;
  for (size_t i = 0; i < at.size(); ++i) {
    if (at[i].sure_sign == 0) continue;
    if (sure && at[*sure].sure_sign != at[i].sure_sign) {
      const bool a_first = at[*sure].sure_sign < 0;
      out.push_back({a_first ? a : b, a_first ? b : a, crossing(at, *sure, i), at[*sure].size, at[i].size});
    }
    sure = i;
  }
}

std::string sweep_title(const WorkloadResult& w, const std::string& varied) {
  const std::string& name = w.workload.network.name;
  std::string title = fmt::format("{} on {}", varied == "hidden" ? network::name_without_width(name) : name, w.workload.dataset.name);
  if (varied != "batch_size") title += ", " + batch_text(w.workload.recipe.batch_size);
  if (varied != "threads") title += fmt::format(", {} thread{}", w.threads, w.threads == 1 ? "" : "s");
  return title;
}

std::vector<std::string> sweep_sentences(const Sweep& sweep) {
  std::vector<std::string> out;
  bool lost = false;
  for (const SweepLine& line : sweep.lines) {
    if (line.growth)
      out.push_back(fmt::format("{}: the step time grows as the {} to the power of {:.2f}{}, over {} sizes.", line.platform, sweep.name, line.growth->exponent,
                                interval_text(*line.growth), line.growth->sizes));
    for (const SweepPoint& point : line.points) {
      if (point.cause.empty()) continue;
      lost = true;
      out.push_back(fmt::format("{} at {} {}: {}.", line.platform, sweep.name, point.size, without_stop(point.cause)));
    }
  }
  for (const Crossover& c : sweep.crossovers) {
    out.push_back(fmt::format("{} is faster at {} {}, {} at {}; they cross at about {}.", c.faster_below, sweep.name, c.below, c.faster_above, c.above,
                              size_text(c.size)));
  }
  if (!lost) return out;
  const auto largest = largest_common(sweep);
  out.push_back(largest ? fmt::format("The largest {} at which every platform did the work is {}: compare platforms there.", sweep.name, *largest)
                        : fmt::format("There is no {} at which every platform did the work.", sweep.name));
  return out;
}

}  // namespace trainmark::analysis

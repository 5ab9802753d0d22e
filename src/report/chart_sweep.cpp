// A line for each platform of a sweep, step time against size, both logarithmic: a power law is straight there.
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <set>

#include "analysis/sweep.hpp"
#include "report/chart_parts.hpp"

namespace trainmark::report {
namespace {

using core::Json;

std::string growth_text(const analysis::SweepLine& line) {
  if (!line.growth) return "-";
  const auto& interval = line.growth->interval;
  return interval ? fmt::format("{:.2f} ({:.2f} to {:.2f})", line.growth->exponent, interval->low, interval->high)
                  : fmt::format("{:.2f}", line.growth->exponent);
}

bool is_drawn(const analysis::SweepLine& line) {
  return std::any_of(line.points.begin(), line.points.end(), [](const analysis::SweepPoint& p) { return p.step_ns && p.cause.empty(); });
}

double least_step_ns(const analysis::Sweep& sweep) {
  double least = std::numeric_limits<double>::infinity();
  for (const auto& line : sweep.lines) {
    for (const auto& point : line.points) least = std::min(least, point.step_ns.value_or(least));
  }
  return least;
}

/// "12.5 us (12.1 to 13.0)", or why there is none.
std::string cell(const analysis::SweepPoint& point) {
  if (!point.cause.empty() || !point.step_ns) return point.cause.empty() ? "-" : point.cause;
  const std::string time = analysis::duration_text(*point.step_ns);
  return point.step ? fmt::format("{} ({} to {})", time, analysis::duration_text(point.step->low), analysis::duration_text(point.step->high)) : time;
}

Table table_of_sweep(const analysis::Sweep& sweep) {
  std::vector<std::vector<std::string>> rows = {{"platform", sweep.name, "time of a step", "growth exponent"}};
  for (const auto& line : sweep.lines) {
    for (const auto& point : line.points) {
      rows.push_back({line.platform, std::to_string(point.size), cell(point), &point == &line.points.front() ? growth_text(line) : ""});
    }
  }
  return table_of(fmt::format("Time of a step against {}", sweep.name), std::move(rows));
}

std::vector<Chart> chart_of(const analysis::Sweep& sweep) {
  const double least = least_step_ns(sweep);
  if (!(least > 0 && least < std::numeric_limits<double>::infinity())) return {};
  const TimeUnit unit = unit_for(least);
  Json points = Json::array();
  std::vector<std::string> platforms, growths;
  std::set<int64_t> sizes;
  for (const auto& line : sweep.lines) {
    if (!is_drawn(line)) continue;
    platforms.push_back(line.platform);
    if (line.growth) growths.push_back(fmt::format("{} {:.2f}", line.platform, line.growth->exponent));
    for (const auto& point : line.points) {
      if (!point.step_ns || !point.cause.empty() || point.size < 1) continue;
      sizes.insert(point.size);
      Json row = {{"platform", line.platform}, {"size", point.size}, {"value", *point.step_ns / unit.ns}, {"low", nullptr}, {"high", nullptr}};
      if (point.step && point.step->low > 0) row.update({{"low", point.step->low / unit.ns}, {"high", point.step->high / unit.ns}});
      points.push_back(std::move(row));
    }
  }
  if (points.empty()) return {};
  Chart chart =
      make_chart("sweep", fmt::format("Time of a step against {}: {}", sweep.name, sweep.title),
                 {{"description", fmt::format("Step time against {}; growth exponents: {}.", sweep.name, growths.empty() ? "none" : some_of(growths))},
                  {"platforms", platforms},
                  {"sizes", sizes},
                  {"x_title", sweep.name},
                  {"unit", unit.name},
                  {"tooltip", tooltip({{"platform", "platform"},
                                       {"size", sweep.name, "d"},
                                       {"value", fmt::format("step ({})", unit.name), ".4"},
                                       {"low", "from", ".4"},
                                       {"high", "to", ".4"}})}});
  chart.note = "A straight line is a power law, its slope the growth exponent of the table: 1 is proportional to the size, 0 is all overhead.";
  return {with_data(std::move(chart), {{"points", points}}, table_of_sweep(sweep), platforms)};
}

}  // namespace

std::vector<Chart> sweep_charts(const analysis::Comparison& comparison) {
  std::vector<Chart> charts;
  for (size_t s = 0; s < comparison.sweeps.size(); ++s) {
    for (Chart& chart : chart_of(comparison.sweeps[s])) {
      chart.section = fmt::format("s{}", s + 1);
      chart.id = chart.section + "-sweep";
      for (const auto& line : comparison.sweeps[s].lines) {
        for (const auto& point : line.points) chart.workloads.insert(point.workload);
      }
      charts.push_back(std::move(chart));
    }
  }
  return charts;
}

}  // namespace trainmark::report

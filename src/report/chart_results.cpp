// Charts of whole results: throughput with intervals, and every platform against every other.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "report/cells.hpp"
#include "report/chart_parts.hpp"

namespace trainmark::report {
namespace {

using analysis::PlatformResult;
using core::Json;

// Throughput goes with the step time, so its interval is that of the step time the other way round.
std::vector<Chart> throughput(const analysis::WorkloadResult& result) {
  Json points = Json::array();
  std::vector<std::string> platforms, values;
  std::vector<std::vector<std::string>> rows = {{"platform", "samples a second", "95 % interval"}};
  double least = std::numeric_limits<double>::infinity(), most = 0;
  for (const PlatformResult* p : charted(result)) {
    if (!p->samples_per_s) continue;
    Json point = {{"platform", p->platform}, {"value", *p->samples_per_s}, {"low", nullptr}, {"high", nullptr}};
    std::string interval = "-";
    if (p->step_interval && p->step_interval->low > 0) {
      point["low"] = *p->samples_per_s * p->step_ns.median / p->step_interval->high;
      point["high"] = *p->samples_per_s * p->step_ns.median / p->step_interval->low;
      interval = fmt::format("{:.4g} to {:.4g}", point["low"].get<double>(), point["high"].get<double>());
    }
    least = std::min(least, *p->samples_per_s);
    most = std::max(most, *p->samples_per_s);
    rows.push_back({p->platform, fmt::format("{:.4g}", *p->samples_per_s), interval});
    values.push_back(fmt::format("{} {:.3g}", p->platform, *p->samples_per_s));
    platforms.push_back(p->platform);
    points.push_back(std::move(point));
  }
  if (points.empty()) return {};
  const std::string scale = scale_for(least, most);
  Chart chart = make_chart("throughput", "Throughput",
                           {{"description", fmt::format("Samples a second with 95 % intervals: {}.", some_of(values))},
                            {"platforms", platforms},
                            {"scale", scale},
                            {"scale_note", scale_note(scale)},
                            {"zero", scale == "linear"},
                            {"tooltip", tooltip({{"platform", "platform"}, {"value", "samples/s", ".4s"}, {"low", "from", ".4s"}, {"high", "to", ".4s"}})}});
  chart.note = "Lines are 95 % intervals over processes; where there is none, there were too few.";
  return {with_data(std::move(chart), {{"points", points}}, table_of("Samples a second", std::move(rows)), platforms)};
}

// How many times as fast a is as b. Against the baseline it is the paired ratio of the table, else that of the medians.
double times_as_fast(const PlatformResult& a, const PlatformResult& b, const std::string& baseline) {
  if (a.platform == b.platform) return 1;
  if (b.platform == baseline && a.ratio) return 1 / a.ratio->value;
  if (a.platform == baseline && b.ratio) return b.ratio->value;
  return b.step_ns.median / a.step_ns.median;
}

std::string factor_text(double factor) {
  if (factor < 0.095) return fmt::format("{:.2g}", factor);
  return factor >= 100 ? fmt::format("{:.0f}", factor) : factor >= 10 ? fmt::format("{:.1f}", factor) : fmt::format("{:.2f}", factor);
}

std::vector<Chart> speed_up(const analysis::WorkloadResult& result) {
  const auto platforms = charted(result);
  if (platforms.size() < 2) return {};
  Json points = Json::array();
  std::vector<std::vector<std::string>> rows = {{"this platform is ... times as fast as"}};
  double most = 1e-9;
  for (const PlatformResult* a : platforms) {
    rows.front().push_back(a->platform);
    for (const PlatformResult* b : platforms) most = std::max(most, std::abs(std::log2(times_as_fast(*a, *b, result.baseline))));
  }
  for (const PlatformResult* a : platforms) {
    rows.push_back({a->platform});
    for (const PlatformResult* b : platforms) {
      const double factor = times_as_fast(*a, *b, result.baseline), log2 = std::log2(factor);
      const std::string text = a == b ? "-" : factor_text(factor);
      rows.back().push_back(text);
      points.push_back(
          {{"row", a->platform}, {"column", b->platform}, {"factor", factor}, {"log2", log2}, {"text", text}, {"strong", std::abs(log2) > 0.55 * most}});
    }
  }
  Chart chart = make_chart("speed-up", "Every platform against every other",
                           {{"description", fmt::format("A matrix of how many times as fast {} are as one another.", some_of(names_of(platforms)))},
                            {"platforms", names_of(platforms)},
                            {"least", -most},
                            {"most", most},
                            {"tooltip", tooltip({{"row", "this"}, {"column", "against"}, {"factor", "times as fast", ".4"}})}});
  chart.note =
      fmt::format("Read a row: how many times as fast this platform is as each of the others. {}Whether a difference holds is said in the sentences above.",
                  result.baseline.empty() ? "" : fmt::format("Against {} ratios are paired by round, between others they are of medians. ", result.baseline));
  return {with_data(std::move(chart), {{"points", points}}, table_of("Speed-up", std::move(rows)), {})};
}

}  // namespace

std::vector<Chart> result_charts(const analysis::WorkloadResult& result) {
  std::vector<Chart> charts = throughput(result);
  for (Chart& chart : speed_up(result)) charts.push_back(std::move(chart));
  return charts;
}

}  // namespace trainmark::report

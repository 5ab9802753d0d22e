// The roofline: ceilings as lines, steps and operations as points, both axes logarithmic.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "analysis/diagnosis.hpp"
#include "report/chart_parts.hpp"
#include "report/roofline.hpp"

namespace trainmark::report {
namespace {

using analysis::Point;
using core::Json;

// By the bytes that kernels touch where they are known, else by compulsory ones; nothing without arithmetic.
Json point_of(const std::string& platform, const Point& point, bool whole) {
  const auto& placed = point.implementation ? point.implementation : point.compulsory;
  if (!placed || !placed->intensity || point.flops <= 0 || !(*placed->intensity > 0) || !(point.gflops > 0)) return nullptr;
  std::string name = whole ? "whole step" : analysis::operation_text(point.operation);
  if (!whole && !point.phase.empty() && point.phase != point.operation) name += ", " + point.phase;
  return {{"platform", platform},
          {"operation", name},
          {"whole", whole},
          {"intensity", *placed->intensity},
          {"gflops", point.gflops},
          {"ceiling", placed->ceiling},
          {"fraction", 100 * placed->fraction},
          {"bytes", point.implementation ? "touched by the kernels" : "compulsory"}};
}

struct Axes {
  double x_low = std::numeric_limits<double>::infinity(), x_high = 0, y_low = x_low, y_high = 0;
};

Axes axes_of(const Json& points, const analysis::Roof& roof) {
  Axes a;
  for (const Json& point : points) {
    a.x_low = std::min(a.x_low, point["intensity"].get<double>());
    a.x_high = std::max(a.x_high, point["intensity"].get<double>());
    a.y_low = std::min(a.y_low, point["gflops"].get<double>());
    a.y_high = std::max(a.y_high, point["gflops"].get<double>());
  }
  for (const auto& level : roof.levels) a.x_high = std::max(a.x_high, 3 * roof.peak_gops / level.gbs);  // so that the ridge is seen
  return {a.x_low / 3, a.x_high * 2, a.y_low / 2, std::max(a.y_high, roof.peak_gops) * 2};
}

// Each level rises to the peak; the peak begins where the fastest level meets it.
void add_roofs(const analysis::Roof& roof, const Axes& a, Json& roofs, Json& labels) {
  double ridge = a.x_high;
  for (const auto& level : roof.levels) {
    if (!(level.gbs > 0)) continue;
    const double from = std::max(a.x_low, a.y_low / level.gbs), to = std::min(a.x_high, roof.peak_gops / level.gbs);
    if (!(from < to)) continue;
    ridge = std::min(ridge, to);
    roofs.push_back({{"roof", level.name}, {"intensity", from}, {"gflops", from * level.gbs}});
    roofs.push_back({{"roof", level.name}, {"intensity", to}, {"gflops", to * level.gbs}});
    labels.push_back({{"intensity", from}, {"gflops", from * level.gbs}, {"flat", false}, {"text", fmt::format("{}, {:.3g} GB/s", level.name, level.gbs)}});
  }
  roofs.push_back({{"roof", "arithmetic"}, {"intensity", ridge}, {"gflops", roof.peak_gops}});
  roofs.push_back({{"roof", "arithmetic"}, {"intensity", a.x_high}, {"gflops", roof.peak_gops}});
  labels.push_back({{"intensity", ridge}, {"gflops", roof.peak_gops}, {"flat", true}, {"text", fmt::format("{}, {:.3g} GFLOP/s", roof.type, roof.peak_gops)}});
}

// A workload on a path: what it is called there.
struct Stop {
  const analysis::WorkloadResult* result = nullptr;
  std::string name;
};

// Whole steps of several workloads below one set of ceilings, by compulsory bytes, which every platform has; in the order of `stops`, joined where
// `joined`. The names stand at the points of the first platform.
std::vector<Chart> path_chart(const std::string& title, const std::string& note, const std::vector<Stop>& stops, bool joined) {
  Json points = Json::array(), roofs = Json::array(), labels = Json::array();
  std::vector<std::string> platforms;
  std::vector<std::vector<std::string>> rows = {{"workload", "platform", "FLOP/byte", "GFLOP/s", "of attainable"}};
  const analysis::Roof* roof = nullptr;
  for (size_t stop = 0; stop < stops.size(); ++stop) {
    if (!stops[stop].result->roof || !(stops[stop].result->roof->peak_gops > 0)) continue;
    for (const auto* p : charted(*stops[stop].result)) {
      if (!p->roofline) continue;
      Point step = p->roofline->step;
      step.implementation.reset();
      Json point = point_of(p->platform, step, true);
      if (point.is_null()) continue;
      roof = &*stops[stop].result->roof;
      if (std::find(platforms.begin(), platforms.end(), p->platform) == platforms.end()) platforms.push_back(p->platform);
      point.update({{"workload", stops[stop].name}, {"order", stop}, {"named", p->platform == platforms.front()}});
      point["path"] = joined ? p->platform : fmt::format("{} {}", p->platform, stop);
      rows.push_back({stops[stop].name, p->platform, fmt::format("{:.3g}", point["intensity"].get<double>()), fmt::format("{:.3g}", step.gflops),
                      fmt::format("{:.0f} %", point["fraction"].get<double>())});
      points.push_back(std::move(point));
    }
  }
  if (points.size() < 2) return {};
  const Axes axes = axes_of(points, *roof);
  add_roofs(*roof, axes, roofs, labels);
  Chart chart = make_chart(
      "roofline-path", title,
      {{"description", fmt::format("Arithmetic intensity and GFLOP/s of {} workloads on {}, below the measured ceilings.", stops.size(), some_of(platforms))},
       {"platforms", platforms},
       {"x_domain", {axes.x_low, axes.x_high}},
       {"y_domain", {axes.y_low, axes.y_high}},
       {"tooltip", tooltip({{"workload", "workload"},
                            {"platform", "platform"},
                            {"intensity", "FLOP/byte", ".3"},
                            {"gflops", "GFLOP/s", ".3"},
                            {"ceiling", "nearest ceiling"},
                            {"fraction", "of attainable (%)", ".3"}})}});
  chart.note = note;
  for (const Stop& stop : stops) chart.shows.insert(stop.result->hash);
  return {with_data(std::move(chart), {{"roofs", roofs}, {"labels", labels}, {"points", points}}, table_of(title, std::move(rows)), platforms)};
}

}  // namespace

// For each number of threads one with all networks, at the first size of each; for each sweep over batch sizes one with its path.
std::vector<Chart> path_charts(const analysis::Comparison& comparison) {
  std::vector<Chart> charts;
  const auto add = [&](std::vector<Chart> made) {
    for (Chart& chart : made) {
      chart.id = fmt::format("p{}-roofline-path", charts.size() + 1);
      charts.push_back(std::move(chart));
    }
  };
  std::map<int, std::vector<Stop>> networks;  // by threads
  for (const analysis::WorkloadResult& w : comparison.workloads) {
    std::vector<Stop>& stops = networks[w.threads];
    const std::string& name = w.workload.network.name;
    if (std::none_of(stops.begin(), stops.end(), [&](const Stop& stop) { return stop.name == name; })) stops.push_back({&w, name});
  }
  for (const auto& [threads, stops] : networks) {
    if (stops.size() < 2) continue;
    add(path_chart(fmt::format("All networks on the roofline, {} thread{}", threads, threads == 1 ? "" : "s"),
                   "Whole steps, by the bytes that their operations must move at least.", stops, false));
  }
  for (const analysis::Sweep& sweep : comparison.sweeps) {
    if (sweep.varied != "batch_size" || sweep.lines.empty()) continue;
    std::vector<Stop> stops;
    for (const analysis::SweepPoint& point : sweep.lines.front().points) {
      const auto found = std::find_if(comparison.workloads.begin(), comparison.workloads.end(), [&](const auto& w) { return w.hash == point.hash; });
      if (found != comparison.workloads.end()) stops.push_back({&*found, std::to_string(point.size)});
    }
    add(path_chart(fmt::format("The path of the batch sizes on the roofline: {}", sweep.title),
                   "Whole steps at growing batch sizes, by the bytes that their operations must move at least.", stops, true));
  }
  return charts;
}

std::vector<Chart> roofline_charts(const analysis::WorkloadResult& result) {
  if (!result.roof || !(result.roof->peak_gops > 0)) return {};
  Json points = Json::array(), roofs = Json::array(), labels = Json::array();
  std::vector<std::string> platforms;
  for (const auto* p : charted(result)) {
    if (!p->roofline) continue;
    const size_t before = points.size();
    if (const Json point = point_of(p->platform, p->roofline->step, true); !point.is_null()) points.push_back(point);
    for (const Point& operation : p->roofline->operations) {
      if (const Json point = point_of(p->platform, operation, false); !point.is_null()) points.push_back(point);
    }
    if (points.size() > before) platforms.push_back(p->platform);
  }
  if (points.empty()) return {};
  const Axes axes = axes_of(points, *result.roof);
  add_roofs(*result.roof, axes, roofs, labels);
  Chart chart = make_chart("roofline", "Roofline",
                           {{"description", fmt::format("Arithmetic intensity and GFLOP/s of {}, below the measured ceilings of {} thread{}.",
                                                        some_of(platforms), result.threads, result.threads == 1 ? "" : "s")},
                            {"platforms", platforms},
                            {"x_domain", {axes.x_low, axes.x_high}},
                            {"y_domain", {axes.y_low, axes.y_high}},
                            {"tooltip", tooltip({{"platform", "platform"},
                                                 {"operation", "operation"},
                                                 {"intensity", "FLOP/byte", ".3"},
                                                 {"gflops", "GFLOP/s", ".3"},
                                                 {"ceiling", "nearest ceiling"},
                                                 {"fraction", "of attainable (%)", ".3"},
                                                 {"bytes", "bytes"}})}});
  chart.note =
      "Large points are whole steps, small ones operations. Lines are the ceilings that this run measured on this machine: bandwidths rise, arithmetic is "
      "flat.";
  return {with_data(std::move(chart), {{"roofs", roofs}, {"labels", labels}, {"points", points}}, table_of(roofline_caption(result), roofline_rows(result)),
                    platforms)};
}

}  // namespace trainmark::report

// The roofline: ceilings as lines, steps and operations as points, both axes logarithmic.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "analysis/diagnosis.hpp"
#include "report/chart_parts.hpp"
#include "report/machines.hpp"
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

Axes axes_of(const Json& points, const std::vector<const analysis::Roof*>& roofs) {
  Axes a;
  for (const Json& point : points) {
    a.x_low = std::min(a.x_low, point["intensity"].get<double>());
    a.x_high = std::max(a.x_high, point["intensity"].get<double>());
    a.y_low = std::min(a.y_low, point["gflops"].get<double>());
    a.y_high = std::max(a.y_high, point["gflops"].get<double>());
  }
  for (const analysis::Roof* roof : roofs) {
    for (const auto& level : roof->levels) a.x_high = std::max(a.x_high, 3 * roof->peak_gops / level.gbs);  // so that the ridge is seen
    a.y_high = std::max(a.y_high, roof->peak_gops);
  }
  return {a.x_low / 3, a.x_high * 2, a.y_low / 2, a.y_high * 2};
}

// Each level rises to the peak; the peak begins where the fastest level meets it. `whose`: "" or "laptop: ".
void add_roofs(const analysis::Roof& roof, const std::string& whose, const Axes& a, Json& roofs, Json& labels) {
  double ridge = a.x_high;
  for (const auto& level : roof.levels) {
    if (!(level.gbs > 0)) continue;
    const double from = std::max(a.x_low, a.y_low / level.gbs), to = std::min(a.x_high, roof.peak_gops / level.gbs);
    if (!(from < to)) continue;
    ridge = std::min(ridge, to);
    roofs.push_back({{"roof", whose + level.name}, {"intensity", from}, {"gflops", from * level.gbs}});
    roofs.push_back({{"roof", whose + level.name}, {"intensity", to}, {"gflops", to * level.gbs}});
    labels.push_back(
        {{"intensity", from}, {"gflops", from * level.gbs}, {"flat", false}, {"text", fmt::format("{}{}, {:.3g} GB/s", whose, level.name, level.gbs)}});
  }
  roofs.push_back({{"roof", whose + "arithmetic"}, {"intensity", ridge}, {"gflops", roof.peak_gops}});
  roofs.push_back({{"roof", whose + "arithmetic"}, {"intensity", a.x_high}, {"gflops", roof.peak_gops}});
  labels.push_back(
      {{"intensity", ridge}, {"gflops", roof.peak_gops}, {"flat", true}, {"text", fmt::format("{}{}, {:.3g} GFLOP/s", whose, roof.type, roof.peak_gops)}});
}

/// Steps that stand below the same ceilings: of a workload, or of a machine.
struct Stop {
  std::string name;                                  // what it is called on the chart
  std::string whose;                                 // before the names of its ceilings; "" where all stops have the same
  const analysis::Roof* roof = nullptr;              // null: not measured
  std::vector<std::pair<std::string, Point>> steps;  // by platform
};

Stop stop_of(const analysis::WorkloadResult& result, const std::string& name) {
  Stop stop{name, "", result.roof ? &*result.roof : nullptr, {}};
  for (const auto* p : charted(result)) {
    if (p->roofline) stop.steps.emplace_back(p->platform, p->roofline->step);
  }
  return stop;
}

// Whole steps below their ceilings, by compulsory bytes, which every platform has; in the order of `stops`, joined where `joined`. The names
// stand at the points of the first platform.
std::vector<Chart> path_chart(const std::string& title, const std::string& note, const std::vector<Stop>& stops, bool joined) {
  Json points = Json::array(), roofs = Json::array(), labels = Json::array();
  std::vector<std::string> platforms;
  std::vector<std::vector<std::string>> rows = {{"what", "platform", "FLOP/byte", "GFLOP/s", "of attainable"}};
  std::map<std::string, const analysis::Roof*> drawn;  // by whose they are
  for (size_t stop = 0; stop < stops.size(); ++stop) {
    if (stops[stop].roof == nullptr || !(stops[stop].roof->peak_gops > 0)) continue;
    for (auto [platform, step] : stops[stop].steps) {
      step.implementation.reset();
      Json point = point_of(platform, step, true);
      if (point.is_null()) continue;
      drawn[stops[stop].whose] = stops[stop].roof;
      if (std::find(platforms.begin(), platforms.end(), platform) == platforms.end()) platforms.push_back(platform);
      point.update({{"workload", stops[stop].name}, {"order", stop}, {"named", platform == platforms.front()}});
      point["path"] = joined ? platform : fmt::format("{} {}", platform, stop);
      rows.push_back({stops[stop].name, platform, fmt::format("{:.3g}", point["intensity"].get<double>()), fmt::format("{:.3g}", step.gflops),
                      fmt::format("{:.0f} %", point["fraction"].get<double>())});
      points.push_back(std::move(point));
    }
  }
  if (points.size() < 2) return {};
  std::vector<const analysis::Roof*> all;
  for (const auto& [whose, roof] : drawn) all.push_back(roof);
  const Axes axes = axes_of(points, all);
  for (const auto& [whose, roof] : drawn) add_roofs(*roof, whose, axes, roofs, labels);
  Chart chart = make_chart(
      "roofline-path", title,
      {{"description", fmt::format("Arithmetic intensity and GFLOP/s of {} steps of {}, below the measured ceilings.", points.size(), some_of(platforms))},
       {"platforms", platforms},
       {"x_domain", {axes.x_low, axes.x_high}},
       {"y_domain", {axes.y_low, axes.y_high}},
       {"tooltip", tooltip({{"workload", "what"},
                            {"platform", "platform"},
                            {"intensity", "FLOP/byte", ".3"},
                            {"gflops", "GFLOP/s", ".3"},
                            {"ceiling", "nearest ceiling"},
                            {"fraction", "of attainable (%)", ".3"}})}});
  chart.note = note;
  chart.section = "drawings";
  return {with_data(std::move(chart), {{"roofs", roofs}, {"labels", labels}, {"points", points}}, table_of(title, std::move(rows)), platforms)};
}

}  // namespace

// For each number of threads one with all networks, at the first size of each; for each sweep over batch sizes one with its path.
std::vector<Chart> path_charts(const analysis::Comparison& comparison) {
  std::vector<Chart> charts;
  const auto add = [&](std::vector<Chart> made, const std::set<size_t>& workloads) {
    for (Chart& chart : made) {
      chart.id = fmt::format("p{}-roofline-path", charts.size() + 1);
      chart.workloads = workloads;
      charts.push_back(std::move(chart));
    }
  };
  struct Path {
    std::vector<Stop> stops;
    std::set<size_t> workloads;
  };
  std::map<int, Path> networks;  // by threads
  for (size_t w = 0; w < comparison.workloads.size(); ++w) {
    const analysis::WorkloadResult& result = comparison.workloads[w];
    Path& path = networks[result.threads];
    const std::string& name = result.workload.network.name;
    if (std::any_of(path.stops.begin(), path.stops.end(), [&](const Stop& stop) { return stop.name == name; })) continue;
    path.stops.push_back(stop_of(result, name));
    path.workloads.insert(w);
  }
  for (const auto& [threads, path] : networks) {
    if (path.stops.size() < 2) continue;
    add(path_chart(fmt::format("All networks on the roofline, {} thread{}", threads, threads == 1 ? "" : "s"),
                   "Whole steps, by the bytes that their operations must move at least.", path.stops, false),
        path.workloads);
  }
  for (const analysis::Sweep& sweep : comparison.sweeps) {
    if (sweep.varied != "batch_size" || sweep.lines.empty()) continue;
    Path path;
    for (const analysis::SweepPoint& point : sweep.lines.front().points) {
      path.stops.push_back(stop_of(comparison.workloads.at(point.workload), std::to_string(point.size)));
      path.workloads.insert(point.workload);
    }
    add(path_chart(fmt::format("The path of the batch sizes on the roofline: {}", sweep.title),
                   "Whole steps at growing batch sizes, by the bytes that their operations must move at least.", path.stops, true),
        path.workloads);
  }
  return charts;
}

std::vector<Chart> machine_charts(const analysis::Comparison& comparison, bool anonymous) {
  std::vector<Chart> charts;
  for (const analysis::MachineWorkload& w : comparison.machines) {
    std::vector<Stop> stops;
    const auto names = machine_headings(w, anonymous);
    for (size_t i = 0; i < w.columns.size(); ++i) {
      const analysis::MachineColumn& column = w.columns[i];
      stops.push_back({names[i], names[i] + ": ", column.roof ? &*column.roof : nullptr, {column.steps.begin(), column.steps.end()}});
    }
    for (Chart& chart :
         path_chart("Each machine on its own roofline: " + w.title,
                    "Whole steps, by the bytes that their operations must move at least, below the ceilings that each machine measured.", stops, false)) {
      chart.section = "machines";
      chart.id = fmt::format("m{}-roofline-path", charts.size() + 1);
      charts.push_back(std::move(chart));
    }
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
  const Axes axes = axes_of(points, {&*result.roof});
  add_roofs(*result.roof, "", axes, roofs, labels);
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

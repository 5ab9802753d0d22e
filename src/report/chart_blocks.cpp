// Charts of single blocks: times of steps with every point, and when blocks ran.
#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "analysis/times.hpp"
#include "report/chart_parts.hpp"
#include "statistics/summary.hpp"

namespace trainmark::report {
namespace {

using core::Json;
using trial::BlockRecord;

bool is_timed(const BlockRecord& block) { return block.kind == trial::BlockKind::kTimed && block.steps > 0; }
double step_ns(const BlockRecord& block) { return static_cast<double>(block.elapsed_ns) / static_cast<double>(block.steps); }

// Processes lie in lanes above each other, so that one that differs from the others is seen; blocks of one process are spread a little.
double lane_of(int64_t process, int64_t processes, int64_t block) {
  const double spread = 0.5 * (static_cast<double>((block * 7) % 11) / 10 - 0.5);
  const double lane = processes > 1 ? static_cast<double>(process) - static_cast<double>(processes - 1) / 2 : 0;
  return (lane + spread) / (static_cast<double>(processes) / 2 + 0.25);
}

// A layer without marks would make Vega warn of an axis without extent.
bool any(const Json& points, const char* key, bool value) {
  return std::any_of(points.begin(), points.end(), [&](const Json& point) { return point[key] == value; });
}

Table step_table(const store::RunData& data, const analysis::WorkloadResult& result) {
  std::vector<std::vector<std::string>> rows = {{"platform, process", "blocks", "disturbed", "least", "first quartile", "median", "third quartile", "most"}};
  for (const auto* p : charted(result)) {
    for (const store::TrialData* t : analysis::trials_of(data, result, p->platform)) {
      std::vector<double> times;
      size_t disturbed = 0, all = 0;
      for (const BlockRecord& b : t->blocks) {
        if (!is_timed(b)) continue;
        ++all;
        if (b.disturbed) ++disturbed;
        if (!b.disturbed || p->disturbed_blocks == p->blocks) times.push_back(step_ns(b));
      }
      if (all == 0) continue;
      std::vector<std::string> row = {fmt::format("{}, {}", p->platform, t->trial.repetition + 1), std::to_string(all), std::to_string(disturbed)};
      if (times.empty()) {
        row.insert(row.end(), 5, "-");
      } else {
        const statistics::Summary s = statistics::summarise(times);
        for (const double ns : {s.minimum, s.q1, s.median, s.q3, *std::max_element(times.begin(), times.end())}) row.push_back(analysis::duration_text(ns));
      }
      rows.push_back(std::move(row));
    }
  }
  return table_of("Time of a step in the blocks that count, by process", std::move(rows));
}

std::vector<Chart> step_chart(const store::RunData& data, const analysis::WorkloadResult& result) {
  const auto platforms = charted(result);
  Json points = Json::array();
  double least = std::numeric_limits<double>::infinity(), most = 0;
  std::vector<std::string> medians;
  for (const auto* p : platforms) {
    const auto trials = analysis::trials_of(data, result, p->platform);
    for (size_t i = 0; i < trials.size(); ++i) {
      for (const BlockRecord& b : trials[i]->blocks) {
        if (!is_timed(b)) continue;
        least = std::min(least, step_ns(b));
        most = std::max(most, step_ns(b));
        points.push_back({{"platform", p->platform},
                          {"process", trials[i]->trial.repetition + 1},
                          {"round", b.round + 1},
                          {"time", step_ns(b)},
                          {"lane", lane_of(static_cast<int64_t>(i), static_cast<int64_t>(trials.size()), b.index)},
                          {"disturbed", b.disturbed},
                          {"counts", !b.disturbed || p->disturbed_blocks == p->blocks}});
      }
    }
    medians.push_back(fmt::format("{} {}", p->platform, analysis::duration_text(p->step_ns.median)));
  }
  if (points.empty()) return {};
  const TimeUnit unit = unit_for(platforms.front()->step_ns.median);
  for (Json& point : points) point["time"] = point["time"].get<double>() / unit.ns;
  const char* what = result.workload.neighbours ? "Time of a batch of queries" : "Time of a step";
  const std::string scale = scale_for(least, most);
  Chart chart = make_chart("step-time", what,
                           {{"description", fmt::format("{}, box plots with every timed block. Medians: {}.", what, some_of(medians))},
                            {"platforms", names_of(platforms)},
                            {"unit", unit.name},
                            {"scale", scale},
                            {"scale_note", scale_note(scale)},
                            {"tooltip", tooltip({{"platform", "platform"},
                                                 {"process", "process"},
                                                 {"round", "round"},
                                                 {"time", fmt::format("step ({})", unit.name), ".4"},
                                                 {"disturbed", "disturbed"}})}});
  chart.note =
      "Each point is a timed block; processes lie above each other. A box holds the middle half of the blocks and their median, whiskers reach as far as 1.5 "
      "boxes.";
  const bool disturbed = any(points, "disturbed", true), undisturbed = any(points, "disturbed", false);
  if (disturbed) chart.note += " Crosses are blocks that something else on the machine disturbed; they count only where a platform has no others.";
  Json& layers = chart.spec["layer"];
  if (!disturbed) layers.erase(2);
  if (!undisturbed) layers.erase(1);
  return {with_data(std::move(chart), {{"points", points}}, step_table(data, result), names_of(platforms))};
}

std::vector<Chart> timeline(const store::RunData& data, const analysis::WorkloadResult& result) {
  const auto platforms = charted(result);
  Json points = Json::array();
  int64_t first = std::numeric_limits<int64_t>::max(), last = 0;
  std::vector<std::vector<std::string>> rows = {{"platform", "blocks", "disturbed", "time in blocks", "time in disturbed blocks"}};
  for (const auto* p : platforms) {
    int64_t blocks = 0, disturbed = 0, ns = 0, disturbed_ns = 0;
    for (const store::TrialData* t : analysis::trials_of(data, result, p->platform)) {
      for (const BlockRecord& b : t->blocks) {
        if (!is_timed(b) || b.started_wall_ns <= 0) continue;
        first = std::min(first, b.started_wall_ns);
        last = std::max(last, b.started_wall_ns + b.elapsed_ns);
        ++blocks, ns += b.elapsed_ns;
        if (b.disturbed) ++disturbed, disturbed_ns += b.elapsed_ns;
        points.push_back({{"platform", p->platform},
                          {"process", t->trial.repetition + 1},
                          {"start", b.started_wall_ns},
                          {"length", b.elapsed_ns},
                          {"disturbed", b.disturbed}});
      }
    }
    if (blocks > 0) {
      rows.push_back({p->platform, std::to_string(blocks), std::to_string(disturbed), analysis::duration_text(static_cast<double>(ns)),
                      disturbed > 0 ? analysis::duration_text(static_cast<double>(disturbed_ns)) : "-"});
    }
  }
  if (points.empty()) return {};
  const double length = static_cast<double>(last - first);
  const bool minutes = length > 300e9;
  const TimeUnit unit = minutes ? TimeUnit{"min", 60e9} : unit_for(length);
  for (Json& point : points) {
    const double start = static_cast<double>(point["start"].get<int64_t>() - first);
    point["end"] = (start + point["length"].get<double>()) / unit.ns;
    point["start"] = start / unit.ns;
    point["length"] = point["length"].get<double>() * 1e-6;
  }
  Chart chart = make_chart("timeline", "When blocks ran, and which were disturbed",
                           {{"description", fmt::format("Timed blocks of {} over the run; crosses are disturbed ones.", some_of(names_of(platforms)))},
                            {"platforms", names_of(platforms)},
                            {"unit", unit.name},
                            {"tooltip", tooltip({{"platform", "platform"},
                                                 {"process", "process"},
                                                 {"start", fmt::format("at ({})", unit.name), ".4"},
                                                 {"length", "length (ms)", ".4"},
                                                 {"disturbed", "disturbed"}})}});
  if (!any(points, "disturbed", true)) chart.spec["layer"].erase(1);
  chart.note = "Platforms take turns; a cross is a block that something else on the machine disturbed. Gaps are starts, warm-up, evaluation and proof.";
  return {with_data(std::move(chart), {{"points", points}}, table_of("Blocks and disturbed blocks", std::move(rows)), names_of(platforms))};
}

}  // namespace

std::vector<Chart> block_charts(const store::RunData& data, const analysis::WorkloadResult& result) {
  std::vector<Chart> charts = step_chart(data, result);
  for (Chart& chart : timeline(data, result)) charts.push_back(std::move(chart));
  return charts;
}

}  // namespace trainmark::report

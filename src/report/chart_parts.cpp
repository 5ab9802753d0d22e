// Charts of what figures consist of: the way to the first step, memory by component, energy, operations side by side.
#include "report/chart_parts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <set>

#include "analysis/diagnosis.hpp"
#include "report/energy_table.hpp"
#include "report/memory_table.hpp"
#include "report/operations.hpp"
#include "report/start_up.hpp"

namespace trainmark::report {
namespace {

using analysis::PlatformResult;
using core::Json;

struct Part {
  const PlatformResult* platform;
  std::string name;
  double value;
};

// Parts are in order, from dark to light (viridis), so that neighbours differ in lightness.
Json part_colours(size_t count) {
  static const std::vector<std::vector<const char*>> by_count = {{"#31688e"},
                                                                 {"#31688e", "#7ad151"},
                                                                 {"#3b528b", "#21918c", "#a5db36"},
                                                                 {"#414487", "#2a788e", "#22a884", "#bddf26"},
                                                                 {"#482878", "#31688e", "#1f9e89", "#6ece58", "#e6d321"},
                                                                 {"#482878", "#3b528b", "#21918c", "#4ac16d", "#a5db36", "#f0d91d"},
                                                                 {"#482878", "#414487", "#31688e", "#21918c", "#35b779", "#90d743", "#f0d91d"},
                                                                 {"#472777", "#3e4989", "#31688e", "#26828e", "#1f9e89", "#55c667", "#a5db36", "#f0d91d"}};
  const auto& chosen = by_count[std::clamp<size_t>(count, 1, by_count.size()) - 1];
  return chosen;
}

/// A stacked bar for each platform.
std::vector<Chart> stacked(const char* name, const char* title, const std::string& axis, const std::string& note, const std::vector<Part>& parts,
                           const std::vector<std::string>& order, Table table) {
  Json points = Json::array();
  std::vector<std::string> platforms, present;
  std::set<std::string> seen;
  for (const Part& part : parts) {
    if (part.value > 0) seen.insert(part.name);
  }
  std::copy_if(order.begin(), order.end(), std::back_inserter(present), [&](const std::string& one) { return seen.contains(one); });
  for (const Part& part : parts) {
    if (!(part.value > 0)) continue;
    const auto at = std::find(present.begin(), present.end(), part.name) - present.begin();
    points.push_back({{"platform", part.platform->platform}, {"part", part.name}, {"value", part.value}, {"order", at}});
    if (std::find(platforms.begin(), platforms.end(), part.platform->platform) == platforms.end()) platforms.push_back(part.platform->platform);
  }
  if (points.empty()) return {};
  Chart chart = make_chart(name, title,
                           {{"file", "parts"},
                            {"description", fmt::format("{} of {}, as bars made of {}.", title, some_of(platforms), analysis::list_of(present))},
                            {"title", axis},
                            {"platforms", platforms},
                            {"parts", present},
                            {"part_colours", part_colours(present.size())},
                            {"tooltip", tooltip({{"platform", "platform"}, {"part", "part"}, {"value", axis, ".4"}})}});
  chart.note = note;
  return {with_data(std::move(chart), {{"points", points}}, std::move(table), {})};
}

std::vector<Chart> start_up(const analysis::WorkloadResult& result) {
  std::vector<Part> parts;
  for (const PlatformResult* p : charted(result)) {
    const std::initializer_list<std::pair<const char*, std::optional<double>>> all = {
        {"start", p->start_ns}, {"build", p->build_ns}, {"compile", p->compile_ns}, {"samples", p->input_ns}, {"first step", p->first_step_ns}};
    for (const auto& [name, ns] : all) {
      if (ns) parts.push_back({p, name, *ns * 1e-9});
    }
  }
  return stacked("start-up", "From the start to the end of the first step", "time (s)",
                 "Medians over processes, with empty compiler caches. None of this is in the times of steps.", parts,
                 {"start", "build", "compile", "samples", "first step"}, table_of(start_up_caption(result), start_up_rows(result)));
}

std::vector<Chart> memory(const analysis::WorkloadResult& result) {
  constexpr double kMiB = 1 << 20;
  std::vector<Part> parts;
  for (const PlatformResult* p : charted(result)) {
    for (const std::string name : analysis::kMemoryComponents) {
      if (const auto bytes = analysis::component_bytes(*p, name)) {
        parts.push_back({p, name == "optimiser_state" ? "optimiser state" : name, static_cast<double>(*bytes) / kMiB});
      }
    }
    if (p->memory.samples_bytes) parts.push_back({p, "samples", static_cast<double>(*p->memory.samples_bytes) / kMiB});
    if (p->memory.overhead_bytes) {
      parts.push_back({p, "overhead", static_cast<double>(*p->memory.overhead_bytes) / kMiB});
    } else if (p->peak_rss_bytes && !p->memory.total_bytes) {
      parts.push_back({p, "not told apart", static_cast<double>(*p->peak_rss_bytes) / kMiB});
    }
  }
  return stacked("memory", "Memory while training, by component", "memory (MiB)",
                 "Overhead is what no component accounts for: interpreter, libraries, compiled code, reserves of allocators.", parts,
                 {"parameters", "optimiser state", "activations", "gradients", "workspace", "input", "samples", "overhead", "not told apart"},
                 table_of(memory_component_caption(), memory_component_rows(result)));
}

void add_energy(Json& points, std::vector<std::string>& rows, const PlatformResult& p, const analysis::EnergyFigures& figures, const char* where) {
  if (!figures.joules) return;
  const std::string row = fmt::format("{}, {}", p.platform, where);
  Json point = {{"platform", p.platform}, {"row", row}, {"value", *figures.joules}, {"low", nullptr}, {"high", nullptr}};
  if (figures.joules_deviation) {
    point["low"] = std::max(0.0, *figures.joules - *figures.joules_deviation);
    point["high"] = *figures.joules + *figures.joules_deviation;
  }
  rows.push_back(row);
  points.push_back(std::move(point));
}

std::vector<Chart> energy(const analysis::WorkloadResult& result) {
  Json points = Json::array();
  std::vector<std::string> rows, platforms;
  for (const PlatformResult* p : charted(result)) {
    if (!p->energy) continue;
    const size_t before = rows.size();
    add_energy(points, rows, *p, p->energy->host, "host");
    if (p->energy->device) add_energy(points, rows, *p, *p->energy->device, "device");
    if (rows.size() > before) platforms.push_back(p->platform);
  }
  if (points.empty()) return {};
  Chart chart = make_chart(
      "energy", "Energy of one training",
      {{"description", fmt::format("Joules of one training, of {}.", some_of(rows))},
       {"rows", rows},
       {"platforms", platforms},
       {"tooltip", tooltip({{"row", "platform"}, {"value", "energy (J)", ".4s"}, {"low", "less a deviation", ".4s"}, {"high", "plus a deviation", ".4s"}})}});
  chart.note = "Means over repetitions; lines reach one standard deviation to either side.";
  return {with_data(std::move(chart), {{"points", points}}, table_of(energy_caption(result), energy_rows(result)), platforms)};
}

std::vector<Chart> operations(const analysis::WorkloadResult& result) {
  Json points = Json::array();
  std::vector<std::string> platforms, order;
  std::vector<std::string> words = worker::operation_words();
  double longest = 0;
  for (const PlatformResult* p : charted(result)) {
    if (!p->operations || !p->operations->reason.empty()) continue;
    const auto add = [&](const std::string& name, double ns) {
      if (!(ns > 0)) return;
      longest = std::max(longest, ns);
      points.push_back({{"platform", p->platform}, {"operation", name}, {"time", ns}, {"share", 100 * ns / p->operations->step.step_ns}});
    };
    for (const std::string& word : words) add(analysis::operation_text(word), analysis::time_in(*p->operations, word, ""));
    add("rest", p->operations->step.rest_ns());
    platforms.push_back(p->platform);
  }
  if (points.empty()) return {};
  const TimeUnit unit = unit_for(longest / 30);
  std::set<std::string> present;
  for (Json& point : points) {
    point["time"] = point["time"].get<double>() / unit.ns;
    present.insert(point["operation"].get<std::string>());
  }
  words.push_back("rest");
  for (const std::string& word : words) {
    if (present.contains(analysis::operation_text(word))) order.push_back(analysis::operation_text(word));
  }
  Chart chart = make_chart("operations", "Operations side by side",
                           {{"description", fmt::format("Time of each operation in a step, of {}.", some_of(platforms))},
                            {"platforms", platforms},
                            {"operations", order},
                            {"unit", unit.name},
                            {"tooltip", tooltip({{"platform", "platform"},
                                                 {"operation", "operation"},
                                                 {"time", fmt::format("time ({})", unit.name), ".4"},
                                                 {"share", "share of the step (%)", ".3"}})}});
  chart.note = "Of one step, forward and backward together, while its operations are timed; what a platform fuses into a product counts with the product.";
  return {with_data(std::move(chart), {{"points", points}}, table_of(operations_caption(result), operation_rows(result)), platforms)};
}

}  // namespace

std::vector<Chart> part_charts(const analysis::WorkloadResult& result) {
  std::vector<Chart> charts;
  for (auto made : {start_up(result), memory(result), energy(result), operations(result)}) {
    std::move(made.begin(), made.end(), std::back_inserter(charts));
  }
  return charts;
}

}  // namespace trainmark::report

// Grouping: a workload's text without the size that is varied is the same for all points of a sweep.
#include "analysis/sweep.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "analysis/comparison.hpp"
#include "analysis/sweep_growth.hpp"
#include "analysis/times.hpp"
#include "network/hidden.hpp"
#include "statistics/estimate.hpp"

namespace trainmark::analysis {
namespace {

/// What a sweep may vary.
struct Variable {
  const char *varied, *name;
  std::optional<int64_t> (*size)(const WorkloadResult&);  ///< none: the workload has no such size
  void (*erase)(const WorkloadResult&, core::Json&);
};

// Workloads whose perceptron has another width are made equal by giving both the width 1.
void erase_hidden(const WorkloadResult& w, core::Json& json) {
  auto narrow = network::with_hidden_width(w.workload.network, 1);
  if (!narrow) return;
  workload::Workload copy = w.workload;
  copy.network = *std::move(narrow);
  copy.network.name = network::name_without_width(w.workload.network.name);
  json["network"] = workload::to_json(copy)["network"];
  json["network"].erase("description");
}

const std::array<Variable, 4> kVariables = {{
    {"batch_size", "batch size", [](const WorkloadResult& w) { return std::optional(workload::batch_of_step(w.workload, 0)); },
     [](const WorkloadResult&, core::Json& json) { json["recipe"].erase("batch_size"); }},
    {"hidden", "hidden width", [](const WorkloadResult& w) { return network::hidden_width(w.workload.network); }, erase_hidden},
    {"train_count", "training samples", [](const WorkloadResult& w) { return std::optional(w.workload.dataset.train_count); },
     [](const WorkloadResult&, core::Json& json) { json["dataset"].erase("train_count"); }},
    {"threads", "threads", [](const WorkloadResult& w) { return std::optional(int64_t{w.threads}); },
     [](const WorkloadResult&, core::Json& json) { json.erase("threads"); }},
}};

std::string key_of(const WorkloadResult& w, const Variable& variable) {
  core::Json json = workload::to_json(w.workload);
  json.erase("formulas");
  json.erase("derived");
  json["network"].erase("description");
  json["threads"] = w.threads;
  variable.erase(w, json);
  return json.dump();
}

using Group = std::map<int64_t, const WorkloadResult*>;  // by size

// In the order of the first workload of each.
std::vector<Group> groups_of(const Comparison& comparison, const Variable& variable) {
  std::vector<Group> groups;
  std::map<std::string, size_t> places;
  for (const WorkloadResult& w : comparison.workloads) {
    const auto size = variable.size(w);
    if (!size || *size < 1) continue;
    const auto [place, is_new] = places.emplace(key_of(w, variable), groups.size());
    if (is_new) groups.emplace_back();
    groups[place->second].emplace(*size, &w);
  }
  std::erase_if(groups, [](const Group& group) { return group.size() < 2; });
  return groups;
}

std::string cause_of(const PlatformResult& p) {
  const auto obstacle = obstacle_of(p);
  if (!obstacle) return "";
  return obstacle->why.empty() ? obstacle->what : obstacle->what + ": " + without_stop(obstacle->why);
}

SweepPoint point_of(int64_t size, size_t place, const WorkloadResult& w, const PlatformResult& p) {
  SweepPoint point;
  point.size = size;
  point.hash = w.hash;
  point.workload = place;
  point.processes = p.processes;
  point.cause = cause_of(p);
  if (!point.cause.empty()) return point;
  const auto batch = static_cast<double>(workload::batch_of_step(w.workload, 0));
  point.step_ns = p.step_ns.median;
  point.step = p.step_interval;
  point.sample_ns = p.step_ns.median / batch;
  if (p.step_interval) point.sample = statistics::Interval{p.step_interval->low / batch, p.step_interval->high / batch};
  return point;
}

std::vector<std::string> platforms_of(const Group& group) {
  std::vector<std::string> names;
  for (const auto& [size, w] : group) {
    for (const PlatformResult& p : w->platforms) {
      if (std::find(names.begin(), names.end(), p.platform) == names.end()) names.push_back(p.platform);
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

Sweep sweep_of(const Group& group, const Variable& variable, const Comparison& comparison, const store::RunData& data) {
  Sweep sweep;
  sweep.varied = variable.varied;
  sweep.name = variable.name;
  sweep.title = sweep_title(*group.begin()->second, variable.varied);
  std::map<std::string, std::map<int64_t, Times>> times;  // of the points that count
  for (const std::string& platform : platforms_of(group)) {
    SweepLine line;
    line.platform = platform;
    for (const auto& [size, w] : group) {
      const auto p = std::find_if(w->platforms.begin(), w->platforms.end(), [&](const PlatformResult& r) { return r.platform == platform; });
      if (p == w->platforms.end()) continue;
      line.points.push_back(point_of(size, static_cast<size_t>(w - comparison.workloads.data()), *w, *p));
      if (line.points.back().cause.empty()) times[platform][size] = headline_times(trials_of(data, *w, platform));
    }
    line.growth = growth_of(times[platform]);
    sweep.lines.push_back(std::move(line));
  }
  for (auto a = times.begin(); a != times.end(); ++a) {
    for (auto b = std::next(a); b != times.end(); ++b) add_crossovers(a->first, a->second, b->first, b->second, sweep.crossovers);
  }
  sweep.sentences = sweep_sentences(sweep);
  return sweep;
}

}  // namespace

std::vector<Sweep> find_sweeps(const Comparison& comparison, const store::RunData& data) {
  std::vector<Sweep> sweeps;
  for (const Variable& variable : kVariables) {
    for (const Group& group : groups_of(comparison, variable)) sweeps.push_back(sweep_of(group, variable, comparison, data));
  }
  return sweeps;
}

}  // namespace trainmark::analysis

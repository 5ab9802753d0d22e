// Whether there is anything to draw in a figure; drawing is the report's.
#include <algorithm>

#include "analysis/study_workloads.hpp"

namespace trainmark::analysis {
namespace {

using Has = bool (*)(const PlatformResult&);

bool any_platform(const std::vector<const StudyWorkload*>& workloads, Has has) {
  return std::any_of(workloads.begin(), workloads.end(),
                     [&](const StudyWorkload* w) { return std::any_of(w->result->platforms.begin(), w->result->platforms.end(), has); });
}

bool timed(const PlatformResult& p) { return p.step_ns.n > 0; }
bool evaluated(const PlatformResult& p) { return p.final_accuracy.has_value(); }
bool has_memory(const PlatformResult& p) { return !p.memory_bytes.empty(); }
bool has_operations(const PlatformResult& p) { return p.operations && p.operations->reason.empty(); }
bool placed(const PlatformResult& p) { return p.roofline.has_value(); }
bool compared(const PlatformResult& p) { return p.ratio.has_value(); }
bool has_energy(const PlatformResult& p) {
  return p.energy && (p.energy->host.joules.has_value() || (p.energy->device && p.energy->device->joules.has_value()));
}

struct Need {
  const char* chart;
  Has has;
  const char* otherwise;
};

constexpr Need kNeeds[] = {
    {"four_panels", timed, "no platform has a time"},
    {"step_times", timed, "no platform has a time"},
    {"training_times", timed, "no platform has a time"},
    {"epoch_times", timed, "no platform has a time"},
    {"throughput", timed, "no platform has a time"},
    {"disturbance", timed, "no platform has a time"},
    {"losses", timed, "no platform trained"},
    {"accuracies", evaluated, "no platform was evaluated"},
    {"accuracy_over_time", evaluated, "no platform was evaluated"},
    {"memory", has_memory, "no worker tells of its memory"},
    {"energy", has_energy, "no counter of energy could be read"},
    {"operations", has_operations, "no step was taken apart; 'trainmark run ... --operations' does that"},
    {"roofline_path", placed, "no ceilings were measured, or no platform ran on the processor"},
    {"roofline", placed, "no ceilings were measured, or no platform ran on the processor"},
    {"speed_up", compared, "fewer than two platforms have a time"},
};

std::string missing_of(const std::string& chart, const std::vector<const StudyWorkload*>& workloads) {
  if (workloads.empty()) return "none of its workloads ran";
  for (const Need& need : kNeeds) {
    if (chart == need.chart) return any_platform(workloads, need.has) ? "" : need.otherwise;
  }
  if (chart == "sweep") return workloads.size() > 1 && any_platform(workloads, timed) ? "" : "only one point of the sweep ran";
  return "";  // drawings of the network and of the machine
}

}  // namespace

std::vector<StudyFigureResult> find_figures(const workload::StudyPage& page, const std::vector<StudyWorkload>& workloads) {
  std::vector<StudyFigureResult> figures;
  for (const workload::StudyFigure& figure : page.figures) {
    const auto shown = chosen(workloads, figure.workloads);
    StudyFigureResult result{figure, {}, {}, missing_of(figure.chart, shown)};
    for (const StudyWorkload* w : shown) {
      result.workloads.push_back(w->index);
      result.labels.push_back(w->shown);
    }
    figures.push_back(std::move(result));
  }
  return figures;
}

}  // namespace trainmark::analysis

#include "analysis/study_workloads.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "analysis/stored.hpp"
#include "workload/study.hpp"

namespace trainmark::analysis {
namespace {

/// Hash of a workload -> what the study calls it, from the run's request. A workload may be a point of several sweeps.
std::map<std::string, std::vector<std::string>> labels_of(const core::Json& request) {
  std::map<std::string, std::vector<std::string>> all;
  for (const core::Json& experiment : member_in(request, "experiments")) {
    std::vector<std::string>& labels = all[text_in(experiment, "workload")];
    labels.clear();
    for (const core::Json& label : member_in(experiment, "labels")) {
      if (label.is_string()) labels.push_back(label.get<std::string>());
    }
    if (labels.empty()) labels.push_back(text_in(experiment, "network"));
  }
  return all;
}

/// What differs within a label is told in its rows: a sweep's batch size, samples, threads.
void set_shown(std::vector<StudyWorkload>& workloads) {
  struct Seen {
    std::set<int64_t> batches, samples;
    std::set<int> threads;
    std::set<std::string> networks;
  };
  std::map<std::string, Seen> seen;
  for (const StudyWorkload& w : workloads) {
    Seen& s = seen[w.label];
    s.batches.insert(w.result->workload.recipe.batch_size);
    s.samples.insert(w.result->workload.dataset.train_count);
    s.threads.insert(w.result->threads);
    s.networks.insert(w.network);
  }
  for (StudyWorkload& w : workloads) {
    const Seen& s = seen[w.label];
    w.shown = w.label;
    if (s.networks.size() > 1) w.shown += " " + w.network;
    if (s.batches.size() > 1) w.shown += ", " + batch_text(w.result->workload.recipe.batch_size);
    if (s.samples.size() > 1) w.shown += fmt::format(", {} samples", w.result->workload.dataset.train_count);
    if (s.threads.size() > 1) w.shown += fmt::format(", {} thread{}", w.result->threads, w.result->threads == 1 ? "" : "s");
  }
}

StudyWorkload study_workload(const workload::Study& study, const store::RunData& data, const WorkloadResult& result, size_t index, const std::string& label) {
  StudyWorkload w;
  w.label = label;
  w.network = result.workload.network.name;
  const auto request = std::find_if(study.workloads.begin(), study.workloads.end(),
                                    [&](const workload::WorkloadRequest& r) { return (r.label.empty() ? r.network : r.label) == label; });
  if (request != study.workloads.end()) w.published = request->published;
  w.result = &result;
  w.index = index;
  w.trials = trials_by_platform(data, result);
  return w;
}

std::vector<StudyWorkload> study_workloads(const workload::Study& study, const store::RunData& data, const Comparison& comparison) {
  const auto labels = labels_of(data.run.study_json);
  std::vector<StudyWorkload> workloads;
  for (size_t i = 0; i < comparison.workloads.size(); ++i) {
    const WorkloadResult& result = comparison.workloads[i];
    const auto known = labels.find(result.hash);
    for (const std::string& label : known == labels.end() ? std::vector<std::string>{result.workload.network.name} : known->second) {
      workloads.push_back(study_workload(study, data, result, i, label));
    }
  }
  set_shown(workloads);
  return workloads;
}

}  // namespace

std::string_view answer_word(ClaimResult::Answer answer) {
  switch (answer) {
    case ClaimResult::Answer::kSupported:
      return "supported";
    case ClaimResult::Answer::kRefuted:
      return "refuted";
    case ClaimResult::Answer::kUndecided:
      return "undecided";
  }
  return "";
}

std::vector<const StudyWorkload*> chosen(const std::vector<StudyWorkload>& workloads, const std::vector<std::string>& labels) {
  std::vector<const StudyWorkload*> found;
  for (const StudyWorkload& w : workloads) {
    if (labels.empty() || std::find(labels.begin(), labels.end(), w.label) != labels.end()) found.push_back(&w);
  }
  return found;
}

std::optional<StudyReport> study_report(const store::RunData& data, const Comparison& comparison) {
  const std::string toml = text_in(data.run.study_json, "toml");
  if (toml.empty()) return std::nullopt;
  const auto study = workload::parse_study(toml, data.run.study + ".toml");
  if (!study || study->page.empty()) return std::nullopt;
  const auto workloads = study_workloads(*study, data, comparison);
  StudyReport report;
  report.name = study->name;
  report.description = study->description;
  report.question = study->page.question;
  report.is_small = text_in(data.run.study_json, "scale") == "small";
  report.flaws = study->page.flaws;
  report.differences = study->page.differences;
  report.missing = study->page.missing;
  report.tables = fill_tables(study->page, study->name, workloads);
  report.figures = find_figures(study->page, workloads);
  report.claims = answer_claims(study->page, workloads, data.skips);
  return report;
}

}  // namespace trainmark::analysis

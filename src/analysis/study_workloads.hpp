// Making the report of a study: its workloads as it calls them, and the three parts of its page. Internal to src/analysis.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "analysis/study_report.hpp"
#include "analysis/times.hpp"
#include "store/run_data.hpp"

namespace trainmark::analysis {

/// One analysed workload with what the study calls it and the records below it.
struct StudyWorkload {
  std::string label;  ///< as tables, figures and claims name it: of the study file
  std::string shown;  ///< in rows: the label, with threads and batch size where the run has several
  std::string network;
  std::vector<std::string> published;  ///< platforms of the printed study that it stands for; empty: all
  const WorkloadResult* result = nullptr;
  size_t index = 0;                      ///< in Comparison::workloads
  std::map<std::string, Trials> trials;  ///< by platform
};

/// Nothing when the run is of no study with a page, or its text cannot be read any more.
std::optional<StudyReport> study_report(const store::RunData& data, const Comparison& comparison);

/// study_tables.cpp
std::vector<StudyTableResult> fill_tables(const workload::StudyPage& page, const std::string& study, const std::vector<StudyWorkload>& workloads);
/// study_figures.cpp
std::vector<StudyFigureResult> find_figures(const workload::StudyPage& page, const std::vector<StudyWorkload>& workloads);
/// study_claims.cpp
std::vector<ClaimResult> answer_claims(const workload::StudyPage& page, const std::vector<StudyWorkload>& workloads,
                                       const std::vector<trial::SkipRecord>& skips);

/// Those that a table, figure or claim names; all when it names none.
std::vector<const StudyWorkload*> chosen(const std::vector<StudyWorkload>& workloads, const std::vector<std::string>& labels);

}  // namespace trainmark::analysis

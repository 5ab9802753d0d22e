// What a run says to its study: the published tables filled with measured figures beside the printed ones, which figures can be drawn, and
// each claim answered. A pure function of the stored run, its analysis and the study's text, which the run kept.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "workload/study_page.hpp"

namespace trainmark::analysis {

struct StudyCell {
  std::optional<double> value;  ///< measured; none: not known here
  std::string text;             ///< "42.3", "-"
  std::string published;        ///< beside it, "8.9 (4 vCPU cloud)"; "": the study printed nothing
};

struct StudyRow {
  std::string workload, platform;  ///< labels; one of them may be empty
  bool measured = true;            ///< false: printed by the study only
  std::string unranked;            ///< why the platform has no rank, "failed"; "": it has one, or the row is of no platform
  std::vector<StudyCell> cells;
};

struct StudyTableResult {
  std::string number, title, note;
  std::vector<std::pair<std::string, std::string>> columns;  ///< heading, unit
  std::vector<StudyRow> rows;
};

struct StudyFigureResult {
  workload::StudyFigure figure;
  std::vector<size_t> workloads;    ///< places in Comparison::workloads that it shows
  std::vector<std::string> labels;  ///< what the study calls each of them
  std::string missing;              ///< why there is nothing to draw; "": there is
};

struct ClaimResult {
  enum class Answer { kSupported, kRefuted, kUndecided };
  std::string text;
  Answer answer = Answer::kUndecided;
  std::string reason;  ///< a sentence with the figures
};
/// "supported", "refuted", "undecided".
std::string_view answer_word(ClaimResult::Answer answer);

struct StudyReport {
  std::string name, description, question;
  bool is_small = false;
  std::vector<std::string> flaws, differences;
  std::vector<StudyTableResult> tables;
  std::vector<StudyFigureResult> figures;
  std::vector<ClaimResult> claims;
  std::vector<workload::MissingPart> missing;
};

}  // namespace trainmark::analysis

// What a study says beside its runs: the published tables and figures that it repeats, the claims that it answers, the flaws that it names.
#pragma once

#include <string>
#include <vector>

namespace trainmark::workload {

/// A table. Its columns are figures of the closed vocabulary `column_words`; src/analysis/study_columns.cpp says what each is.
struct StudyTable {
  enum class Rows {
    kPlatforms,  ///< a row for each platform of each workload
    kWorkloads,  ///< a row for each workload: what depends on the network alone
    kMachine     ///< a row for each number of threads: the ceilings
  };
  std::string number;  ///< as published: "table 3"
  std::string title, note;
  Rows rows = Rows::kPlatforms;
  std::vector<std::string> workloads;  ///< labels; empty: all
  std::vector<std::string> columns;
  std::vector<std::string> published;  ///< items of the study's file of published numbers that stand beside; empty: `number` alone
};

/// A figure: one of the charts of the report (`chart_words`), of some workloads or of all.
struct StudyFigure {
  std::string number, title, note, chart;
  std::vector<std::string> workloads;
};

/// What a report concluded, to be answered with the interval of this machine.
struct StudyClaim {
  enum class Kind {
    kFaster,                 ///< `platform` trains at least `by` times as fast as `than`
    kFasterEveryRepetition,  ///< in each repetition
    kSameAccuracy,           ///< all platforms end equally accurate
    kRateGrowsWithBatch,     ///< `platform` does more FLOP/s with the largest batch than with the smallest
    kGapGrowsWithSize,       ///< the lead of `platform` over `than` is larger at the largest size than at the smallest
    kLessEnergy              ///< `platform` needs fewer joules than `than`
  };
  std::string text;  ///< in the words of this project, not the report's
  Kind kind = Kind::kFaster;
  std::string platform, than;
  double by = 1;
  std::vector<std::string> workloads;  ///< labels; empty: all
};

/// A part of the published study that this version cannot repeat.
struct MissingPart {
  std::string what, reason;
};

struct StudyPage {
  std::string question;
  std::vector<std::string> flaws;        ///< of the published study
  std::vector<std::string> differences;  ///< what is done otherwise here, and why
  std::vector<StudyTable> tables;
  std::vector<StudyFigure> figures;
  std::vector<StudyClaim> claims;
  std::vector<MissingPart> missing;
  bool empty() const { return question.empty() && tables.empty() && figures.empty() && claims.empty(); }
};

/// All columns that a table may have.
const std::vector<std::string>& column_words();
/// All charts that a figure may be.
const std::vector<std::string>& chart_words();
/// "faster", ...: the kinds of claims as study files name them, in the order of the enumeration.
const std::vector<std::string>& claim_words();

}  // namespace trainmark::workload

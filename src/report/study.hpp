// The report of a study: its tables with measured and printed figures side by side, its claims, what it lacks.
#pragma once

#include <string>
#include <vector>

#include "analysis/study_report.hpp"
#include "core/json.hpp"

namespace trainmark::report {

/// Where the printed figures of a table stand: in a column after the measured one, or in brackets behind it.
enum class PrintedFigures { kInColumns, kInBrackets };

/// Rows of a table, headings first: platform (where a row has one), workload (where they differ), then the figures. A column
/// "printed" is there where the study printed something. Rows that the study alone has are marked with a star.
std::vector<std::vector<std::string>> study_table_rows(const analysis::StudyTableResult& table, PrintedFigures printed = PrintedFigures::kInColumns);

/// "Table 3: Time of training".
std::string study_caption(const std::string& number, const std::string& title);

/// One line for each claim, figure that cannot be drawn, part that is missing, flaw and difference, under headings.
std::vector<std::pair<std::string, std::vector<std::string>>> study_sentences(const analysis::StudyReport& study);

/// The member "study"; null without one. docs/report.schema.json.
core::Json study_json(const analysis::StudyReport& study);

/// "Small scale: ..." or "".
std::string scale_sentence(const analysis::StudyReport& study);

}  // namespace trainmark::report

// The figures that tables of studies are made of: for each word of workload::column_words() its heading, its unit, the published quantities
// that it stands beside, and how it is got from an analysed run.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "analysis/times.hpp"

namespace trainmark::analysis {

/// What a cell is made of. All but `workload` are null in rows of a workload or of the machine.
struct CellSource {
  const WorkloadResult* workload = nullptr;
  const PlatformResult* platform = nullptr;
  const std::vector<double>* seconds = nullptr;  ///< of its trainings: trainings.hpp
  const Trials* trials = nullptr;
};

struct Column {
  std::string word, title, unit;
  std::vector<std::string> published;                             ///< quantities of studies/published that it stands beside
  std::function<std::optional<double>(const CellSource&)> value;  ///< none: not known here
  bool is_text = false;                                           ///< the verdict: `text` instead of a value
};

/// All columns, in the order of workload::column_words().
const std::vector<Column>& study_columns();

/// The column of that word; every word of the vocabulary has one.
const Column& study_column(const std::string& word);

/// "42.3", "8.9", "12345": three significant digits, whole from 1000 on.
std::string figure_text(double value);

}  // namespace trainmark::analysis

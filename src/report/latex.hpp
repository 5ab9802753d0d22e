// Tables for papers, in the form of the LaTeX package booktabs.
#pragma once

#include <filesystem>

#include "report/chart.hpp"

namespace trainmark::report {

/// The text with everything that LaTeX would take for a command made plain; what is not ASCII stays (pdflatex knows UTF-8).
std::string latex_escaped(std::string_view text);

/// A tabular environment, without a float around it; words to the left, figures to the right.
std::string latex_table(const Table& table);

/// One file per table in `folder`: wN-results.tex, those of the study (study-table-1.tex), and one for each chart
/// (wN-step-time.tex). Returns their names.
core::Result<std::vector<std::string>> write_latex(const analysis::Comparison& comparison, const std::vector<Chart>& charts, bool anonymous,
                                                   const std::filesystem::path& folder);

}  // namespace trainmark::report

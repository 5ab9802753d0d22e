// Pieces that the makers of charts share.
#pragma once

#include <initializer_list>
#include <string>
#include <vector>

#include "report/chart.hpp"

namespace trainmark::report {

struct TooltipLine {
  const char* field;
  std::string title;
  const char* format = "";  ///< d3's, of numbers; "": as it is
};
core::Json tooltip(std::initializer_list<TooltipLine> lines);

/// Platforms of a workload that charts show, in the order of the table: with a time, and neither failed nor impossible.
std::vector<const analysis::PlatformResult*> charted(const analysis::WorkloadResult& result);
std::vector<std::string> names_of(const std::vector<const analysis::PlatformResult*>& platforms);

/// The first of these rows as headings.
Table table_of(const std::string& title, std::vector<std::vector<std::string>> rows);

/// "a, b and 3 more".
std::string some_of(const std::vector<std::string>& names);

/// ", logarithmic" of "log", else "".
std::string scale_note(const std::string& scale);

/// Puts data and table into a chart and counts its points.
Chart with_data(Chart chart, core::Json data, Table table, std::vector<std::string> platforms);

}  // namespace trainmark::report

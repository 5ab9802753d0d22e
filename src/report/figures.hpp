// Charts as files, drawn by vl-convert (a Python package that holds Vega): the same specifications as in the HTML page, in its light theme.
#pragma once

#include <filesystem>

#include "report/chart.hpp"

namespace trainmark::report {

/// The specification with data, theme and a width of its own: what any Vega-Lite program can draw.
core::Json complete_spec(const Chart& chart, const std::map<std::string, Style>& styles);

/// ID.svg, ID.png (at twice the size) and ID.pdf of every chart, and ID.vl.json, in `folder`. Returns the names of the files. Error: no Python with
/// vl-convert-python is here, with how to get it; the .vl.json files are written all the same.
core::Result<std::vector<std::string>> write_figures(const std::vector<Chart>& charts, const std::filesystem::path& folder);

}  // namespace trainmark::report

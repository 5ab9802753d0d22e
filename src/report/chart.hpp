// Charts of a run: Vega-Lite specifications (charts/*.vl.json) with the data that they draw, the same for the HTML page and for files of figures.
//
// A specification names its data ("points", "roofs") and holds placeholders: "{unit}" in a text, or "{platforms}" as a whole value. A chart
// without data is not made. Behind every chart stands a table with the same figures, for whoever cannot see it or wants the numbers.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/comparison.hpp"
#include "core/json.hpp"

namespace trainmark::report {

/// Cells as text, with their units; "-" where a figure is unknown. The first column names the row.
struct Table {
  std::string title;
  std::vector<std::string> headings;
  std::vector<std::vector<std::string>> rows;
};

struct Chart {
  std::string id;                      ///< unique in a report, of letters, digits and dashes: "w1-step-time"
  std::string name;                    ///< of its specification: "step-time"
  std::string section;                 ///< of the page where it stands: "w1", "s2", "machines", "drawings"
  std::set<size_t> workloads;          ///< that it shows: places in Comparison::workloads
  std::string title, note;             ///< note: how to read it
  std::string description;             ///< alternative text: what is drawn, and the figures in short
  core::Json spec;                     ///< complete but for data and theme
  core::Json data;                     ///< {"points": [{"platform": ..., ...}, ...], ...}
  std::vector<std::string> platforms;  ///< in the order of the colour scale; empty: colours are not of platforms
  size_t points = 0;                   ///< rows of all data: above kCanvasPoints marks are drawn on a canvas
  Table table;
};

inline constexpr size_t kCanvasPoints = 5000;

/// How a platform looks in every chart of a report.
struct Style {
  std::string light, dark;  ///< colours on a light and on a dark page, "#rrggbb"
  std::string shape;        ///< of points, by Vega's names
  core::Json dash;          ///< of lines: [] is solid
};

/// A style for every platform: by its name where nobody else has that colour, the next free one otherwise; no two alike up to 32 platforms. styles.cpp
std::map<std::string, Style> styles_of(const std::vector<std::string>& platforms);

/// Of all charts, some of them several times.
std::vector<std::string> platforms_of(const std::vector<Chart>& charts);

/// All charts of a run for which it has data, in the order of reading. `anonymous`: as in render_json. charts.cpp
std::vector<Chart> charts_of(const store::RunData& data, const analysis::Comparison& comparison, bool anonymous);

/// A chart of that specification, with every placeholder replaced. charts.cpp
Chart make_chart(const std::string& name, const std::string& title, const core::Json& placeholders);

/// The text of charts/NAME, with its ending; CHECKs that there is one. chart_files.cpp
std::string_view chart_file(std::string_view name);

/// Fonts, lines and ink of a theme, "light" or "dark", with the colours of these platforms as the range of categories. chart_files.cpp
core::Json chart_config(const std::string& theme, const std::vector<std::string>& platforms, const std::map<std::string, Style>& styles);

// Data and tables, one function for each kind of source; empty data where there is none.

/// step-time, timeline: from blocks. chart_blocks.cpp
std::vector<Chart> block_charts(const store::RunData& data, const analysis::WorkloadResult& result);
/// epoch-time, epoch-throughput, train-loss, test-accuracy, training-time, accuracy-over-time: from epochs. chart_epochs.cpp
std::vector<Chart> epoch_charts(const store::RunData& data, const analysis::WorkloadResult& result);
/// throughput, speed-up, start-up, memory, energy, operations: from results. chart_results.cpp, chart_parts.cpp
std::vector<Chart> result_charts(const analysis::WorkloadResult& result);
std::vector<Chart> part_charts(const analysis::WorkloadResult& result);
/// sweep: one for each sweep of the run, with its id. chart_sweep.cpp
std::vector<Chart> sweep_charts(const analysis::Comparison& comparison);
/// network: one for each network of the run; machine: with their ids. chart_drawings.cpp
std::vector<Chart> drawings(const analysis::Comparison& comparison);
/// roofline-path: whole steps of several workloads on one roofline, with their ids. chart_roofline.cpp
std::vector<Chart> path_charts(const analysis::Comparison& comparison);
/// roofline-path: the same work on several machines, below the ceilings of each, with their ids. `anonymous`: machines have numbers. chart_roofline.cpp
std::vector<Chart> machine_charts(const analysis::Comparison& comparison, bool anonymous);
/// roofline: from results. chart_roofline.cpp
std::vector<Chart> roofline_charts(const analysis::WorkloadResult& result);

/// A unit in which these times are readable, and how many ns it has.
struct TimeUnit {
  const char* name;
  double ns;
};
TimeUnit unit_for(double ns);

/// "log" where the largest is more than 20 times the smallest (both positive): small ones could not be seen otherwise; else "linear".
const char* scale_for(double smallest, double largest);

}  // namespace trainmark::report

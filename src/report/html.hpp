// The report as one HTML file that needs nothing else: no network, no other file. Tables and text stand in the file; charts are drawn by a script
// that it holds (Vega), where the build had it.
//
// Names come from users: every text goes through html_escaped, all data of scripts through script_json, and scripts set text, never markup.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/json.hpp"
#include "report/chart.hpp"

namespace trainmark::report {

/// `report`: as render_json gives it, with a member "study" where the run was a published study (docs/html-report.md). html_page.cpp
std::string render_html(const core::Json& report, const analysis::Comparison& comparison, const std::vector<Chart>& charts, bool anonymous);

/// The page of a run with all its charts. html_page.cpp
std::string html_of(const store::RunData& data, const analysis::Comparison& comparison, bool anonymous);

/// Text for between tags and for attributes in double quotes. html_text.cpp
std::string html_escaped(std::string_view text);

/// JSON for a script element: without "<", so that nothing in it can end the element, and ASCII. html_text.cpp
std::string script_json(const core::Json& json);

/// A text with the places between backquotes as code; escaped. html_text.cpp
std::string html_sentence(std::string_view text);

/// A table that scrolls sideways on narrow pages; "" when it has no rows. html_text.cpp
std::string html_table(const Table& table);

/// Which columns hold figures only ("-" is one), and are set to the right. html_text.cpp
std::vector<bool> figure_columns(const Table& table);

/// The table of a workload, as in the terminal. html_page.cpp
Table results_table(const analysis::WorkloadResult& result, bool anonymous);

/// Tables and sentences of a published study, from the member "study" of a report; members of another type are left out. html_study.cpp
std::string html_study(const core::Json& study, const std::vector<Chart>& charts);

/// What the first comparison of a workload comes to, in a sentence that its intervals carry; "" when there is none. html_headline.cpp
std::string headline(const core::Json& workload);

/// A workload with its table, sentences and charts; all sweeps; the same work on other machines; networks and machine. html_sections.cpp
std::string html_workload(size_t index, const core::Json& workload, const analysis::WorkloadResult& result, const std::vector<Chart>& charts, bool anonymous);
std::string html_sweeps(const analysis::Comparison& comparison, const std::vector<Chart>& charts, bool anonymous);
std::string html_machines(const analysis::Comparison& comparison, const std::vector<Chart>& charts, bool anonymous);
std::string html_drawings(const std::vector<Chart>& charts);

/// Environment, what was skipped, cost, provenance and the command. html_environment.cpp
std::string html_environment(const core::Json& report);

/// Vega, Vega-Lite and vega-embed as one script; "" in a build without it. vega_bundle.cpp
std::string_view vega_bundle();

}  // namespace trainmark::report

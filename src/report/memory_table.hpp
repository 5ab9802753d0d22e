// The tables of memory, shared by terminal and Markdown: by component, as study cpu-vs-cuda had it, and by phase.
#pragma once

#include <string>
#include <vector>

#include "analysis/comparison.hpp"

namespace trainmark::report {

/// Headings, then a row for each platform of which any component is known: components, overhead, total. Empty when there is none.
std::vector<std::vector<std::string>> memory_component_rows(const analysis::WorkloadResult& result);

/// Headings, then a row for each platform whose phases were recorded: the peak of each phase, then RssAnon, RssFile and PSS. Empty when there is none.
std::vector<std::vector<std::string>> memory_phase_rows(const analysis::WorkloadResult& result);

std::string memory_component_caption();
std::string memory_phase_caption();

/// "12.3 MiB", "456 KiB", "0 B".
std::string bytes_text(int64_t bytes);

}  // namespace trainmark::report

// The table of energy, shared by terminal and Markdown.
#pragma once

#include <string>
#include <vector>

#include "analysis/comparison.hpp"

namespace trainmark::report {

/// What the table shows, in a sentence to stand above it.
std::string energy_caption(const analysis::WorkloadResult& result);

/// The headings, then a row for each platform with joules: of the device where it uses one, with the host's beside them, else of the host.
/// Empty when no platform has any.
std::vector<std::vector<std::string>> energy_rows(const analysis::WorkloadResult& result);

/// "12.3 J", "4.56 kJ", "789 uJ": three significant digits.
std::string joules_text(double joules);

}  // namespace trainmark::report

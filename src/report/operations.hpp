// The tables of where the time of a step goes, shared by terminal and Markdown: operations down, platforms across, so that the same
// operation lies side by side.
#pragma once

#include <string>
#include <vector>

#include "analysis/comparison.hpp"

namespace trainmark::report {

/// What the table shows, in a sentence to stand above it.
std::string operations_caption(const analysis::WorkloadResult& result);

/// Headings, a row for each operation and phase that takes time on any of the platforms, then sums: of each phase, the rest, the step timed and
/// plain, and what the timing costs. Empty when no platform has operations.
std::vector<std::vector<std::string>> operation_rows(const analysis::WorkloadResult& result);

/// The same as several tables, each no wider than `width` where two columns fit.
std::vector<std::vector<std::vector<std::string>>> operation_tables(const analysis::WorkloadResult& result, size_t width);

/// A sentence for each platform that was asked and has none.
std::vector<std::string> operation_reasons(const analysis::WorkloadResult& result);

}  // namespace trainmark::report

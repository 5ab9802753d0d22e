// The cells of a platform's line, shared by the terminal and Markdown tables so that they cannot differ.
#pragma once

#include <string>
#include <vector>

#include "analysis/comparison.hpp"

namespace trainmark::report {

/// Headings: platform, (of nearest neighbours: fit), step or predict, 95 % interval, samples/s, ratio, accuracy, time to the accuracy asked for (where one
/// was), memory, verdict.
std::vector<std::string> headings(const analysis::WorkloadResult& result);

/// One row, in the same order. "-" where a figure is unknown.
std::vector<std::string> cells(const analysis::PlatformResult& platform, const analysis::WorkloadResult& result);

}  // namespace trainmark::report

// The table of what passes before the steady state, shared by terminal and Markdown.
#pragma once

#include <string>
#include <vector>

#include "analysis/comparison.hpp"

namespace trainmark::report {

/// What the table shows, in a sentence to stand above it.
std::string start_up_caption(const analysis::WorkloadResult& result);

/// The headings, then a row for each platform that came to its first step: platform, start, build, compile, samples, first step, their sum,
/// and the sum with a warm compiler cache where any platform has one. Empty when no platform came so far.
std::vector<std::vector<std::string>> start_up_rows(const analysis::WorkloadResult& result);

}  // namespace trainmark::report

// The roofline's table, shared by terminal and Markdown, and its JSON.
#pragma once

#include <string>
#include <vector>

#include "analysis/comparison.hpp"
#include "core/json.hpp"

namespace trainmark::report {

/// What the ceilings of the workload's threads are, in a sentence to stand above the table; "" where none were measured.
std::string roofline_caption(const analysis::WorkloadResult& result);

/// The headings, then the step of each platform that is not INVALID with its operations below it: name, time, share of the step, GFLOP/s, bytes moved,
/// GB/s, FLOPs per byte, the nearest ceiling and the fraction of what all ceilings allow. Bytes are those of the implementation where they
/// are known ("*" marks them), else compulsory. Empty when there is nothing to show.
std::vector<std::vector<std::string>> roofline_rows(const analysis::WorkloadResult& result);

/// "cpu: 72 % of this step is ..." for every platform, in the order of the table.
std::vector<std::string> roofline_sentences(const analysis::WorkloadResult& result);

/// Members of the JSON report: docs/report.schema.json.
core::Json roof_json(const analysis::WorkloadResult& result);
core::Json roofline_json(const analysis::PlatformResult& platform);
core::Json plausibility_json(const analysis::PlatformResult& platform);

}  // namespace trainmark::report

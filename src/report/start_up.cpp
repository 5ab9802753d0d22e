// Medians over processes, so that the sum of a row need not be the sum of its cells.
#include "report/start_up.hpp"

#include <algorithm>

namespace trainmark::report {
namespace {

bool has_warm(const analysis::WorkloadResult& result) {
  return std::any_of(result.platforms.begin(), result.platforms.end(), [](const analysis::PlatformResult& p) { return p.warm.has_value(); });
}

std::string text(const std::optional<double>& ns) { return ns ? analysis::duration_text(*ns) : "-"; }

}  // namespace

std::string start_up_caption(const analysis::WorkloadResult& result) {
  std::string caption = "From the process's start to its first step, with empty compiler caches";
  return caption + (has_warm(result) ? "; warm: once more on a filled one:" : ":");
}

std::vector<std::vector<std::string>> start_up_rows(const analysis::WorkloadResult& result) {
  const bool warm = has_warm(result);
  std::vector<std::vector<std::string>> rows = {{"platform", "start", "build", "compile", "samples", "first step", "together"}};
  if (warm) rows.front().push_back("warm");
  for (const analysis::PlatformResult& p : result.platforms) {
    if (!p.to_first_step_ns) continue;
    rows.push_back({p.platform, text(p.start_ns), text(p.build_ns), text(p.compile_ns), text(p.input_ns), text(p.first_step_ns), text(p.to_first_step_ns)});
    if (warm) rows.back().push_back(p.warm ? analysis::duration_text(p.warm->total_ns()) : "-");
  }
  if (rows.size() == 1) rows.clear();
  return rows;
}

}  // namespace trainmark::report

// The terminal's tables for a README or an issue.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "report/cells.hpp"
#include "report/report.hpp"

namespace trainmark::report {

std::string render_markdown(const analysis::Comparison& comparison) {
  std::string out;
  for (const analysis::WorkloadResult& result : comparison.workloads) {
    const auto head = headings(result);
    out += fmt::format("### {}\n\n| {} |\n|---", workload_title(result), fmt::join(head, " | "));
    for (size_t i = 1; i + 1 < head.size(); ++i) out += "|---:";
    out += "|---|\n";
    for (const analysis::PlatformResult& platform : result.platforms) out += fmt::format("| {} |\n", fmt::join(cells(platform, result), " | "));
    out += '\n';
    for (const std::string& sentence : result.sentences) out += "- " + sentence + "\n";
    out += '\n';
  }
  for (const trial::SkipRecord& skip : comparison.skips) out += fmt::format("- Skipped {}: {}.\n", skip.platform, analysis::without_stop(skip.reason));
  return out;
}

}  // namespace trainmark::report

// The terminal's tables for a README or an issue.
#include <fmt/format.h>

#include "report/cells.hpp"
#include "report/energy_table.hpp"
#include "report/machines.hpp"
#include "report/memory_table.hpp"
#include "report/operations.hpp"
#include "report/report.hpp"
#include "report/roofline.hpp"
#include "report/start_up.hpp"
#include "report/study.hpp"
#include "report/sweep.hpp"
#include "report/text_table.hpp"

namespace trainmark::report {
namespace {

/// A caption and a table of figures; "" when there is no row.
std::string figures_table(const std::string& caption, const std::vector<std::vector<std::string>>& rows) {
  if (rows.empty()) return "";
  return caption + "\n\n" + markdown_table(rows);
}

std::string study_part(const analysis::StudyReport& study) {
  std::string out = fmt::format("## Study {}\n\n{}\n\n", study.name, study.question);
  if (study.is_small) out += scale_sentence(study) + "\n\n";
  for (const auto& table : study.tables) {
    out += figures_table(study_caption(table.number, table.title), study_table_rows(table));
    if (!table.note.empty()) out += table.note + "\n\n";
  }
  for (const auto& [title, sentences] : study_sentences(study)) {
    out += "### " + title + "\n\n";
    for (const std::string& sentence : sentences) out += "- " + sentence + "\n";
    out += '\n';
  }
  return out;
}

}  // namespace

std::string render_markdown(const analysis::Comparison& comparison) {
  std::string out;
  for (const analysis::WorkloadResult& result : comparison.workloads) {
    std::vector<std::vector<std::string>> lines = {headings(result)};
    for (const analysis::PlatformResult& platform : result.platforms) lines.push_back(cells(platform, result));
    out += fmt::format("### {}\n\n{}", workload_title(result), markdown_table(lines, {"verdict"}));
    for (const auto& [caption, rows] :
         std::initializer_list<std::pair<std::string, std::vector<std::vector<std::string>>>>{{start_up_caption(result), start_up_rows(result)},
                                                                                              {operations_caption(result), operation_rows(result)},
                                                                                              {roofline_caption(result), roofline_rows(result)},
                                                                                              {energy_caption(result), energy_rows(result)},
                                                                                              {memory_component_caption(), memory_component_rows(result)},
                                                                                              {memory_phase_caption(), memory_phase_rows(result)}}) {
      out += figures_table(caption, rows);
    }
    for (const std::string& sentence : operation_reasons(result)) out += "- " + sentence + "\n";
    for (const std::string& sentence : result.sentences) out += "- " + sentence + "\n";
    for (const std::string& sentence : roofline_sentences(result)) out += "- " + sentence + "\n";
    out += '\n';
  }
  out += sweeps_markdown(comparison.sweeps) + machines_markdown(comparison.machines);
  if (comparison.study) out += study_part(*comparison.study);
  for (const std::string& note : comparison.energy_notes) out += "- " + note + "\n";
  for (const std::string& warning : comparison.warnings) out += "- Warning: " + warning + ".\n";
  for (const trial::SkipRecord& skip : comparison.skips) out += fmt::format("- Skipped {}: {}.\n", skip.platform, analysis::without_stop(skip.reason));
  return out;
}

}  // namespace trainmark::report

// The table that a run prints: columns as wide as their content, fitted to `width`; sentences wrapped below.
#include <fmt/format.h>

#include "report/cells.hpp"
#include "report/energy_table.hpp"
#include "report/fit.hpp"
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

using Row = std::vector<std::string>;

// The verdict is what its cell begins with: "verified, 4 of 5".
std::string colour_of(const std::string& verdict) {
  const std::string word = verdict.substr(0, verdict.find(','));
  if (word == "verified") return "\033[32m";
  if (word == "unchecked" || word.rfind("ran ", 0) == 0 || word == "interrupted" || word == "cut off") return "\033[33m";
  return "\033[31m";
}

std::string coloured_verdict(const std::string& heading, const std::string& cell) { return heading == "verdict" ? colour_of(cell) + cell + "\033[0m" : cell; }

// What a run with --operations has beside the rest; "" of others.
std::string operations(const analysis::WorkloadResult& result, const TerminalOptions& options) {
  std::string out;
  for (std::vector<Row>& rows : operation_tables(result, options.width)) {
    out += (out.empty() ? wrapped_text(operations_caption(result), options.width) + "\n" : "") + plain_table(std::move(rows), options.width);
  }
  for (const std::string& sentence : operation_reasons(result)) out += wrapped_text(sentence, options.width);
  return out;
}

std::string heading(const std::string& text, const TerminalOptions& options) { return options.colour ? "\033[1m" + text + "\033[0m" : text; }

// A wide table: it is asked for, so nothing of it is left out.
std::string roofline_part(const analysis::WorkloadResult& result, const TerminalOptions& options) {
  const std::vector<Row> rows = roofline_rows(result);
  if (rows.empty()) return wrapped_text("No ceilings were measured in this run, or no platform ran on the processor.", options.width) + "\n";
  std::string out = wrapped_text(roofline_caption(result), options.width) + "\n" + table_lines(rows, options.width) + "\n";
  const std::vector<std::string> sentences = roofline_sentences(result);
  for (const std::string& sentence : sentences) out += wrapped_text(sentence, options.width);
  return sentences.empty() ? out : out + "\n";
}

std::string study_part(const analysis::StudyReport& study, const TerminalOptions& options) {
  std::string out = "\n" + heading(fmt::format("Study {}", study.name), options) + "\n";
  for (const std::string& text : {study.question, scale_sentence(study)}) out += text.empty() ? "" : wrapped_text(text, options.width);
  for (const auto& table : study.tables) {
    out += "\n" + wrapped_text(study_caption(table.number, table.title), options.width) + "\n";
    const auto rows = study_table_rows(table, PrintedFigures::kInBrackets);
    for (const auto& part : split_to_width(rows, options.width, rows[0].size() - table.columns.size()))
      out += plain_table(part, options.width, {"workload", "verdict"});
    if (!table.note.empty()) out += wrapped_text(table.note, options.width);
  }
  out += wrapped_text("Figures in brackets are printed ones, of the study's machines; rows with a star stand in the study only.", options.width);
  for (const auto& [title, sentences] : study_sentences(study)) {
    out += "\n" + heading(title, options) + "\n";
    for (const std::string& sentence : sentences) out += wrapped_text("- " + sentence, options.width);
  }
  return out;
}

}  // namespace

std::string render_terminal(const analysis::Comparison& comparison, const TerminalOptions& options) {
  std::string out;
  for (const analysis::WorkloadResult& result : comparison.workloads) {
    if (!out.empty()) out += '\n';
    std::string title = wrapped_text(workload_title(result), options.width);
    title.pop_back();
    out += heading(title, options) + "\n\n";
    std::vector<Row> rows = {headings(result)};
    for (const analysis::PlatformResult& platform : result.platforms) rows.push_back(cells(platform, result));
    out += plain_table(std::move(rows), options.width, {"verdict"}, options.colour ? Decorate(coloured_verdict) : Decorate());
    const auto add_figures = [&](const std::string& caption, std::vector<Row> figures) {
      if (!figures.empty()) out += wrapped_text(caption, options.width) + "\n" + plain_table(std::move(figures), options.width);
    };
    add_figures(start_up_caption(result), start_up_rows(result));
    out += operations(result, options);
    add_figures(energy_caption(result), energy_rows(result));
    if (options.details.memory) {
      add_figures(memory_component_caption(), memory_component_rows(result));
      add_figures(memory_phase_caption(), memory_phase_rows(result));
    }
    if (options.details.roofline) out += roofline_part(result, options);
    for (const std::string& sentence : result.sentences) out += wrapped_text(sentence, options.width);
  }
  out += sweeps_text(comparison.sweeps, options.width);
  out += machines_text(comparison.machines, options.width);
  if (comparison.study) out += study_part(*comparison.study, options) + "\n";
  if (comparison.workloads.empty()) out += "This run holds no trial yet.\n";
  for (const std::string& note : comparison.energy_notes) out += wrapped_text(note, options.width);
  for (const std::string& warning : comparison.warnings) out += wrapped_text("Warning: " + warning + ".", options.width);
  for (const trial::SkipRecord& skip : comparison.skips)
    out += wrapped_text(fmt::format("Skipped {}: {}.", skip.platform, analysis::without_stop(skip.reason)), options.width);
  return out;
}

}  // namespace trainmark::report

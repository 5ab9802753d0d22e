#include "report/latex.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "core/file.hpp"
#include "report/anonymous.hpp"
#include "report/chart_parts.hpp"
#include "report/html.hpp"
#include "report/study.hpp"

namespace trainmark::report {

std::string latex_escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '\\':
        out += "\\textbackslash{}";
        break;
      case '~':
        out += "\\textasciitilde{}";
        break;
      case '^':
        out += "\\textasciicircum{}";
        break;
      case '<':
        out += "\\textless{}";
        break;
      case '>':
        out += "\\textgreater{}";
        break;
      case '|':
        out += "\\textbar{}";
        break;
      case '"':
        out += "\\textquotedbl{}";
        break;
      case '&':
      case '%':
      case '$':
      case '#':
      case '_':
      case '{':
      case '}':
        out += std::string("\\") + c;
        break;
      case '\n':
      case '\r':
      case '\t':
        out += ' ';
        break;
      default:
        if (static_cast<unsigned char>(c) >= 32) out += c;
    }
  }
  return out;
}

// Braces around a cell that begins with a bracket: after \\ it would be an option.
static std::string row_text(const std::vector<std::string>& cells) {
  std::string out;
  for (size_t i = 0; i < cells.size(); ++i) {
    const std::string cell = latex_escaped(cells[i]);
    out += (i == 0 ? "" : " & ") + (!cell.empty() && (cell[0] == '[' || cell[0] == '*') ? "{" + cell + "}" : cell);
  }
  return out + " \\\\\n";
}

std::string latex_table(const Table& table) {
  const auto figures = figure_columns(table);
  std::string columns;
  for (size_t i = 0; i < table.headings.size(); ++i) columns += i > 0 && figures[i] ? 'r' : 'l';
  std::string title = table.title;
  std::replace(title.begin(), title.end(), '\n', ' ');
  std::string out = fmt::format("% {}\n% Needs \\usepackage{{booktabs}} and, for quotation marks, \\usepackage[T1]{{fontenc}}.\n", title);
  out += fmt::format("\\begin{{tabular}}{{{}}}\n\\toprule\n{}\\midrule\n", columns, row_text(table.headings));
  for (const auto& row : table.rows) out += row_text(row);
  return out + "\\bottomrule\n\\end{tabular}\n";
}

// "table-2" of "Table 2".
static std::string file_stem(const std::string& text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0) out += static_cast<char>(std::tolower(byte));
    else if (!out.empty() && out.back() != '-') out += '-';
  }
  if (out.ends_with('-')) out.pop_back();
  return out;
}

static Table study_table(const analysis::StudyTableResult& t, bool anonymous) {
  Table table = table_of(study_caption(t.number, t.title), study_table_rows(t));
  if (anonymous) make_anonymous(table.rows);
  return table;
}

core::Result<std::vector<std::string>> write_latex(const analysis::Comparison& comparison, const std::vector<Chart>& charts, bool anonymous,
                                                   const std::filesystem::path& folder) {
  std::error_code failure;
  std::filesystem::create_directories(folder, failure);
  if (failure) return core::usage_error(fmt::format("--latex: cannot make the folder '{}': {}", folder.string(), failure.message()));
  std::vector<std::pair<std::string, Table>> tables;
  for (size_t w = 0; w < comparison.workloads.size(); ++w)
    tables.emplace_back(fmt::format("w{}-results", w + 1), results_table(comparison.workloads[w], anonymous));
  for (const analysis::StudyTableResult& t : comparison.study ? comparison.study->tables : std::vector<analysis::StudyTableResult>())
    tables.emplace_back("study-" + file_stem(t.number), study_table(t, anonymous));
  for (const Chart& chart : charts) tables.emplace_back(chart.id, chart.table);
  std::vector<std::string> names;
  for (const auto& [id, table] : tables) {
    if (table.rows.empty()) continue;
    names.push_back(id + ".tex");
    if (const auto written = core::write_file(folder / names.back(), latex_table(table)); !written) return written.error();
  }
  return names;
}

}  // namespace trainmark::report

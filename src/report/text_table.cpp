#include "report/text_table.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "report/fit.hpp"

namespace trainmark::report {
namespace {

bool is_left(const std::vector<std::string>& headings, size_t column, const std::vector<std::string>& left) {
  return column == 0 || std::find(left.begin(), left.end(), headings[column]) != left.end();
}

// A bar or a line feed would end the cell.
std::string markdown_cell(const std::string& text) {
  std::string out;
  for (const char c : text) out += c == '|' ? "\\|" : c == '\n' || c == '\r' ? " " : std::string(1, c);
  return out;
}

}  // namespace

std::string wrapped_text(const std::string& text, size_t width) {
  std::string out, line;
  for (size_t at = 0; at < text.size();) {
    const size_t space = std::min(text.find(' ', at), text.size());
    const std::string word = text.substr(at, space - at);
    if (!line.empty() && line.size() + 1 + word.size() > width) {
      out += line + "\n";
      line = "  " + word;
    } else {
      line += (line.empty() ? "" : " ") + word;
    }
    at = space + 1;
  }
  return out + line + "\n";
}

std::string table_lines(const std::vector<std::vector<std::string>>& rows, size_t width, const std::vector<std::string>& left, const Decorate& decorate) {
  const std::vector<size_t> widths = column_widths(rows);
  size_t total = 2 * (widths.size() - 1);
  for (const size_t w : widths) total += w;
  const std::string gap(total <= width ? 2 : 1, ' ');
  std::string out;
  for (size_t r = 0; r < rows.size(); ++r) {
    const auto& row = rows[r];
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      const std::string space(widths[i] - row[i].size(), ' '), text = decorate && r > 0 ? decorate(rows[0][i], row[i]) : row[i];
      line += (i > 0 ? gap : "") + (is_left(rows[0], i, left) ? text + space : space + text);
    }
    out += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  return out;
}

std::string plain_table(std::vector<std::vector<std::string>> rows, size_t width, const std::vector<std::string>& left, const Decorate& decorate) {
  const FittedTable fitted = fit(std::move(rows), width);
  std::string out = table_lines(fitted.rows, width, left, decorate);
  for (const auto& [name, whole] : fitted.legend) out += wrapped_text(fmt::format("{} = {}", name, whole), width);
  if (!fitted.left_out.empty()) out += wrapped_text(fmt::format("Left out for want of width: {}.", fmt::join(fitted.left_out, ", ")), width);
  return out + "\n";
}

std::string markdown_table(const std::vector<std::vector<std::string>>& rows, const std::vector<std::string>& left) {
  if (rows.empty()) return "";
  std::string out;
  for (size_t r = 0; r < rows.size(); ++r) {
    std::vector<std::string> cells;
    for (const std::string& cell : rows[r]) cells.push_back(markdown_cell(cell));
    out += fmt::format("| {} |\n", fmt::join(cells, " | "));
    if (r > 0) continue;
    for (size_t i = 0; i < rows[0].size(); ++i) out += is_left(rows[0], i, left) ? "|---" : "|---:";
    out += "|\n";
  }
  return out + "\n";
}

}  // namespace trainmark::report

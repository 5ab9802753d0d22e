// Columns go in the order in which they are missed least: samples/s follows from the step time, the interval stands in
// the sentences, and all of them are in the JSON report.
#include "report/fit.hpp"

#include <algorithm>
#include <set>

namespace trainmark::report {
namespace {

using Rows = std::vector<std::vector<std::string>>;

constexpr const char* kExpendable[] = {"samples/s", "95 %",      "memory", "accuracy",  "build",    "samples",
                                       "whole set", "per point", "idle",   "optimiser", "workspace"};
constexpr size_t kNameWidth = 20;  // that a column is given up for
constexpr size_t kSmallestName = 6;

// What is left of `width` for the first column.
size_t room_for_names(const Rows& rows, size_t width) {
  const std::vector<size_t> widths = column_widths(rows);
  size_t others = 0;
  for (size_t i = 1; i < widths.size(); ++i) others += widths[i] + 1;
  return width > others ? width - others : 0;
}

void remove_column(Rows& rows, size_t column) {
  for (auto& row : rows) row.erase(row.begin() + static_cast<std::ptrdiff_t>(column));
}

// Names that would look the same get a number in the middle.
std::string unlike(const std::string& name, size_t room, const std::set<std::string>& taken) {
  std::string text = shortened(name, room);
  for (int number = 2; taken.count(text) > 0 && number < 100; ++number) text = shortened(name, room, "~" + std::to_string(number) + "~");
  return text;
}

}  // namespace

std::vector<size_t> column_widths(const Rows& rows) {
  std::vector<size_t> widths(rows.empty() ? 0 : rows[0].size(), 0);
  for (const auto& row : rows) {
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  return widths;
}

std::string shortened(const std::string& name, size_t room, const std::string& mark) {
  if (name.size() <= room) return name;
  const size_t letters = room > mark.size() ? room - mark.size() : 0;
  const size_t tail = letters / 2, head = letters - tail;
  return name.substr(0, head) + mark + name.substr(name.size() - tail);
}

FittedTable fit(Rows rows, size_t width) {
  FittedTable table{std::move(rows), {}, {}};
  const size_t longest = column_widths(table.rows)[0];
  for (const char* heading : kExpendable) {
    if (room_for_names(table.rows, width) >= std::min(longest, kNameWidth)) break;
    const auto& headings = table.rows[0];
    const auto column = std::find(headings.begin(), headings.end(), heading);
    if (column == headings.end()) continue;
    remove_column(table.rows, static_cast<size_t>(column - headings.begin()));
    table.left_out.push_back(heading);
  }
  const size_t room = std::max(room_for_names(table.rows, width), kSmallestName);
  std::set<std::string> taken;
  for (auto& row : table.rows) {
    if (row[0].size() <= room) taken.insert(row[0]);
  }
  for (auto& row : table.rows) {
    if (row[0].size() <= room) continue;
    const std::string text = unlike(row[0], room, taken);
    taken.insert(text);
    table.legend.emplace_back(text, row[0]);
    row[0] = text;
  }
  return table;
}

std::vector<std::vector<std::vector<std::string>>> split_to_width(const std::vector<std::vector<std::string>>& rows, size_t width, size_t fixed) {
  std::vector<std::vector<std::vector<std::string>>> tables;
  if (rows.empty()) return tables;
  const auto widths = column_widths(rows);
  size_t head = 0, used = 0;
  for (size_t column = 0; column < fixed; ++column) head += widths[column] + (column > 0 ? 2 : 0);
  for (size_t column = fixed; column < widths.size(); ++column) {
    used += 2 + widths[column];
    if (tables.empty() || head + used > width) {
      tables.emplace_back(rows.size());
      for (size_t r = 0; r < rows.size(); ++r) tables.back()[r].assign(rows[r].begin(), rows[r].begin() + static_cast<std::ptrdiff_t>(fixed));
      used = 2 + widths[column];
    }
    for (size_t r = 0; r < rows.size(); ++r) tables.back()[r].push_back(rows[r][column]);
  }
  return tables;
}

}  // namespace trainmark::report

// A table made to fit a width: columns that can be had elsewhere are left out, long names are shortened in the middle.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace trainmark::report {

struct FittedTable {
  std::vector<std::vector<std::string>> rows;               ///< the first one holds the headings; the first column the names
  std::vector<std::string> left_out;                        ///< headings of columns that had no room
  std::vector<std::pair<std::string, std::string>> legend;  ///< shortened name -> whole name; no two shortened names are equal
};

/// Rows of equal length, one space between columns. Names keep at least 20 characters as long as a column can go instead.
/// Wider than `width` only where name, step, time ratio and verdict alone are.
FittedTable fit(std::vector<std::vector<std::string>> rows, size_t width);

/// The same rows as several tables, each with the first `fixed` columns and as many of the others as `width` has room for, at least one; two
/// spaces between columns. Where every figure was asked for, none is left out.
std::vector<std::vector<std::vector<std::string>>> split_to_width(const std::vector<std::vector<std::string>>& rows, size_t width, size_t fixed);

/// "pytorch-cp~:compile": head and tail of a name in `room` characters; the name itself when it fits.
std::string shortened(const std::string& name, size_t room, const std::string& mark = "~");

/// Of each column, the longest cell.
std::vector<size_t> column_widths(const std::vector<std::vector<std::string>>& rows);

}  // namespace trainmark::report

// CSV of 8-bit images: a line per sample, one column with its label, the others its pixels. The form of Kaggle's files.
//
// A pure function over the text of the file. Pixels are whole numbers 0 to 255; anything else is an error with line and
// column. Lines end in LF or CRLF, blank lines are skipped, a UTF-8 byte order mark too; fields may be quoted as in
// RFC 4180, and then hold separators, line breaks and "" for a quote. The fields of a line are read in one pass without
// copies, and eight bytes "0,0,0,0," at once, since most pixels of digits are black: docs/performance.md has the speed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace trainmark::data {

struct CsvOptions {
  std::string label = {};           ///< name of the label's column, or its position from 0; empty: "label" if there is one, else the first
  std::optional<bool> header = {};  ///< whether the first line names the columns; else it is found out
  char separator = ',';
};

struct CsvTable {
  std::vector<std::string> names;        ///< of all columns; empty without a header
  int64_t columns = 0;                   ///< of pixels
  size_t label_column = 0;               ///< from 0, among all columns
  std::vector<uint8_t> pixels;           ///< (rows, columns)
  std::vector<std::string_view> labels;  ///< (rows), as in the file, perhaps quoted; into its text
};

/// Reads a whole file. Usage errors begin with `where` and name line and column: nothing in the file, no such label
/// column, a line with too few or too many values, a value that is no whole number 0 to 255, a quote that does not end,
/// UTF-16, gzip.
core::Result<CsvTable> parse_csv(std::string_view text, const CsvOptions& options, std::string_view where);

/// A field without its quotes.
std::string unquote(std::string_view field);

/// The number of the line, from 1, that holds the place `at` of the text.
int64_t line_of(std::string_view text, const char* at);

}  // namespace trainmark::data

// Labels of a CSV file become classes: numbers are themselves, other texts are numbered in the order of their bytes.
//
// The classes come from the training file alone; a test file with a label that training never sees is an error.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "data/csv.hpp"

namespace trainmark::data {

struct CsvClasses {
  bool numbers = false;            ///< every label is a whole number: the class itself
  std::vector<std::string> names;  ///< at most 256; name of every class
};

/// `text` is that of the table's file. Usage errors, beginning with `where`: an empty label, a number above 255, more than
/// 256 classes.
core::Result<CsvClasses> find_classes(const CsvTable& table, std::string_view text, std::string_view where);

/// The class of every row, in [0, names.size()). Usage error: a label that is none of the classes.
core::Result<std::vector<uint8_t>> classes_of_rows(const CsvTable& table, const CsvClasses& classes, std::string_view text, std::string_view where);

}  // namespace trainmark::data

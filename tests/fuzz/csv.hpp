// A CSV file. The bits of the first byte choose the options: header (2), separator (2), label (2).
#pragma once

#include <array>

#include "data/csv.hpp"
#include "data/csv_labels.hpp"
#include "fuzz/target.hpp"

namespace trainmark::fuzz {

inline bool csv(Input input) {
  if (input.empty()) return false;
  static const std::array<std::optional<bool>, 4> kHeaders = {std::nullopt, true, false, std::nullopt};
  static const std::array<std::string, 4> kLabels = {"", "label", "1", "class"};
  const data::CsvOptions options{kLabels[input[0] >> 4 & 3], kHeaders[input[0] & 3], ",;\t "[input[0] >> 2 & 3]};
  constexpr std::string_view kWhere = "the file 'train.csv'";
  const std::string text(as_text(input.subspan(1)));  // of its own, so that reading past its end is seen
  const auto table = data::parse_csv(text, options, kWhere);
  if (!table) return refused(table.error(), kWhere);
  const size_t rows = table->labels.size();
  CHECK(rows > 0 && table->pixels.size() == rows * static_cast<size_t>(table->columns), "every row has its pixels");
  const auto classes = data::find_classes(*table, text, kWhere);
  if (!classes) return refused(classes.error(), kWhere);
  const auto numbers = data::classes_of_rows(*table, *classes, text, kWhere);
  CHECK(numbers.ok() && numbers->size() == rows, "every label of the training file is a class");
  for (const uint8_t number : *numbers) CHECK(number < classes->names.size(), "labels are classes");
  return true;
}

}  // namespace trainmark::fuzz

#include "data/csv_labels.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <set>

#include "data/import_cache.hpp"

namespace trainmark::data {
namespace {

using core::Result;
using core::usage_error;

constexpr size_t kMostClasses = 256;  // labels have eight bits

/// A field of digits as its number, saturated; nothing when it holds anything else.
std::optional<uint32_t> as_number(std::string_view field) {
  if (field.size() >= 2 && field.front() == '"' && field.back() == '"') field = field.substr(1, field.size() - 2);
  if (field.empty() || !std::all_of(field.begin(), field.end(), [](char c) { return c >= '0' && c <= '9'; })) return std::nullopt;
  uint32_t value = 0;
  return std::from_chars(field.data(), field.data() + field.size(), value).ec == std::errc() ? value : UINT32_MAX;
}

std::string place_of(std::string_view field, const CsvTable& table, std::string_view text, std::string_view where) {
  return fmt::format("{}, line {}, column {}", where, line_of(text, field.data()), table.label_column + 1);
}

Result<CsvClasses> numbered(const CsvTable& table, std::string_view text, std::string_view where) {
  uint32_t largest = 0;
  for (const std::string_view label : table.labels) {
    const uint32_t value = *as_number(label);
    if (value >= kMostClasses) return usage_error(fmt::format("{}: the label is {}, but labels are 0 to 255", place_of(label, table, text, where), label));
    largest = std::max(largest, value);
  }
  return CsvClasses{true, numbered_classes(static_cast<int>(largest) + 1)};
}

}  // namespace

Result<CsvClasses> find_classes(const CsvTable& table, std::string_view text, std::string_view where) {
  const auto is_number = [](std::string_view label) { return as_number(label).has_value(); };
  if (std::all_of(table.labels.begin(), table.labels.end(), is_number)) return numbered(table, text, where);
  std::set<std::string> names;
  for (const std::string_view label : table.labels) {
    const std::string name = unquote(label);
    if (name.empty()) return usage_error(fmt::format("{}: the label is empty", place_of(label, table, text, where)));
    names.insert(name);
    if (names.size() > kMostClasses) {
      return usage_error(
          fmt::format("{}: '{}' is label number 257, but there may be at most 256; is column {} that of the labels? Choose it with the option label=",
                      place_of(label, table, text, where), name, table.label_column + 1));
    }
  }
  return CsvClasses{false, {names.begin(), names.end()}};
}

Result<std::vector<uint8_t>> classes_of_rows(const CsvTable& table, const CsvClasses& classes, std::string_view text, std::string_view where) {
  std::map<std::string, uint8_t> numbers;
  for (size_t i = 0; i < classes.names.size(); ++i) numbers.emplace(classes.names[i], static_cast<uint8_t>(i));
  std::vector<uint8_t> rows;
  rows.reserve(table.labels.size());
  for (const std::string_view label : table.labels) {
    const auto number = classes.numbers ? as_number(label) : std::nullopt;
    const auto known = numbers.find(number ? std::to_string(*number) : unquote(label));
    if (known == numbers.end()) {
      return usage_error(fmt::format("{}: the label is '{}', which no training sample has", place_of(label, table, text, where), unquote(label).substr(0, 40)));
    }
    rows.push_back(known->second);
  }
  return rows;
}

}  // namespace trainmark::data

// The messages name file, line, key, what was expected and what is there.
#include "workload/toml_table.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <sstream>

#include "core/suggest.hpp"

namespace trainmark::workload {
namespace {

std::string type_name(const toml::node& node) {
  std::ostringstream text;
  text << node.type();
  return text.str();
}

}  // namespace

std::string place_of(std::string_view file, const toml::source_region& source) {
  return source.begin.line == 0 ? std::string(file) : fmt::format("{}:{}", file, source.begin.line);
}

const toml::node* TomlTable::node(std::string_view key) {
  known_.emplace_back(key);
  return table_.get(key);
}

void TomlTable::fail(std::string_view key, std::string_view message) {
  if (error_) return;
  const toml::node* there = table_.get(key);
  error_ = core::usage_error(fmt::format("{}: {}", place_of(file_, there != nullptr ? there->source() : table_.source()), message));
}

void TomlTable::wrong_type(std::string_view key, const toml::node& node, std::string_view expected) {
  fail(key, fmt::format("'{}' of {} must be {}, not a value of the type {}", key, what_, expected, type_name(node)));
}

void TomlTable::read(std::string_view key, std::optional<int64_t>& place) {
  const toml::node* found = node(key);
  if (found == nullptr) return;
  if (!found->is_integer()) return wrong_type(key, *found, "a whole number");
  place = found->as_integer()->get();
}

void TomlTable::read(std::string_view key, std::optional<double>& place) {
  const toml::node* found = node(key);
  if (found == nullptr) return;
  if (!found->is_number()) return wrong_type(key, *found, "a number");
  place = found->is_integer() ? static_cast<double>(found->as_integer()->get()) : found->as_floating_point()->get();
}

void TomlTable::read(std::string_view key, std::optional<bool>& place) {
  const toml::node* found = node(key);
  if (found == nullptr) return;
  if (!found->is_boolean()) return wrong_type(key, *found, "true or false");
  place = found->as_boolean()->get();
}

void TomlTable::read(std::string_view key, std::optional<std::string>& place) {
  const toml::node* found = node(key);
  if (found == nullptr) return;
  if (!found->is_string()) return wrong_type(key, *found, "a string");
  place = found->as_string()->get();
}

void TomlTable::read(std::string_view key, std::vector<int64_t>& place) {
  const toml::node* found = node(key);
  if (found == nullptr) return;
  const toml::array* array = found->as_array();
  if (array == nullptr || array->empty() || !array->is_homogeneous(toml::node_type::integer)) return wrong_type(key, *found, "a list of whole numbers");
  place.clear();
  for (const toml::node& item : *array) place.push_back(item.as_integer()->get());
}

void TomlTable::read(std::string_view key, std::vector<std::string>& place) {
  const toml::node* found = node(key);
  if (found == nullptr) return;
  const toml::array* array = found->as_array();
  if (array == nullptr || array->empty() || !array->is_homogeneous(toml::node_type::string)) return wrong_type(key, *found, "a list of strings");
  place.clear();
  for (const toml::node& item : *array) place.push_back(item.as_string()->get());
}

std::vector<const toml::table*> TomlTable::tables(std::string_view key) {
  std::vector<const toml::table*> list;
  const toml::node* found = node(key);
  if (found == nullptr) return list;
  const toml::array* array = found->as_array();
  if (array == nullptr || !array->is_homogeneous(toml::node_type::table)) {
    wrong_type(key, *found, fmt::format("tables, each headed by [[{}]]", key));
    return list;
  }
  for (const toml::node& item : *array) list.push_back(item.as_table());
  return list;
}

void TomlTable::require(std::string_view key) {
  if (missing_ || table_.get(key) != nullptr) return;
  missing_ = core::usage_error(fmt::format("{}: {} needs the key '{}'", place_of(file_, table_.source()), what_, key));
}

std::optional<core::Error> TomlTable::finish() {
  if (error_) return error_;
  for (const auto& [key, value] : table_) {
    const std::string name(key.str());
    if (std::find(known_.begin(), known_.end(), name) != known_.end()) continue;
    return core::usage_error(fmt::format("{}: {} has no key '{}'{}; known are {}", place_of(file_, key.source()), what_, name, core::did_you_mean(name, known_),
                                         fmt::join(known_, ", ")));
  }
  return missing_;
}

}  // namespace trainmark::workload

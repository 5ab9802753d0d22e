// Reading figures of stored JSON whose form is an instrument's own (docs/store.md). What is missing or of another type is absent, never
// an error: a report shows what can be read.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/json.hpp"

namespace trainmark::analysis {

inline std::optional<double> number_in(const core::Json& object, const char* key) {
  const auto found = object.is_object() ? object.find(key) : object.end();
  if (!object.is_object() || found == object.end() || !found->is_number()) return std::nullopt;
  return found->get<double>();
}

inline std::optional<int64_t> integer_in(const core::Json& object, const char* key) {
  const auto found = object.is_object() ? object.find(key) : object.end();
  if (!object.is_object() || found == object.end() || !found->is_number_integer()) return std::nullopt;
  return found->get<int64_t>();
}

inline std::optional<double> number_at(const core::Json& array, size_t index) {
  if (!array.is_array() || index >= array.size() || !array[index].is_number()) return std::nullopt;
  return array[index].get<double>();
}

inline std::string text_in(const core::Json& object, const char* key) {
  const auto found = object.is_object() ? object.find(key) : object.end();
  return object.is_object() && found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

inline bool flag_in(const core::Json& object, const char* key) {
  const auto found = object.is_object() ? object.find(key) : object.end();
  return object.is_object() && found != object.end() && found->is_boolean() && found->get<bool>();
}

/// The array or object of that name; an empty array when there is none.
inline const core::Json& member_in(const core::Json& object, const char* key) {
  static const core::Json kNone = core::Json::array();
  const auto found = object.is_object() ? object.find(key) : object.end();
  return object.is_object() && found != object.end() && found->is_structured() ? *found : kNone;
}

}  // namespace trainmark::analysis

// Strict reading of JSON: a missing key or a wrong type is an Error that names the place, never an exception.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace trainmark::core {

using Json = nlohmann::json;

/// Parses one JSON text; `where` names it in errors ("the request", "file 'a.json'"). Errors: not JSON, nested above 100 levels.
Result<Json> parse_json(std::string_view text, std::string_view where);

/// The member `key` of the object, as T (bool, int64_t, double, std::string, Json). Integers are accepted as doubles.
template <class T>
Result<T> get(const Json& object, std::string_view key, std::string_view where);

/// Like `get`, but `fallback` when the key is absent or null.
template <class T>
Result<T> get_or(const Json& object, std::string_view key, T fallback, std::string_view where) {
  const auto member = object.is_object() ? object.find(key) : object.end();
  if (!object.is_object() || member == object.end() || member->is_null()) return fallback;
  return get<T>(object, key, where);
}

extern template Result<bool> get<bool>(const Json&, std::string_view, std::string_view);
extern template Result<int64_t> get<int64_t>(const Json&, std::string_view, std::string_view);
extern template Result<double> get<double>(const Json&, std::string_view, std::string_view);
extern template Result<std::string> get<std::string>(const Json&, std::string_view, std::string_view);
extern template Result<Json> get<Json>(const Json&, std::string_view, std::string_view);

}  // namespace trainmark::core

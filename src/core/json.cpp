// Strict readers over nlohmann's JSON.
#include "core/json.hpp"

#include <fmt/format.h>

namespace trainmark::core {
namespace {
template <class T>
constexpr std::string_view kTypeName = "object";
template <>
constexpr std::string_view kTypeName<bool> = "boolean";
template <>
constexpr std::string_view kTypeName<int64_t> = "integer";
template <>
constexpr std::string_view kTypeName<double> = "number";
template <>
constexpr std::string_view kTypeName<std::string> = "string";

template <class T>
bool has_type(const Json& value) {
  if constexpr (std::is_same_v<T, bool>) return value.is_boolean();
  if constexpr (std::is_same_v<T, int64_t>) return value.is_number_integer() && !(value.is_number_unsigned() && value.get<uint64_t>() > INT64_MAX);
  if constexpr (std::is_same_v<T, double>) return value.is_number();
  if constexpr (std::is_same_v<T, std::string>) return value.is_string();
  return true;
}

constexpr int kMostDepth = 100;  // copying, comparing and writing JSON recurse: a line of a million '[' would end the process

/// The place of the bracket that goes too deep, or npos. Brackets in strings do not count.
size_t too_deep_at(std::string_view text) {
  int depth = 0;
  bool in_string = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      in_string = c != '"';
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      if (++depth > kMostDepth) return i;
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
  return std::string_view::npos;
}
}  // namespace

Result<Json> parse_json(std::string_view text, std::string_view where) {
  if (const size_t at = too_deep_at(text); at != std::string_view::npos)
    return usage_error(fmt::format("{} is nested more than {} levels deep at byte {}, which nothing of ours is", where, kMostDepth, at));
  try {
    return Json::parse(text);
  } catch (const Json::exception& failure) {  // a parse_error, or out_of_range for a number such as 1e999
    return usage_error(fmt::format("{} is not valid JSON: {}", where, failure.what()));
  }
}

template <class T>
Result<T> get(const Json& object, std::string_view key, std::string_view where) {
  if (!object.is_object()) return usage_error(fmt::format("{}: expected a JSON object with the key '{}', got {}", where, key, object.type_name()));
  const auto member = object.find(key);
  if (member == object.end()) return usage_error(fmt::format("{}: the key '{}' is missing", where, key));
  if (!has_type<T>(*member)) {
    return usage_error(fmt::format("{}: '{}' must be a {}, not {}", where, key, kTypeName<T>, member->dump().substr(0, 40)));
  }
  if constexpr (std::is_same_v<T, Json>) {
    return *member;
  } else {
    return member->template get<T>();
  }
}

template Result<bool> get<bool>(const Json&, std::string_view, std::string_view);
template Result<int64_t> get<int64_t>(const Json&, std::string_view, std::string_view);
template Result<double> get<double>(const Json&, std::string_view, std::string_view);
template Result<std::string> get<std::string>(const Json&, std::string_view, std::string_view);
template Result<Json> get<Json>(const Json&, std::string_view, std::string_view);

}  // namespace trainmark::core

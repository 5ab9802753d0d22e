// Strict JSON: a mistake is a sentence with its place, never an exception.
#include "core/json.hpp"

#include <gtest/gtest.h>

namespace trainmark::core {
namespace {

Json parsed(std::string_view text) { return parse_json(text, "test").value(); }

template <class T>
void expect_error(const Result<T>& result, std::initializer_list<std::string_view> words) {
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().kind, ErrorKind::kUsage);
  for (const std::string_view word : words) EXPECT_NE(result.error().message.find(word), std::string::npos) << result.error().message << "\nlacks " << word;
}

TEST(Json, ReadsEveryType) {
  const Json object = parsed(R"({"b": true, "i": -5, "d": 2.5, "s": "text", "o": {"x": [1, 2]}})");
  EXPECT_EQ(*get<bool>(object, "b", "w"), true);
  EXPECT_EQ(*get<int64_t>(object, "i", "w"), -5);
  EXPECT_EQ(*get<double>(object, "d", "w"), 2.5);
  EXPECT_EQ(*get<double>(object, "i", "w"), -5.0) << "an integer is a number";
  EXPECT_EQ(*get<std::string>(object, "s", "w"), "text");
  EXPECT_EQ((*get<Json>(object, "o", "w"))["x"][1], 2);
}

TEST(Json, RefusesWrongTypesWithPlaceKeyAndValue) {
  const Json object = parsed(R"({"b": 1, "i": 2.5, "d": "3", "s": null})");
  expect_error(get<bool>(object, "b", "request 3"), {"request 3", "'b'", "boolean", "1"});
  expect_error(get<int64_t>(object, "i", "request 3"), {"request 3", "'i'", "integer", "2.5"});
  expect_error(get<double>(object, "d", "request 3"), {"request 3", "'d'", "number", "\"3\""});
  expect_error(get<std::string>(object, "s", "request 3"), {"request 3", "'s'", "string", "null"});
}

TEST(Json, RefusesIntegersBeyond64Bits) {
  expect_error(get<int64_t>(parsed(R"({"n": 18446744073709551615})"), "n", "w"), {"'n'", "18446744073709551615"});
  EXPECT_EQ(*get<int64_t>(parsed(R"({"n": 9223372036854775807})"), "n", "w"), INT64_MAX);
  EXPECT_EQ(*get<int64_t>(parsed(R"({"n": -9223372036854775808})"), "n", "w"), INT64_MIN);
}

TEST(Json, RefusesMissingKeysAndWhatIsNoObject) {
  expect_error(get<bool>(parsed("{}"), "key", "file 'a'"), {"file 'a'", "'key'", "missing"});
  expect_error(get<bool>(parsed("[1]"), "key", "file 'a'"), {"file 'a'", "array"});
}

TEST(Json, FallsBackOnlyWhenAbsentOrNull) {
  const Json object = parsed(R"({"n": null, "i": 4, "s": "x"})");
  EXPECT_EQ(*get_or<int64_t>(object, "missing", 9, "w"), 9);
  EXPECT_EQ(*get_or<int64_t>(object, "n", 9, "w"), 9);
  EXPECT_EQ(*get_or<int64_t>(object, "i", 9, "w"), 4);
  expect_error(get_or<int64_t>(object, "s", 9, "w"), {"'s'", "integer"});
}

TEST(Json, RefusesBadTextsWithoutExceptions) {
  for (const std::string_view text : {"", "{", "{\"a\": 1,}", "nul", "{\"a\": NaN}", "{} {}", "\"\xFF\"", "[1e999]", "{'a': 1}"}) {
    expect_error(parse_json(text, "the answer of the worker"), {"the answer of the worker", "not valid JSON"});
  }
}

TEST(Json, SurvivesDeepNesting) {
  const std::string deep(200'000, '[');
  EXPECT_FALSE(parse_json(deep, "w").ok());
}

// Parsing alone survives a million brackets; what came of it could be neither copied nor written.
TEST(Json, RefusesWhatIsNestedTooDeepToBeCopied) {
  const auto nested = [](size_t levels) { return std::string(levels, '[') + std::string(levels, ']'); };
  expect_error(parse_json(nested(400'000), "the answer of the worker"), {"the answer of the worker", "more than 100 levels deep at byte 100"});
  EXPECT_FALSE(parse_json(nested(101), "w").ok());
  EXPECT_TRUE(parse_json(nested(100), "w").ok());
  EXPECT_TRUE(parse_json("\"" + std::string(500, '[') + "\\\"" + std::string(500, '{') + "\"", "w").ok());
}

}  // namespace
}  // namespace trainmark::core

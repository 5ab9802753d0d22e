// Result: value or error, and what happens to who reads the wrong side.
#include "core/result.hpp"

#include <gtest/gtest.h>

#include <memory>

namespace trainmark::core {
namespace {

TEST(Result, HoldsAValue) {
  const Result<int> result = 7;
  EXPECT_TRUE(result.ok());
  EXPECT_TRUE(result);
  EXPECT_EQ(*result, 7);
  EXPECT_EQ(result.value(), 7);
}

TEST(Result, HoldsAnErrorWithItsKind) {
  const Result<int> result = usage_error("the value 3 is odd; give an even one");
  EXPECT_FALSE(result);
  EXPECT_EQ(result.error().kind, ErrorKind::kUsage);
  EXPECT_EQ(result.error().message, "the value 3 is odd; give an even one");
  EXPECT_EQ(tool_error("x").kind, ErrorKind::kTool);
  EXPECT_EQ(unavailable("x").kind, ErrorKind::kUnavailable);
}

TEST(Result, GivesUpAValueThatOnlyMoves) {
  Result<std::unique_ptr<int>> result = std::make_unique<int>(5);
  const std::unique_ptr<int> value = std::move(*result);
  EXPECT_EQ(*value, 5);
  EXPECT_EQ(*Result<std::unique_ptr<int>>(std::make_unique<int>(6)).value(), 6);
}

TEST(Result, MayHoldAnErrorAsItsValue) {
  const Result<std::string> text = std::string("an error message is no error");
  EXPECT_TRUE(text.ok());
}

TEST(Result, OfNothingSucceedsOrFails) {
  const Result<void> good;
  EXPECT_TRUE(good);
  const Result<void> bad = tool_error("the disk is full");
  EXPECT_FALSE(bad);
  EXPECT_EQ(bad.error().message, "the disk is full");
}

TEST(ResultDeathTest, ReadingTheWrongSideEndsTheProcess) {
  const Result<int> bad = tool_error("the reason");
  EXPECT_DEATH(static_cast<void>(bad.value()), "the reason");
  const Result<int> good = 1;
  EXPECT_DEATH(static_cast<void>(good.error()), "holds a value");
  const Result<void> nothing = tool_error("another reason");
  EXPECT_DEATH(nothing.value(), "another reason");
}

TEST(CheckDeathTest, NamesConditionPlaceAndReason) {
  const int count = 3;
  EXPECT_DEATH(CHECK(count == 4, "a count of four"), "count == 4");
  EXPECT_DEATH(CHECK(count == 4, "a count of four"), "a count of four");
  EXPECT_DEATH(CHECK(count == 4, "a count of four"), "result_test.cpp");
}

}  // namespace
}  // namespace trainmark::core

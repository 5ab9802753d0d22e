// The precision of a run, as people write it.
#include "workload/precision.hpp"

#include <gtest/gtest.h>

#include "workload/study.hpp"

namespace trainmark::workload {
namespace {

TEST(Precision, IsAPercentageOrAFraction) {
  EXPECT_DOUBLE_EQ(*parse_precision("2%"), 0.02);
  EXPECT_DOUBLE_EQ(*parse_precision("2 %"), 0.02);
  EXPECT_DOUBLE_EQ(*parse_precision("0.5%"), 0.005);
  EXPECT_DOUBLE_EQ(*parse_precision("0.02"), 0.02);
  for (const char* wrong : {"2", "", "%", "0", "-1%", "nan", "inf%", "60%", "0.001%", "2%x", "two"}) EXPECT_FALSE(parse_precision(wrong)) << wrong;
}

constexpr const char* kRest = "[[workload]]\nnetwork = \"mnist-mlp\"\n";

TEST(Precision, IsAKeyOfStudiesAndThenRepetitionsAreALimit) {
  for (const char* value : {"\"2%\"", "0.02"}) {
    const auto study = parse_study(std::string("name = \"s\"\nprecision = ") + value + "\n" + kRest, "s.toml");
    ASSERT_TRUE(study.ok()) << study.error().message;
    EXPECT_DOUBLE_EQ(study->precision, 0.02);
    EXPECT_EQ(study->repetitions, kMostRepetitionsForPrecision);
  }
  const auto limited = parse_study(std::string("name = \"s\"\nprecision = 0.02\nrepetitions = 8\n") + kRest, "s.toml");
  EXPECT_EQ(limited->repetitions, 8);
  EXPECT_EQ(parse_study(std::string("name = \"s\"\n") + kRest, "s.toml")->precision, 0);
}

TEST(Precision, ThatMakesNoSenseIsRefusedAtItsLine) {
  for (const char* value : {"2", "\"lots\"", "[1]"}) {
    const auto study = parse_study(std::string("name = \"s\"\nprecision = ") + value + "\n" + kRest, "s.toml");
    ASSERT_FALSE(study.ok()) << value;
    EXPECT_NE(study.error().message.find("s.toml:2"), std::string::npos) << study.error().message;
    EXPECT_NE(study.error().message.find("such as 2%"), std::string::npos) << study.error().message;
  }
}

}  // namespace
}  // namespace trainmark::workload

// Two names of one platform.
#include "platforms/twin.hpp"

#include <gtest/gtest.h>

#include "platforms/catalogue.hpp"

namespace trainmark::platforms {
namespace {

TEST(Twins, ANumberAfterTheMarkMakesOne) {
  EXPECT_EQ(base_name("cpu#2"), "cpu");
  EXPECT_EQ(base_name("pytorch-cpu@2.4:compile#13"), "pytorch-cpu@2.4:compile");
  for (const char* own : {"cpu", "cpu#", "#2", "cpu#two", "c#2x", ""}) EXPECT_EQ(base_name(own), own);
}

TEST(Twins, AreTwoNamesOfOnePlatform) {
  EXPECT_TRUE(is_twin("cpu#2", "cpu"));
  EXPECT_TRUE(is_twin("cpu#2", "cpu#3"));
  EXPECT_FALSE(is_twin("cpu", "cpu"));
  EXPECT_FALSE(is_twin("cpu#2", "reference"));
}

TEST(Twins, AreFoundInTheCatalogue) {
  const PlatformName name = split_platform_name("pytorch-cpu@2.4:compile#2");
  EXPECT_EQ(name.platform, "pytorch-cpu");
  EXPECT_EQ(name.version, "2.4");
  EXPECT_EQ(name.mode, "compile");
}

}  // namespace
}  // namespace trainmark::platforms

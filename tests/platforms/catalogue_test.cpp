// The list of frameworks against the adapters that the binary holds, and the names that people type.
#include "platforms/catalogue.hpp"

#include <gtest/gtest.h>

#include <set>

#include "platforms/adapters.hpp"

namespace trainmark::platforms {
namespace {

TEST(PlatformNames, AreTakenApart) {
  const PlatformName plain = split_platform_name("pytorch-cpu");
  EXPECT_EQ(plain.platform, "pytorch-cpu");
  EXPECT_EQ(plain.version + plain.mode, "");
  const PlatformName all = split_platform_name("pytorch-cpu@2.4:compile");
  EXPECT_EQ(all.platform, "pytorch-cpu");
  EXPECT_EQ(all.version, "2.4");
  EXPECT_EQ(all.mode, "compile");
  EXPECT_EQ(split_platform_name("jax-cpu:scan").mode, "scan");
}

TEST(PlatformNames, ModesAndVersionsThatDoNotExistAreNamedWithTheNearestRightOne) {
  const PlatformName mode = split_platform_name("pytorch-cpu:compil");
  const auto wrong_mode = check_platform_name(mode, *find_framework(mode));
  ASSERT_FALSE(wrong_mode.ok());
  EXPECT_NE(wrong_mode.error().message.find("did you mean 'compile'?"), std::string::npos) << wrong_mode.error().message;
  for (const char* text : {"numpy@../../x", "numpy@2 4", "numpy@2.4;rm"}) {  // it becomes part of a path and of a requirement
    const PlatformName name = split_platform_name(text);
    EXPECT_FALSE(check_platform_name(name, *find_framework(name)).ok()) << text;
  }
  EXPECT_EQ(find_framework(split_platform_name("no-such")), nullptr);
}

TEST(Catalogue, EveryPlatformHasItsAdapterAndItsRequirements) {
  std::set<std::string> files;
  for (const auto& [path, text] : built_in_adapters()) files.insert(path);
  for (const FrameworkPlatform& p : framework_platforms()) {
    EXPECT_EQ(files.count(p.adapter), 1u) << p.name << " needs adapters/" << p.adapter;
    EXPECT_EQ(files.count("requirements/" + p.environment + ".txt"), 1u) << p.name << " needs adapters/requirements/" << p.environment << ".txt";
    EXPECT_FALSE(p.modes.empty()) << p.name;
  }
}

TEST(Catalogue, PlatformsOfOneEnvironmentHaveOnePackage) {
  for (const FrameworkPlatform& a : framework_platforms()) {
    for (const FrameworkPlatform& b : framework_platforms()) {
      if (a.environment == b.environment) {
        EXPECT_EQ(a.package, b.package) << a.name << " and " << b.name;
      }
    }
  }
}

}  // namespace
}  // namespace trainmark::platforms

// Which zones of a powercap tree are sources, and what a counter that misbehaves is told.
#include "instruments/powercap.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>

#include "support/fake_powercap.hpp"

namespace trainmark::instruments {
namespace {

namespace fs = std::filesystem;
using tests::FakePowercap;

std::vector<std::string> names_of(const EnergySources& found) {
  std::vector<std::string> names;
  for (const EnergySource& source : found.sources) names.push_back(source.name + " " + std::string(domain_name(source.domain)));
  return names;
}

TEST(Powercap, TellsPackagesDramPartsAndThePlatformApart) {
  FakePowercap tree;
  tree.add("intel-rapl:0", "package-0", "1000");
  tree.add("intel-rapl:0:0", "core", "500");
  tree.add("intel-rapl:0:1", "dram", "300", 65'712'999'613, 0);
  tree.add("intel-rapl:1", "package-1", "2000");
  tree.add("intel-rapl:2", "psys", "9000");
  const auto found = powercap_sources(tree.root());
  EXPECT_EQ(names_of(found),
            (std::vector<std::string>{"package-0 package", "package-0/core part", "package-0/dram dram", "package-1 package", "psys platform"}));
  EXPECT_TRUE(found.missing.empty());
  const EnergySource& package = found.sources[0];
  EXPECT_EQ(package.read().value(), 1000);
  EXPECT_EQ(package.range_uj, 262'143'328'850);
  EXPECT_EQ(package.limit_w, 100);
  EXPECT_EQ(found.sources[2].limit_w, std::nullopt);
}

TEST(Powercap, ZonesWithinTheirParentsAreFoundOnce) {
  FakePowercap tree;  // as below /sys/devices/virtual/powercap, and in the root once more as links
  tree.add("intel-rapl/intel-rapl:0", "package-0", "1000");
  tree.add("intel-rapl/intel-rapl:0/intel-rapl:0:0", "dram", "300");
  EXPECT_EQ(names_of(powercap_sources(tree.root())), (std::vector<std::string>{"package-0 package", "package-0/dram dram"}));
  fs::create_directory_symlink(tree.root() / "intel-rapl/intel-rapl:0", tree.root() / "intel-rapl:0");
  fs::create_directory_symlink(tree.root() / "intel-rapl/intel-rapl:0/intel-rapl:0:0", tree.root() / "intel-rapl:0:0");
  const auto found = powercap_sources(tree.root());
  EXPECT_EQ(names_of(found), (std::vector<std::string>{"package-0 package", "package-0/dram dram"}));
  EXPECT_TRUE(found.missing.empty());
}

TEST(Powercap, AZoneThatASecondControlShowsAgainCountsOnce) {
  FakePowercap tree;
  tree.add("intel-rapl-mmio:0", "package-0", "7");
  tree.add("intel-rapl-mmio:0:0", "dram", "8");
  tree.add("intel-rapl:0", "package-0", "1000");
  tree.add("intel-rapl:0:0", "dram", "300");
  tree.add("intel-rapl:1", "package-0", "1000");
  const auto found = powercap_sources(tree.root());
  ASSERT_EQ(names_of(found), (std::vector<std::string>{"package-0 package", "package-0/dram dram"}));
  EXPECT_EQ(found.sources[0].read().value(), 1000) << "the one by registers counts";
  ASSERT_EQ(found.missing.size(), 3u);
  EXPECT_EQ(found.missing[0].reason, "intel-rapl:1 is package-0 once more, which intel-rapl:0 counts already");
  EXPECT_EQ(found.missing[1].reason, "intel-rapl-mmio:0 is package-0 once more, which intel-rapl:0 counts already");
}

TEST(Powercap, AZoneByMemoryCountsWhereItIsTheOnlyOne) {
  FakePowercap tree;
  tree.add("intel-rapl-mmio:0", "package-0", "7");
  EXPECT_EQ(names_of(powercap_sources(tree.root())), std::vector<std::string>{"package-0 package"});
}

TEST(Powercap, SaysThatThereIsNothing) {
  const auto found = powercap_sources("/there/is/none");
  EXPECT_TRUE(found.sources.empty());
  ASSERT_EQ(found.missing.size(), 1u);
  EXPECT_EQ(found.missing[0].reason, "there are no counters in /there/is/none");
}

TEST(Powercap, AFileThatMayNotBeReadSaysSoWithTheRemedy) {
  FakePowercap tree;
  tree.add("intel-rapl:0", "package-0", "1000");
  ::chmod(tree.root().c_str(), 0755);
  ::chmod(tree.energy_file("intel-rapl:0").c_str(), 0400);
  const bool root = ::geteuid() == 0;
  if (root) {
    ASSERT_EQ(::seteuid(65534), 0);  // root may read everything
  } else {
    ::chmod(tree.energy_file("intel-rapl:0").c_str(), 0);
  }
  const auto found = powercap_sources(tree.root());
  const auto value = found.sources.empty() ? core::Result<int64_t>(-1) : found.sources[0].read();
  if (root) {
    ASSERT_EQ(::seteuid(0), 0);
  }
  ASSERT_EQ(found.sources.size(), 1u);
  ASSERT_FALSE(value.ok());
  EXPECT_EQ(value.error().message, tree.energy_file("intel-rapl:0").string() + " may not be read by this user");
  EXPECT_EQ(found.sources[0].remedy.rfind("sudo chmod a+r " + tree.root().string(), 0), 0u) << found.sources[0].remedy;
}

TEST(Powercap, WhatIsNoEnergyIsAnErrorAndNeverZero) {
  FakePowercap tree;
  tree.add("intel-rapl:0", "package-0", "1000");
  const EnergySources found = powercap_sources(tree.root());
  ASSERT_EQ(found.sources.size(), 1u);
  const auto says = [&](const std::string& text) {
    tree.set("intel-rapl:0", text);
    const auto value = found.sources[0].read();
    return value ? "read as " + std::to_string(*value) : value.error().message;
  };
  EXPECT_NE(says("-5").find("holds -5, and no energy is negative"), std::string::npos);
  EXPECT_NE(says("12.5").find("holds '12.5', which is no whole number"), std::string::npos);
  EXPECT_NE(says("99999999999999999999").find("no whole number"), std::string::npos);
  EXPECT_NE(says("").find("holds '', which is no whole number"), std::string::npos);
  EXPECT_EQ(says("0"), "read as 0");  // whether it lives is decided elsewhere
  fs::remove_all(tree.root() / "intel-rapl:0");
  EXPECT_NE(found.sources[0].read().error().message.find("is not there any more"), std::string::npos);
}

}  // namespace
}  // namespace trainmark::instruments

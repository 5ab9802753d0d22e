// Every warning about a machine, and that a quiet one gets none.
#include "analysis/environment_warnings.hpp"

#include <gtest/gtest.h>

namespace trainmark::analysis {
namespace {

using core::Json;

Json quiet() {
  return {{"cpu", {{"governors", {"performance"}}, {"turbo", false}, {"allowed", {0, 1, 2, 3}}, {"siblings", {{0, 4}, {1, 5}, {2, 6}, {3, 7}}}}},
          {"memory", {{"swap_bytes", 1 << 30}, {"swap_used_bytes", 0}}},
          {"system", {{"limits", {{"cpus", nullptr}}}, {"load_1_minute", 0.1}, {"running", 0}}},
          {"build", {{"type", "Release"}, {"flags", "-O3 -DNDEBUG"}}}};
}

/// The only warning of a machine that is quiet but for this.
std::string warning(const char* pointer, const Json& value, int threads = 4) {
  Json environment = quiet();
  environment[Json::json_pointer(pointer)] = value;
  const auto warnings = environment_warnings(environment, threads);
  EXPECT_EQ(warnings.size(), 1u) << pointer;
  return warnings.empty() ? "" : warnings[0];
}

TEST(EnvironmentWarnings, AQuietMachineHasNone) {
  EXPECT_TRUE(environment_warnings(quiet(), 4).empty());
  EXPECT_TRUE(environment_warnings(Json(), 4).empty());
  EXPECT_TRUE(environment_warnings(Json::object(), 4).empty());
  EXPECT_TRUE(environment_warnings({{"cpu", 3}, {"memory", "x"}, {"system", {{"limits", 2}}}, {"build", nullptr}}, 4).empty());
}

TEST(EnvironmentWarnings, EachNamesWhatIsSoAndWhatWouldHelp) {
  EXPECT_NE(warning("/cpu/governors", {"powersave"}).find("governor is powersave, so that clocks rise and fall with the load; 'sudo cpupower"),
            std::string::npos);
  EXPECT_EQ(warning("/cpu/governors", {"performance", "schedutil"}).rfind("the frequency governor is schedutil", 0), 0u);
  EXPECT_EQ(warning("/cpu/turbo", true).rfind("turbo is on", 0), 0u);
  EXPECT_EQ(warning("/memory/swap_used_bytes", 300 << 20).rfind("300 MiB of swap are in use", 0), 0u);
  EXPECT_EQ(warning("/system/limits/cpus", 1.5),
            "the container may use 1.5 CPUs, but 4 threads were asked for: they are stopped for a part of every period; use --threads 1");
  EXPECT_EQ(warning("/build/type", "Debug"),
            "trainmark itself was built as 'Debug', so that times of its own engines mean nothing; './dev build' makes a release build");
  EXPECT_EQ(warning("/build/flags", "-O3 -fsanitize=address").rfind("trainmark itself was built with sanitizers", 0), 0u);
  EXPECT_EQ(warning("/system/running", 2),
            "2 other processes were running when the run began (load of the last minute 0.10); they take time from what is measured");
  EXPECT_EQ(warning("/system/load_1_minute", 3.0), "the load of the last minute before the run was 3.00 on 4 CPUs: something else had been running");
}

TEST(EnvironmentWarnings, LimitsAndLoadsThatDoNoHarmGiveNone) {
  Json environment = quiet();
  environment["system"]["limits"]["cpus"] = 4.0;
  environment["memory"]["swap_used_bytes"] = 1 << 20;
  environment["system"]["load_1_minute"] = 1.9;
  EXPECT_TRUE(environment_warnings(environment, 4).empty());
}

TEST(EnvironmentWarnings, SiblingsMatterOnlyAmongTheCpusThatAreUsed) {
  EXPECT_TRUE(environment_warnings(quiet(), 4).empty()) << "CPUs 0 to 3 are four cores";
  const std::string shared = warning("/cpu/allowed", {0, 1, 4, 5});
  EXPECT_NE(shared.find("hyperthreads of one core and share its units (0 and 4, 1 and 5)"), std::string::npos) << shared;
  Json environment = quiet();
  environment["cpu"]["allowed"] = {0, 1, 4, 5};
  EXPECT_TRUE(environment_warnings(environment, 2).empty()) << "two threads use CPUs 0 and 1";
  EXPECT_FALSE(environment_warnings(environment, 3).empty());
}

}  // namespace
}  // namespace trainmark::analysis

// What a run says of its progress: steps done and expected, and the time left.
#include <algorithm>

#include "trial/supervisor.hpp"
#include "trial/supervisor_testing.hpp"

namespace trainmark::trial {
namespace {

using ProgressTest = WithSupervisor;

TEST_F(ProgressTest, ReportsProgressUpToTheLastStep) {
  add("a", {});
  std::vector<Progress> seen;
  options_.on_progress = [&](const Progress& progress) { seen.push_back(progress); };
  ASSERT_TRUE(run().ok());
  ASSERT_FALSE(seen.empty());
  EXPECT_EQ(seen.back().phase, "proof");
  EXPECT_EQ(seen.back().done_steps, 400);
  EXPECT_EQ(seen.back().total_steps, 400);
  EXPECT_GE(seen.back().round, 1);
  ASSERT_EQ(seen.back().platforms.size(), 1u);
  EXPECT_EQ(seen.back().platforms[0].name, "a");
  EXPECT_EQ(seen.back().platforms[0].done_steps, 400);
  EXPECT_EQ(seen.back().left_s, 0);
  const auto& times = seen.back().platforms[0].step_ns;
  EXPECT_FALSE(times.empty());
  EXPECT_TRUE(std::is_sorted(times.begin(), times.end()));
  for (size_t i = 1; i < seen.size(); ++i) EXPECT_GE(seen[i].done_steps, seen[i - 1].done_steps);
}

// A platform that takes 20 times as long for a step has most of the time in front of it when the quick one is through:
// by counting steps alone it would be a fifth of what it is.
TEST_F(ProgressTest, TheTimeLeftIsThatOfThePlatformsStillAtWork) {
  add("quick", {"--step-us", "100"});
  add("slow", {"--step-us", "2000"});
  std::vector<Progress> seen;
  options_.on_progress = [&](const Progress& progress) { seen.push_back(progress); };
  ASSERT_TRUE(run().ok());
  const double total_s = seen.back().elapsed_s;
  int checked = 0;
  for (const Progress& p : seen) {
    if (p.phase != "train" || p.platforms[0].done_steps < p.platforms[0].total_steps || p.platforms[1].done_steps > 200 || p.platforms[1].step_ns.empty())
      continue;
    EXPECT_GT(p.left_s, 0.5 * static_cast<double>(400 - p.platforms[1].done_steps) * 2e-3) << p.elapsed_s;
    EXPECT_LT(p.left_s, 10 * total_s);  // loose: a busy machine slows any single block
    ++checked;
  }
  EXPECT_GT(checked, 0);
}

// Steps of a small first experiment say nothing about those of a hundred times as many that follow.
TEST_F(ProgressTest, TheTimeLeftIsNotToldByAFirstExperimentThatIsAHundredthOfAll) {
  add("a", {});
  auto made = plan(200, 3);
  auto first = made.experiments[0];
  first.workload.recipe.epochs = 1;
  first.workload.recipe.max_batches = 5;
  made.experiments.insert(made.experiments.begin(), first);
  std::vector<Progress> seen;
  options_.on_progress = [&](const Progress& progress) { seen.push_back(progress); };
  ASSERT_TRUE(run(made).ok());
  int untold = 0, told = 0;
  for (const Progress& p : seen) {
    untold += p.done_steps > 0 && p.done_steps <= 5 && p.left_s < 0;
    told += p.done_steps > 100 && p.left_s >= 0;
    EXPECT_FALSE(p.done_steps <= 5 && p.left_s >= 0) << p.done_steps << " of " << p.total_steps;
  }
  EXPECT_GT(untold, 0);
  EXPECT_GT(told, 0);
}

TEST_F(ProgressTest, StepsOfATrialThatDiedAreNoLongerExpected) {
  add("a", {});
  add("dies", {"--do", "exit-3", "--at", "14"});
  std::vector<Progress> seen;
  options_.on_progress = [&](const Progress& progress) { seen.push_back(progress); };
  ASSERT_TRUE(run().ok());
  EXPECT_EQ(seen.back().done_steps, seen.back().total_steps);
  EXPECT_LT(seen.back().total_steps, 800);
}

}  // namespace
}  // namespace trainmark::trial

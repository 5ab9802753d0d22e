// Two runs against each other: claims and what keeps from them, with times that are made up.
#include "analysis/between.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "core/philox.hpp"
#include "support/scripted_run.hpp"

namespace trainmark::analysis {
namespace {

using tests::constantly;
using tests::Script;
using tests::scripted_run;
using tests::scripted_workload;

// Processes that differ by about 1 % around `step_ns`.
Script around(const std::string& platform, double step_ns, uint64_t seed, int64_t processes = 5) {
  return {.platform = platform, .processes = processes, .step_ns = [=](int64_t repetition, int64_t) {
            core::Philox random(seed, static_cast<uint64_t>(repetition));
            return static_cast<int64_t>(step_ns * (1 + 0.01 * random.normal()));
          }};
}

RunsBetween between(const std::vector<Script>& a, const std::vector<Script>& b, std::optional<double> threshold = {}) {
  return compare_runs(scripted_run(a, "cpu"), scripted_run(b, "cpu"), threshold).value();
}

PlatformBetween only(const RunsBetween& runs) {
  EXPECT_EQ(runs.workloads.size(), 1u);
  EXPECT_EQ(runs.workloads.at(0).platforms.size(), 1u);
  return runs.workloads.at(0).platforms.at(0);
}

TEST(Between, CallsADifferenceThatTheIntervalCarriesFasterOrSlower) {
  const auto slower = only(between({around("cpu", 1e6, 1)}, {around("cpu", 1.1e6, 2)}));
  EXPECT_EQ(slower.change, Change::kSlower);
  EXPECT_NEAR(*slower.ratio, 1.1, 0.02);
  EXPECT_LT(slower.interval->low, *slower.ratio);
  EXPECT_GT(slower.interval->low, 1.05);
  EXPECT_FALSE(slower.regression) << "without a threshold there is none";
  const auto faster = only(between({around("cpu", 1.1e6, 2)}, {around("cpu", 1e6, 1)}));
  EXPECT_EQ(faster.change, Change::kFaster);
  EXPECT_NEAR(*faster.ratio * *slower.ratio, 1, 1e-12);
}

TEST(Between, OfARunWithItselfFindsNoDifference) {
  const auto same = only(between({around("cpu", 1e6, 1)}, {around("cpu", 1e6, 1)}, 0.0));
  EXPECT_EQ(same.change, Change::kNoDifference);
  EXPECT_DOUBLE_EQ(*same.ratio, 1);
  EXPECT_FALSE(same.regression);
  EXPECT_EQ(only(between({around("cpu", 1e6, 1)}, {around("cpu", 1.008e6, 1)})).change, Change::kNoDifference) << "below 1 % is none, however sure";
}

TEST(Between, ARegressionNeedsTheWholeIntervalBeyondTheThreshold) {
  const auto at = [](double threshold) { return only(between({around("cpu", 1e6, 1)}, {around("cpu", 1.1e6, 2)}, threshold)); };
  EXPECT_TRUE(at(0.05).regression);
  EXPECT_FALSE(at(0.09).regression) << "the interval begins below";
  EXPECT_FALSE(at(0.20).regression);
  EXPECT_FALSE(only(between({around("cpu", 1.1e6, 2)}, {around("cpu", 1e6, 1)}, 0.05)).regression) << "faster";
}

TEST(Between, NothingIsClaimedBelowFiveProcesses) {
  const auto few = only(between({around("cpu", 1e6, 1, 4)}, {around("cpu", 2e6, 2, 5)}, 0.05));
  EXPECT_EQ(few.change, Change::kUndecided);
  EXPECT_TRUE(few.interval);
  EXPECT_FALSE(few.regression);
  EXPECT_NE(few.reason.find("4 and 5 processes"), std::string::npos);
  const auto one = only(between({around("cpu", 1e6, 1, 1)}, {around("cpu", 2e6, 2, 1)}));
  EXPECT_EQ(one.change, Change::kUndecided);
  EXPECT_FALSE(one.interval);
  EXPECT_GT(*one.ratio, 1.8);
}

TEST(Between, NamesTheFieldThatForbidsAComparison) {
  const auto differs = [](const std::function<void(workload::Workload&)>& change) {
    auto other = scripted_workload();
    change(other);
    const auto runs = compare_runs(scripted_run({around("cpu", 1e6, 1)}, "cpu"), scripted_run({around("cpu", 2e6, 1)}, "cpu", other), {}).value();
    EXPECT_EQ(only(runs).change, Change::kNotComparable);
    EXPECT_FALSE(only(runs).ratio);
    const auto& fields = runs.workloads[0].differs;
    return fields.empty() ? std::string() : fmt::format("{} {} {}", fields[0].field, fields[0].a, fields[0].b);
  };
  EXPECT_EQ(differs([](auto& w) { w.recipe.batch_size = 32; }), "recipe.batch_size 64 32");
  EXPECT_EQ(differs([](auto& w) { w.dataset.train_count = 320; }), "dataset.train_count 640 320");
  EXPECT_EQ(differs([](auto& w) { w.network = network::find_network("mnist-mlp-10").value(); }), "network mnist-mlp mnist-mlp-10");
  EXPECT_EQ(differs([](auto& w) { w.seed = 9; }), "seed 1 9");
}

TEST(Between, ThreadsAndNumberTypesAreFieldsToo) {
  auto a = scripted_run({around("cpu", 1e6, 1)}, "cpu"), b = a;
  b.run.study_json = {{"dtype", "float64"}};
  EXPECT_EQ(compare_runs(a, b, {}).value().workloads[0].differs.at(0).field, "dtype");
  Script four = around("cpu", 1e6, 1);
  four.threads = 4;
  const auto runs = compare_runs(a, scripted_run({four}, "cpu"), {}).value();
  EXPECT_EQ(runs.workloads[0].differs.at(0).field, "threads");
  EXPECT_EQ(only(runs).reason, "another threads");
}

TEST(Between, APlatformThatIsNotVerifiedOnBothSidesIsNotComparable) {
  Script broken = around("cpu", 0.5e6, 1);
  broken.verdict = "failed";
  const auto p = only(between({around("cpu", 1e6, 1)}, {broken}));
  EXPECT_EQ(p.change, Change::kNotComparable);
  EXPECT_EQ(p.reason, "verdict: verified in A, failed its proof in B");
  EXPECT_TRUE(p.broke);
  EXPECT_FALSE(only(between({broken}, {around("cpu", 1e6, 1)})).broke) << "mended is not broken";
  EXPECT_EQ(between({around("cpu", 1e6, 1)}, {around("numpy", 1e6, 1)}).workloads[0].platforms.size(), 2u);
}

TEST(Between, IsCorrectedOverAllPlatforms) {
  std::vector<Script> a, b;
  for (int i = 0; i < 6; ++i) {
    a.push_back(around(fmt::format("p{}", i), 1e6, 10 + static_cast<uint64_t>(i)));
    b.push_back(around(fmt::format("p{}", i), 1.02e6, 30 + static_cast<uint64_t>(i)));
  }
  const auto runs = between(a, b);
  double least = 1;
  for (const auto& p : runs.workloads[0].platforms) least = std::min(least, *p.p);
  for (const auto& p : runs.workloads[0].platforms) {
    EXPECT_GE(*p.p_corrected, 6 * least - 1e-12);
    if (p.change == Change::kSlower) {
      EXPECT_LE(*p.p_corrected, 0.05);
    }
  }
}

TEST(Between, PairsTheWorkloadsThatAreMostAlikeAndTellsTheRest) {
  auto one = scripted_workload(), two = scripted_workload(), three = scripted_workload();
  two.recipe.batch_size = 32;
  three.recipe.batch_size = 16;
  auto a = scripted_run({around("cpu", 1e6, 1)}, "cpu", one);
  const auto more = scripted_run({around("cpu", 1e6, 1)}, "cpu", two);
  a.workloads.push_back(more.workloads[0]);
  for (auto t : more.trials) a.trials.push_back(t);
  const auto runs = compare_runs(a, scripted_run({around("cpu", 1e6, 1)}, "cpu", two), {}).value();
  ASSERT_EQ(runs.workloads.size(), 1u);
  EXPECT_TRUE(runs.workloads[0].differs.empty());
  EXPECT_EQ(runs.workloads[0].a, 1u);
  EXPECT_EQ(runs.only_a, std::vector<size_t>{0});
}

TEST(Between, TellsMachineAndCommit) {
  auto a = scripted_run({around("cpu", 1e6, 1)}, "cpu"), b = a;
  b.run.environment = {{"label", "cloud"}, {"cpu", {{"model", "EPYC"}}}, {"build", {{"git_commit", "abc"}}}};
  const auto runs = compare_runs(a, b, {}).value();
  ASSERT_EQ(runs.on_purpose.size(), 2u);
  EXPECT_EQ(runs.on_purpose[0].a, "somebodys-machine (Scripted CPU)");
  EXPECT_EQ(runs.on_purpose[0].b, "cloud (EPYC)");
  EXPECT_EQ(runs.on_purpose[1].field, "commit");
}

}  // namespace
}  // namespace trainmark::analysis

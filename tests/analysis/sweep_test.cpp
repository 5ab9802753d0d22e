// Sweeps over made-up runs whose times follow a law that is known.
#include "analysis/sweep.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>

#include "analysis/comparison.hpp"
#include "core/philox.hpp"
#include "network/hidden.hpp"
#include "support/scripted_run.hpp"

namespace trainmark::analysis {
namespace {

using tests::Script;
using tests::scripted_run;
using tests::scripted_workload;

using Law = std::function<double(double size)>;  // step time in ns

// A run of one workload after the other.
store::RunData joined(std::vector<store::RunData> runs) {
  store::RunData all = runs.front();
  for (size_t i = 1; i < runs.size(); ++i) {
    all.workloads.insert(all.workloads.end(), runs[i].workloads.begin(), runs[i].workloads.end());
    all.trials.insert(all.trials.end(), runs[i].trials.begin(), runs[i].trials.end());
  }
  return all;
}

Script script(const std::string& platform, double step_ns, int64_t processes = 5, double deviation = 0.002) {
  return {.platform = platform, .processes = processes, .step_ns = [=](int64_t repetition, int64_t round) {
            core::Philox random(static_cast<uint64_t>(step_ns), static_cast<uint64_t>(100 * repetition + round));
            return static_cast<int64_t>(step_ns * (1 + deviation * random.normal()));
          }};
}

store::RunData by_batch(const std::vector<int64_t>& sizes, const std::map<std::string, Law>& laws, int64_t processes = 5) {
  std::vector<store::RunData> runs;
  for (const int64_t size : sizes) {
    auto workload = scripted_workload();
    workload.recipe.batch_size = size;
    std::vector<Script> scripts;
    for (const auto& [platform, law] : laws) scripts.push_back(script(platform, law(static_cast<double>(size)), processes));
    runs.push_back(scripted_run(scripts, "cpu", workload));
  }
  return joined(std::move(runs));
}

std::vector<Sweep> sweeps_of(const store::RunData& data) { return compare(data).value().sweeps; }

bool says(const Sweep& sweep, const std::string& part) {
  return std::any_of(sweep.sentences.begin(), sweep.sentences.end(), [&](const std::string& s) { return s.find(part) != std::string::npos; });
}

TEST(Sweep, FindsTheExponentOfAPowerLaw) {
  const auto sweeps = sweeps_of(by_batch({16, 32, 64, 128}, {{"cpu", [](double n) { return 1e4 * std::pow(n, 0.8); }}}));
  ASSERT_EQ(sweeps.size(), 1u);
  EXPECT_EQ(sweeps[0].varied, "batch_size");
  const SweepLine& line = sweeps[0].lines.at(0);
  ASSERT_EQ(line.points.size(), 4u);
  EXPECT_EQ(line.points[0].size, 16);
  EXPECT_NEAR(*line.points[0].sample_ns, *line.points[0].step_ns / 16, 1e-9);
  EXPECT_NEAR(line.growth->exponent, 0.8, 0.01);
  EXPECT_LT(line.growth->interval->low, line.growth->exponent);
  EXPECT_LT(line.growth->interval->high - line.growth->interval->low, 0.02);
  EXPECT_TRUE(says(sweeps[0], "cpu: the step time grows as the batch size to the power of 0.80"));
}

TEST(Sweep, TheExponentsIntervalWidensWhereTimesFollowNoPowerLaw) {
  const auto width = [](const Law& law) {
    const auto growth = *sweeps_of(by_batch({16, 32, 64, 128}, {{"cpu", law}}))[0].lines[0].growth;
    return growth.interval->high - growth.interval->low;
  };
  EXPECT_GT(width([](double n) { return 1e6 + 1e3 * n * n; }), 5 * width([](double n) { return 1e3 * n * n; }));
  EXPECT_FALSE(sweeps_of(by_batch({16, 32}, {{"cpu", [](double n) { return 1e4 * n; }}}, 1))[0].lines[0].growth->interval) << "two points have no scatter";
}

TEST(Sweep, FindsTheCrossoverOfTwoPlatforms) {
  const auto data = by_batch({16, 32, 64, 128}, {{"cpu", [](double n) { return 1e4 * n; }}, {"gpu", [](double) { return 1e4 * 45; }}});
  const Sweep sweep = sweeps_of(data)[0];
  ASSERT_EQ(sweep.crossovers.size(), 1u);
  EXPECT_EQ(sweep.crossovers[0].faster_below, "cpu");
  EXPECT_EQ(sweep.crossovers[0].faster_above, "gpu");
  EXPECT_NEAR(sweep.crossovers[0].size, 45, 1);
  EXPECT_EQ(sweep.crossovers[0].below, 32);
  EXPECT_EQ(sweep.crossovers[0].above, 64);
  EXPECT_TRUE(says(sweep, "cpu is faster at batch size 32, gpu at 64; they cross at about 4"));
}

// At 128 one process in two says the one, one the other; the mean lies beyond 1, the interval on both sides.
TEST(Sweep, ClaimsNoCrossoverThatIntervalsDoNotCarry) {
  const auto crossovers = [](int64_t odd_step_ns) {
    std::vector<store::RunData> runs;
    for (const int64_t size : {32, 64, 128}) {
      auto workload = scripted_workload();
      workload.recipe.batch_size = size;
      Script gpu = script("gpu", 0);
      gpu.step_ns = [=](int64_t repetition, int64_t) { return size < 128 ? 2'000'000 : repetition % 2 == 0 ? 900'000 : odd_step_ns; };
      runs.push_back(scripted_run({{.platform = "cpu", .processes = 5, .step_ns = tests::constantly(1'000'000)}, gpu}, "cpu", workload));
    }
    return sweeps_of(joined(runs))[0].crossovers.size();
  };
  EXPECT_EQ(crossovers(1'080'000), 0u);
  EXPECT_EQ(crossovers(890'000), 1u);
}

TEST(Sweep, KnowsHiddenWidthSamplesAndThreadsAndKeepsThemApart) {
  std::vector<store::RunData> runs;
  const auto add = [&](const std::function<void(workload::Workload&)>& change, int threads = 2) {
    auto workload = scripted_workload();
    change(workload);
    Script s = script("cpu", 1e6);
    s.threads = threads;
    runs.push_back(scripted_run({s}, "cpu", workload));
  };
  add([](auto&) {});
  add([](auto& w) { w.network = network::with_hidden_width(w.network, 512).value(); });
  add([](auto& w) { w.dataset.train_count = 320; });
  add([](auto& w) { w.dataset.train_count = 320, w.recipe.batch_size = 16; });  // differs in two from the first ones
  add([](auto& w) { w.dataset.train_count = 160, w.recipe.batch_size = 16; });
  add([](auto&) {}, 1);
  runs.back().workloads.clear();
  const auto sweeps = sweeps_of(joined(runs));
  std::vector<std::string> found;
  for (const Sweep& sweep : sweeps) {
    std::string sizes;
    for (const SweepPoint& p : sweep.lines.at(0).points) sizes += fmt::format(" {}", p.size);
    found.push_back(sweep.varied + sizes);
  }
  EXPECT_EQ(found, (std::vector<std::string>{"batch_size 16 64", "hidden 128 512", "train_count 320 640", "train_count 160 320", "threads 1 2"}));
  EXPECT_EQ(sweeps[1].title, "mnist-mlp on synthetic-digits, batch 64, 2 threads");
}

TEST(Sweep, AFailedPointIsARowWithItsCause) {
  auto data = by_batch({16, 32, 64}, {{"cpu", [](double n) { return 1e4 * n; }}, {"gpu", [](double n) { return 2e4 * n; }}});
  const std::string largest = data.workloads[2].hash, middle = data.workloads[1].hash;
  for (auto& t : data.trials) {
    if (t.trial.workload_hash == largest && t.trial.platform == "cpu")
      t.outcome->kind = trial::OutcomeKind::kOutOfMemory, t.outcome->message = "no room for conv1.";
    if (t.trial.workload_hash == middle && t.trial.platform == "gpu")
      t.verdict->verdict = "failed", t.verdict->summary = "failed, recorded losses: The loss of step 3 is nan.";
  }
  const Sweep sweep = sweeps_of(data)[0];
  EXPECT_EQ(sweep.lines[0].points[2].cause, "out of memory: no room for conv1");
  EXPECT_FALSE(sweep.lines[0].points[2].step_ns);
  EXPECT_EQ(sweep.lines[0].growth->sizes, 2);
  EXPECT_TRUE(says(sweep, "gpu at batch size 32: failed: failed, recorded losses: The loss of step 3 is nan."));
  EXPECT_TRUE(says(sweep, "The largest batch size at which every platform did the work is 16: compare platforms there."));
}

TEST(Sweep, ARunWithoutOneHasNone) { EXPECT_TRUE(sweeps_of(scripted_run({script("cpu", 1e6)}, "cpu")).empty()); }

// One hash stands with each number of threads: a sweep over batch sizes must not draw the points of another.
TEST(Sweep, PointsNameTheWorkloadWithTheirOwnNumberOfThreads) {
  std::vector<store::RunData> runs;
  for (const int64_t size : {16, 32}) {
    auto workload = scripted_workload();
    workload.recipe.batch_size = size;
    Script one = script("cpu", 1e4), two = script("cpu", 8e3);
    one.threads = 1;
    runs.push_back(scripted_run({one, two}, "cpu", workload));
  }
  const Comparison c = compare(joined(std::move(runs))).value();
  int found = 0;
  for (const Sweep& sweep : c.sweeps) {
    if (sweep.varied != "batch_size") continue;
    for (const SweepPoint& point : sweep.lines.at(0).points) {
      const WorkloadResult& result = c.workloads.at(point.workload);
      EXPECT_EQ(result.workload.recipe.batch_size, point.size);
      EXPECT_NE(sweep.title.find(result.threads == 1 ? ", 1 thread" : ", 2 threads"), std::string::npos) << sweep.title;
      ++found;
    }
  }
  EXPECT_EQ(found, 4);
}

}  // namespace
}  // namespace trainmark::analysis

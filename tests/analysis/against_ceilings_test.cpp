// Made-up runs with made-up ceilings, through the whole comparison: who is INVALID, who is labelled, who is placed.
#include <gtest/gtest.h>

#include <algorithm>

#include "analysis/comparison.hpp"
#include "plan/engine_passes.hpp"
#include "plan/passes.hpp"
#include "support/made_up_ceilings.hpp"
#include "support/scripted_run.hpp"

namespace trainmark::analysis {
namespace {

using tests::constantly;
using tests::Script;

// mnist-mlp, batch 64, counts 26 MFLOP: with 100 GFLOP/s less than 0.26 ms is impossible.
constexpr auto ceilings_with = [](double gops) { return tests::made_up_ceilings(gops); };
using tests::with_ceilings;

workload::Workload with_convolutions() {
  workload::Workload w = tests::scripted_workload();
  w.network = network::find_network("mnist-cnn").value();
  return w;
}

const PlatformResult& of(const Comparison& c, const std::string& platform) {
  const auto& all = c.workloads.at(0).platforms;
  return *std::find_if(all.begin(), all.end(), [&](const PlatformResult& r) { return r.platform == platform; });
}

bool says(const Comparison& c, const std::string& words) {
  const auto& all = c.workloads.at(0).sentences;
  return std::any_of(all.begin(), all.end(), [&](const std::string& s) { return s.find(words) != std::string::npos; });
}

TEST(AgainstCeilings, AnImpossibleStepTimeIsInvalidAndNotRanked) {
  const auto data =
      tests::scripted_run({Script{.platform = "cpu", .step_ns = constantly(1'000'000)}, Script{.platform = "hasty", .step_ns = constantly(1'000)}}, "cpu");
  const Comparison c = compare(with_ceilings(data, {ceilings_with(100)})).value();
  EXPECT_EQ(of(c, "cpu").rank, 1);
  EXPECT_EQ(of(c, "cpu").invalid, "");
  EXPECT_EQ(of(c, "hasty").rank, 0);
  EXPECT_EQ(of(c, "hasty").unranked, "INVALID");
  EXPECT_EQ(of(c, "hasty").verdict, "verified") << "the proof is another matter";
  EXPECT_TRUE(says(c, "hasty is not ranked (INVALID: its step time would mean ")) << c.workloads[0].sentences[1];
  EXPECT_FALSE(says(c, "hasty was compared"));
}

TEST(AgainstCeilings, WithoutCeilingsNothingIsJudged) {
  const auto data = tests::scripted_run({Script{.platform = "hasty", .step_ns = constantly(1'000)}}, "hasty");
  const Comparison c = compare(data).value();
  EXPECT_EQ(of(c, "hasty").rank, 1);
  EXPECT_TRUE(of(c, "hasty").plausibility.empty());
  EXPECT_FALSE(of(c, "hasty").roofline);
}

TEST(AgainstCeilings, OfSeveralMeasurementsTheBestCounts) {
  const auto data = tests::scripted_run({Script{.platform = "cpu", .step_ns = constantly(200'000)}}, "cpu");
  EXPECT_EQ(of(compare(with_ceilings(data, {ceilings_with(100)})).value(), "cpu").unranked, "INVALID");
  EXPECT_EQ(of(compare(with_ceilings(data, {ceilings_with(100), ceilings_with(200)})).value(), "cpu").rank, 1);
  EXPECT_EQ(of(compare(with_ceilings(data, {ceilings_with(200), ceilings_with(100)})).value(), "cpu").rank, 1) << "in whatever order";
}

// What `cpu` records at `prepare`: a kernel for every operation, and that the first layer executes `share` of its FLOPs.
store::RunData with_share(store::RunData data, double share) {
  const workload::Workload w = tests::scripted_workload();
  const plan::Plan plan = plan::engine_plan(plan::training_plan(w.network, workload::batch_of_step(w, 0), workload::training_of(w.recipe)));
  for (store::TrialData& trial : data.trials) {
    if (!trial.preparation) trial.preparation.emplace();
    trial.preparation->kernels = core::Json::object();
    core::Json shares = core::Json::object();
    for (const plan::Op& op : plan.ops) {
      trial.preparation->kernels[op.name] = "any";
      if (op.name.rfind("fc1", 0) == 0 && op.cost.flops > 0) shares[op.name] = share;
    }
    trial::ReadingRecord reading;
    reading.trial_id = trial.trial.id;
    reading.kind = trial::kExecutedReading;
    reading.figures = {{"shares", shares}};
    trial.readings.push_back(reading);
  }
  return data;
}

TEST(AgainstCeilings, AnEngineIsHeldAgainstWhatItSaysThatItExecutes) {
  const auto data = tests::scripted_run({Script{.platform = "cpu", .step_ns = constantly(200'000)}}, "cpu");
  EXPECT_EQ(of(compare(with_ceilings(data, {ceilings_with(100)})).value(), "cpu").unranked, "INVALID") << "130 GFLOP/s counted";
  const Comparison c = compare(with_ceilings(with_share(data, 0.2), {ceilings_with(100)})).value();
  EXPECT_EQ(of(c, "cpu").rank, 1);
  EXPECT_LT(*of(c, "cpu").executed_flops, c.workloads[0].flops_per_step / 2);
  EXPECT_TRUE(says(c, "cpu leaves out multiplications by zero: it executes "));
  const Comparison whole = compare(with_ceilings(with_share(data, 1), {ceilings_with(200)})).value();
  EXPECT_EQ(*of(whole, "cpu").executed_flops, whole.workloads[0].flops_per_step);
  EXPECT_FALSE(says(whole, "leaves out"));
  EXPECT_EQ(of(compare(with_ceilings(with_share(tests::scripted_run({Script{.platform = "other", .step_ns = constantly(200'000)}}, "other"), 0.2),
                                     {ceilings_with(100)}))
                   .value(),
               "other")
                .unranked,
            "INVALID")
      << "nobody else is taken at its word";
}

TEST(AgainstCeilings, LessArithmeticThanCountedIsForVerifiedConvolutionsOfOthers) {
  const auto w = with_convolutions();
  const auto scripts = [](int64_t step_ns) {
    return std::vector<Script>{{.platform = "cpu", .step_ns = constantly(step_ns)},
                               {.platform = "other", .step_ns = constantly(step_ns)},
                               {.platform = "unproven", .step_ns = constantly(step_ns), .verdict = "unchecked"}};
  };
  const double gflop = static_cast<double>(compare(tests::scripted_run(scripts(1000), "cpu", w)).value().workloads[0].flops_per_step) * 1e-9;
  const auto step_ns = static_cast<int64_t>(gflop * 1e9 / 200);  // twice the ceiling
  const Comparison c = compare(with_ceilings(tests::scripted_run(scripts(step_ns), "cpu", w), {ceilings_with(100)})).value();
  EXPECT_EQ(of(c, "cpu").unranked, "INVALID") << "our engine executes what is counted";
  EXPECT_EQ(of(c, "unproven").unranked, "INVALID");
  EXPECT_EQ(of(c, "other").rank, 1);
  EXPECT_TRUE(says(c, "other: less arithmetic than counted: 200 GFLOP/s counted"));
}

TEST(AgainstCeilings, PlatformsOnAnotherDeviceAreLeftOut) {
  auto data = with_ceilings(tests::scripted_run({Script{.platform = "pytorch-cuda", .step_ns = constantly(1'000)}}, "pytorch-cuda"), {ceilings_with(100)});
  data.trials[0].trial.hello = {{"device", "NVIDIA H100"}};
  const Comparison c = compare(data).value();
  EXPECT_EQ(of(c, "pytorch-cuda").rank, 1);
  EXPECT_FALSE(of(c, "pytorch-cuda").roofline);
}

TEST(AgainstCeilings, TheStepIsPlacedAndItsOperationsWhereTheyAreKnown) {
  auto data = with_ceilings(tests::scripted_run({Script{.platform = "numpy", .step_ns = constantly(2'000'000)}}, "numpy"), {ceilings_with(100)});
  data.trials[0].readings.push_back(tests::made_up_operations(data.trials[0].trial, 2'000'000));
  const Comparison c = compare(data).value();
  const PlatformResult& r = of(c, "numpy");
  ASSERT_TRUE(r.roofline);
  EXPECT_FALSE(r.roofline->step.implementation) << "only the engine cpu tells";
  ASSERT_EQ(r.roofline->operations.size(), 2u);
  EXPECT_EQ(r.roofline->operations[0].operation, "relu");
  EXPECT_GT(r.roofline->operations[1].flops, 0);
  EXPECT_NEAR(r.roofline->rest_share, 0.1, 1e-9);
  ASSERT_FALSE(r.diagnosis.empty());
  EXPECT_EQ(r.diagnosis[0].rfind("70 % of this step is relu (forward), which moves ", 0), 0u) << r.diagnosis[0];
  EXPECT_EQ(c.workloads[0].roof->peak_gops, 100);
}

TEST(AgainstCeilings, ReadingsOfAnotherFormAreNoCeilings) {
  auto data = tests::scripted_run({Script{.platform = "cpu", .step_ns = constantly(1'000)}}, "cpu");
  data.readings.push_back({data.run.id, "", "ceilings", 0, {{"form", "unheard of"}}});
  data.readings.push_back({data.run.id, "", "energy", 0, {{"joules", 1}}});
  EXPECT_FALSE(compare(data).value().ceilings);
}

}  // namespace
}  // namespace trainmark::analysis

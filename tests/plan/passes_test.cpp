// Plans of the five networks and of random ones: costs against independently known figures, arenas against their lower
// bound, and verify against plans that were broken on purpose.
#include "plan/passes.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "network/zoo.hpp"
#include "support/random_network.hpp"

namespace trainmark::plan {
namespace {

Optimiser momentum() {
  Optimiser o;
  o.momentum = 0.9;
  return o;
}

Plan plan_of(const char* network, int64_t batch) { return plan_arena(training_plan(network::find_network(network).value(), batch, momentum())); }

double mega_flops(const Plan& plan) {
  int64_t flops = 0;
  for (const Op& op : plan.ops) flops += op.cost.flops;
  return static_cast<double>(flops) / 1e6;
}

// Counted FLOPs of a step, measured against the figures of an independent hand-written experiment: 689.1, 48.5, 1885.6.
TEST(Cost, CountsTheFlopsOfTheFiveNetworks) {
  EXPECT_NEAR(mega_flops(plan_of("mnist-cnn", 512)), 689.1, 0.05);
  EXPECT_NEAR(mega_flops(plan_of("mnist-cnn-lenet", 32)), 48.5, 0.05);
  EXPECT_NEAR(mega_flops(plan_of("mnist-mlp-10", 59000)), 1885.6, 0.05);
  // Dense by hand: 2 n i o, three times but twice for the first layer.
  EXPECT_NEAR(mega_flops(plan_of("mnist-mlp", 64)), 64e-6 * (4 * 784 * 128 + 6 * 128 * 128 + 6 * 128 * 10), 1e-9);
  EXPECT_NEAR(mega_flops(plan_of("mnist-nn", 64)), 64e-6 * (4 * 784 * 128 + 6 * 128 * 10), 1e-9);
}

TEST(Plan, OfTheFiveNetworksIsValidAndTight) {
  for (const network::Network& network : network::zoo()) {
    for (const int64_t batch : {1, 7, 64, 512}) {
      const Plan plan = plan_arena(training_plan(network, batch, momentum()));
      const auto valid = verify(plan);
      EXPECT_TRUE(valid.ok()) << network.name << ": " << (valid.ok() ? "" : valid.error().message);
      EXPECT_LE(static_cast<double>(plan.arena_bytes), 1.10 * static_cast<double>(liveness_lower_bound(plan))) << network.name << " batch " << batch;
      EXPECT_TRUE(verify(plan_arena(evaluation_plan(network, batch))).ok());
    }
  }
}

TEST(Plan, OfThousandRandomNetworksIsValidAndTight) {
  std::vector<double> ratios;
  for (uint64_t seed = 0; seed < 1000; ++seed) {
    const network::Network network = tests::RandomNetwork(seed).make();
    const Plan plan = plan_arena(training_plan(network, 1 + static_cast<int64_t>(seed % 40), momentum()));
    const auto valid = verify(plan);
    ASSERT_TRUE(valid.ok()) << network.name << ": " << valid.error().message;
    ASSERT_TRUE(verify(plan_arena(evaluation_plan(network, 8))).ok()) << network.name;
    ratios.push_back(static_cast<double>(plan.arena_bytes) / static_cast<double>(liveness_lower_bound(plan)));
  }
  std::sort(ratios.begin(), ratios.end());
  EXPECT_GE(ratios.front(), 1.0);
  EXPECT_LE(ratios[500], 1.05);
  EXPECT_LE(ratios[990], 1.25);
  RecordProperty("median", std::to_string(ratios[500]));
  RecordProperty("p99", std::to_string(ratios[990]));
}

TEST(Differentiate, SumsTheGradientsOfAValueWithSeveralReaders) {
  network::Builder b("residual", "", {2, 4, 4}, 3);
  const int entry = b.add("conv", network::Conv2d{2, network::Window::square(3, 1, 1), 1, true, {}, {}});
  b.add("relu", network::Relu{});
  b.add("join", network::Add{}, {b.last(), entry});
  b.add("flatten", network::Flatten{});
  b.add("fc", network::Dense{3, true, {}, {}});
  const Plan plan = training_plan(b.take(), 2, {});
  ASSERT_TRUE(verify(plan).ok()) << verify(plan).error().message;
  const auto sum = std::find_if(plan.ops.begin(), plan.ops.end(), [](const Op& op) { return op.name == "conv.grad_sum"; });
  ASSERT_NE(sum, plan.ops.end());
  EXPECT_EQ(sum->kind, OpKind::kAdd);
  EXPECT_EQ(sum->inputs.size(), 2u);
}

TEST(Differentiate, MakesNoGradientByDataForTheFirstLayer) {
  const Plan plan = plan_of("mnist-cnn", 4);
  for (const Op& op : plan.ops) {
    EXPECT_NE(op.name, "conv1.grad_data");
    for (const int t : op.outputs) EXPECT_NE(plan.tensors[static_cast<size_t>(t)].name, "dinput.conv1");
  }
}

TEST(Build, MeansDifferentThingsInTrainingAndEvaluation) {
  network::Builder b("modes", "", {2, 4, 4}, 3);
  b.add("bn", network::BatchNorm{});
  b.add("drop", network::Dropout{0.5});
  b.add("fc", network::Dense{3, true, {}, {}});
  const network::Network network = b.take();
  const auto kinds = [](const Plan& plan) {
    std::vector<OpKind> list;
    for (const Op& op : plan.ops) list.push_back(op.kind);
    return list;
  };
  EXPECT_EQ(kinds(evaluation_plan(network, 2)), (std::vector{OpKind::kGather, OpKind::kBatchNormEvaluate, OpKind::kDense, OpKind::kPredict}));
  EXPECT_EQ(kinds(build(network, 2, Mode::kTrain)),
            (std::vector{OpKind::kGather, OpKind::kBatchNormTrain, OpKind::kDropout, OpKind::kDense, OpKind::kSoftmaxCrossEntropy}));
}

TEST(Verify, FindsGradientsThatAreNotSummedOverThePasses) {
  Training training;
  training.passes = 2;
  training.clip_norm = 1;
  Plan plan = training_plan(network::find_network("mnist-nn").value(), 4, training);
  ASSERT_TRUE(verify(plan).ok());
  Plan once = plan;
  once.passes = 1;
  EXPECT_FALSE(verify(once).ok());
  for (Op& op : plan.ops) {
    if (op.name == "dfc1.weight.sum.clip") op.inputs[0] = find_tensor(plan, "dfc1.weight");
  }
  const auto result = verify(plan);
  ASSERT_FALSE(result.ok());
  EXPECT_NE(result.error().message.find("one pass"), std::string::npos) << result.error().message;
}

// Each breakage is one that a faulty pass could make; verify must name it.
TEST(Verify, FindsEveryBreakage) {
  const Plan good = plan_of("mnist-cnn", 16);
  ASSERT_TRUE(verify(good).ok());
  const std::vector<std::pair<const char*, std::function<void(Plan&)>>> breakages = {
      {"reads", [](Plan& p) { std::swap(p.ops[1], p.ops[2]); }},
      {"updated 0 times", [](Plan& p) { p.ops.pop_back(); }},
      {"share bytes", [](Plan& p) { p.tensors[static_cast<size_t>(p.input)].offset = p.tensors[static_cast<size_t>(find_tensor(p, "conv1"))].offset; }},
      {"outside or not aligned", [](Plan& p) { p.tensors[static_cast<size_t>(p.input)].offset += 4; }},
      {"outside or not aligned", [](Plan& p) { p.arena_bytes -= kAlignment; }},
      {"do not fit", [](Plan& p) { p.tensors[static_cast<size_t>(find_tensor(p, "conv1.weight"))].shape.h = 5; }},
      {"written twice",
       [](Plan& p) {
         p.ops[2].outputs = p.ops[1].outputs;
         p.ops[2].inputs = p.ops[1].outputs;
       }},
      {"two operations", [](Plan& p) { p.ops[1].name = p.ops[2].name; }},
      {"after it was updated",  // the update overtakes the gradient by data, which needs the old weights
       [](Plan& p) {
         const auto at = [&](const char* name) { return std::find_if(p.ops.begin(), p.ops.end(), [&](const Op& op) { return op.name == name; }); };
         const auto update = at("conv2.weight.update");
         std::rotate(at("conv2.grad_data"), update, update + 1);
       }},
  };
  for (const auto& [word, breakage] : breakages) {
    Plan broken = good;
    breakage(broken);
    const auto result = verify(broken);
    ASSERT_FALSE(result.ok()) << word;
    EXPECT_NE(result.error().message.find(word), std::string::npos) << word << " vs " << result.error().message;
  }
}

}  // namespace
}  // namespace trainmark::plan

// The passes of the engine `cpu`: what they join, how tensors lie, which stages there are; and that every plan stays valid.
#include "plan/engine_passes.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "network/builder.hpp"
#include "network/zoo.hpp"
#include "plan/passes.hpp"
#include "support/random_network.hpp"

namespace trainmark::plan {
namespace {

Plan train(const char* name, int64_t batch, double momentum = 0) {
  Optimiser optimiser;
  optimiser.momentum = momentum;
  return training_plan(*network::find_network(name), batch, optimiser);
}

int64_t count(const Plan& plan, OpKind kind) {
  return std::count_if(plan.ops.begin(), plan.ops.end(), [&](const Op& op) { return op.kind == kind; });
}

const Op& op_named(const Plan& plan, const std::string& name) {
  return *std::find_if(plan.ops.begin(), plan.ops.end(), [&](const Op& op) { return op.name == name; });
}

const Tensor& tensor_named(const Plan& plan, const std::string& name) {
  const int index = find_tensor(plan, name);
  EXPECT_GE(index, 0) << name;
  return plan.tensors[static_cast<size_t>(std::max(index, 0))];
}

TEST(Fuse, LeavesNoReluInTheFiveNetworks) {
  for (const network::Network& network : network::zoo()) {
    const Plan fused = fuse(training_plan(network, 8, {}));
    EXPECT_EQ(count(fused, OpKind::kRelu), 0) << network.name;
    EXPECT_EQ(count(fused, OpKind::kReluGrad), 0) << network.name;
    EXPECT_TRUE(verify(fused).ok()) << network.name << ": " << verify(fused).error().message;
  }
}

TEST(Fuse, PutsAReluBeforeAPoolIntoThePool) {
  const Plan fused = fuse(train("mnist-cnn", 8));
  EXPECT_FALSE(op_named(fused, "conv1").fused_relu);
  EXPECT_TRUE(op_named(fused, "pool1").fused_relu);
  EXPECT_TRUE(op_named(fused, "pool1.grad").fused_relu);
  EXPECT_TRUE(op_named(fused, "fc1").fused_relu);
  EXPECT_TRUE(op_named(fused, "fc2.grad_data").fused_relu);
  EXPECT_EQ(op_named(fused, "fc2.grad_data").inputs.size(), 3u) << "reads the ReLU's output";
}

TEST(Fuse, KeepsAReluWhoseInputIsReadElsewhere) {
  network::Builder b("joined", "test", {1, 8, 8}, 4);
  const int conv = b.add("conv", network::Conv2d{2, network::Window::square(3, 1, 1), 1, true, {}, {}});
  const int relu = b.add("relu", network::Relu{}, {conv});
  b.add("add", network::Add{}, {conv, relu});
  b.add("flatten", network::Flatten{});
  b.add("fc", network::Dense{4, true, {}, {}});
  const Plan fused = fuse(training_plan(b.take(), 3, {}));
  EXPECT_EQ(count(fused, OpKind::kRelu), 1);
  EXPECT_EQ(count(fused, OpKind::kReluGrad), 1);
  EXPECT_TRUE(verify(fused).ok());
}

TEST(AssignLayouts, ConvertsOnceEachWayBetweenConvolutionsAndDenseLayers) {
  const Plan plan = assign_layouts(fuse(train("mnist-cnn", 32)));
  EXPECT_EQ(count(plan, OpKind::kConvertLayout), 2);
  EXPECT_EQ(tensor_named(plan, "input").layout, Layout::kImageLanes);
  EXPECT_EQ(count(assign_layouts(fuse(train("mnist-mlp", 32))), OpKind::kConvertLayout), 0);
}

TEST(AssignLayouts, TakesRowsWhereABatchFillsFewOfTheImageLanes) {
  for (const char* network : {"mnist-cnn", "mnist-cnn-lenet"}) {
    for (const int64_t batch : {1, 2, 4, 8}) EXPECT_EQ(spatial_layout(fuse(train(network, batch))), Layout::kPaddedRows) << network << " batch " << batch;
    for (const int64_t batch : {12, 16, 32, 512}) EXPECT_EQ(spatial_layout(fuse(train(network, batch))), Layout::kImageLanes) << network << " batch " << batch;
  }
  const Plan rows = assign_layouts(fuse(train("mnist-cnn", 4)));
  EXPECT_EQ(count(rows, OpKind::kConvertLayout), 0) << "flattening needs none";
  EXPECT_EQ(tensor_named(rows, "input").layout, Layout::kPaddedRows);
}

TEST(AssignLayouts, TakesImageLanesWhereAnUnfoldedImageWouldNotFitTheCache) {
  network::Builder b("large", "test", {3, 128, 128}, 4);
  b.add("conv", network::Conv2d{8, network::Window::square(3, 1, 1), 1, true, {}, {}});
  b.add("flatten", network::Flatten{});
  b.add("fc", network::Dense{4, true, {}, {}});
  EXPECT_EQ(spatial_layout(fuse(training_plan(b.take(), 1, {}))), Layout::kImageLanes);
}

TEST(AssignLayouts, LaysParametersAlikeForEveryBatch) {
  for (const network::Network& network : network::zoo()) {
    const Plan small = engine_plan(training_plan(network, 3, {})), large = engine_plan(training_plan(network, 64, {}));
    for (const Tensor& t : small.tensors) {
      if (t.role != Role::kParameter) continue;
      EXPECT_EQ(tensor_named(large, t.name.c_str()).layout, t.layout) << network.name << " " << t.name;
    }
  }
}

TEST(JoinPools, JoinsConvolutionsAndTheirGradientsWithThePoolBehindThem) {
  const Plan plan = join_pools(assign_layouts(fuse(train("mnist-cnn", 32))));
  EXPECT_EQ(count(plan, OpKind::kMaxPool) + count(plan, OpKind::kMaxPoolGrad), 0);
  EXPECT_EQ(plan.tensors[static_cast<size_t>(op_named(plan, "conv2").outputs[0])].shape, (Extents{32, 16, 5, 5}));
  for (const char* name : {"conv1.grad_weights", "conv2.grad_weights", "conv2.grad_data"}) {
    const Op& op = op_named(plan, name);
    EXPECT_TRUE(op.through_pool) << name;
    EXPECT_EQ(plan.tensors[static_cast<size_t>(op.inputs.back())].type, DataType::kU8) << name;
  }
  EXPECT_TRUE(verify(plan).ok()) << verify(plan).error().message;
  const Plan before = annotate_cost(train("mnist-cnn", 32)), after = annotate_cost(plan);
  for (const char* name : {"conv1", "conv2", "conv1.grad_weights", "conv2.grad_weights", "conv2.grad_data"})
    EXPECT_EQ(op_named(after, name).cost.flops, op_named(before, name).cost.flops) << name << ": FLOPs are those of the shape";
}

TEST(JoinPools, LeavesRowsAndGradientsWithAnotherReader) {
  EXPECT_EQ(count(join_pools(assign_layouts(fuse(train("mnist-cnn", 4)))), OpKind::kMaxPoolGrad), 2) << "rows have dense kernels only";
  network::Builder b("two readers", "test", {1, 8, 8}, 4);
  const int conv = b.add("conv", network::Conv2d{2, network::Window::square(3), 1, true, {}, {}});
  const int pool = b.add("pool", network::MaxPool2d{network::Window::square(2, 2)}, {conv});
  const int other = b.add("other", network::MaxPool2d{network::Window::square(2, 2)}, {conv});
  b.add("add", network::Add{}, {pool, other});
  b.add("flatten", network::Flatten{});
  b.add("fc", network::Dense{4, true, {}, {}});
  const Plan plan = join_pools(assign_layouts(fuse(training_plan(b.take(), 32, {}))));
  EXPECT_EQ(count(plan, OpKind::kMaxPoolGrad), 2) << "their sum is the gradient";
  EXPECT_EQ(count(plan, OpKind::kMaxPool), 2) << "both read the convolution's output";
  EXPECT_TRUE(verify(plan).ok()) << verify(plan).error().message;
}

TEST(FormStages, SharesAFewImagesOverRowsAmongThreads) {
  const auto tasks = [](int64_t batch) { return engine_plan(train("mnist-cnn", batch)).stages[0].tasks.size(); };
  EXPECT_EQ(tasks(4), 1u);
  EXPECT_EQ(tasks(8), 2u);
  const Plan one = engine_plan(train("mnist-cnn", 4));
  EXPECT_EQ(count(one, OpKind::kReducePartials), 0) << "one task writes the gradient itself";
  EXPECT_EQ(engine_plan(train("mnist-cnn", 16)).stages[0].tasks.size(), 1u) << "16 images are one group of lanes";
}

TEST(AssignLayouts, StandsDenseWeightsByWhatFillsTheLanes) {
  const Plan plan = assign_layouts(fuse(train("mnist-mlp", 32, 0.9)));
  EXPECT_EQ(tensor_named(plan, "fc1.weight").layout, Layout::kTransposed);
  EXPECT_EQ(tensor_named(plan, "fc1.weight.momentum").layout, Layout::kTransposed);
  EXPECT_EQ(tensor_named(plan, "dfc1.weight").layout, Layout::kTransposed);
  EXPECT_EQ(tensor_named(plan, "fc3.weight").layout, Layout::kPaddedRows) << "10 outputs";
  EXPECT_EQ(find_tensor(plan, "fc1.weight.transposed"), -1) << "the first layer has no gradient by data";
  EXPECT_GE(find_tensor(plan, "fc2.weight.transposed"), 0);
  EXPECT_EQ(find_tensor(plan, "fc3.weight.transposed"), -1);
}

TEST(SplitInputs, DividesAFirstLayerWithLargeWeightsAndASmallBatch) {
  for (const int64_t batch : {1, 8, 32, 64}) {
    const Plan plan = engine_plan(train("mnist-mlp", batch));
    ASSERT_TRUE(verify(plan).ok()) << verify(plan).error().message;
    const Stage& first = plan.stages.front();
    EXPECT_EQ(first.axis, Axis::kOutputs) << batch;
    ASSERT_EQ(first.ops.size(), 2u) << batch;
    EXPECT_EQ(plan.ops[static_cast<size_t>(first.ops[0])].kind, OpKind::kGather);
    EXPECT_EQ(plan.ops[static_cast<size_t>(first.ops[1])].kind, OpKind::kDenseRanges);
    EXPECT_EQ(first.tasks.size(), 4u);
    EXPECT_EQ(first.tasks.back().end, 784) << "inputs, not images";
    EXPECT_TRUE(op_named(plan, "fc1.sum").fused_relu);
  }
}

TEST(SplitInputs, LeavesLargeBatchesFewOutputsConvolutionsAndEvaluation) {
  for (const Plan& plan :
       {train("mnist-mlp", 256), train("mnist-mlp-10", 32), train("mnist-cnn", 8), evaluation_plan(*network::find_network("mnist-mlp"), 8)}) {
    const Plan arranged = engine_plan(plan);
    EXPECT_EQ(count(arranged, OpKind::kDenseRanges), 0) << plan.network << " " << plan.batch;
    EXPECT_EQ(arranged.stages.front().axis, Axis::kImages) << plan.network << " " << plan.batch;
  }
}

TEST(FormStages, NeedsTwoSynchronisationsForTheFiveNetworks) {
  for (const network::Network& network : network::zoo()) {
    const Plan plan = engine_plan(training_plan(network, 512, {}));
    ASSERT_EQ(plan.stages.size(), 2u) << network.name;
    EXPECT_EQ(plan.stages[0].axis, Axis::kImages);
    EXPECT_EQ(plan.stages[1].axis, Axis::kOutputs);
    EXPECT_EQ(engine_plan(evaluation_plan(network, 512)).stages.size(), 1u) << network.name;
  }
}

TEST(FormStages, SumsSmallGradientsFromPartialsAndLargeOnesOverTheBatch) {
  const Plan cnn = engine_plan(train("mnist-cnn", 512));
  EXPECT_TRUE(op_named(cnn, "conv1.grad_weights").accumulate_chunks);
  EXPECT_TRUE(op_named(cnn, "conv2.grad_weights").accumulate_chunks);
  EXPECT_FALSE(op_named(cnn, "fc1.grad_weights").accumulate_chunks);
  const Plan full = engine_plan(train("mnist-mlp-10", 59000));
  EXPECT_TRUE(op_named(full, "fc1.grad_weights").accumulate_chunks);
  EXPECT_EQ(tensor_named(full, "input").storage, Storage::kScratch) << "46 million inputs are never all there";
}

TEST(FormStages, DividesByTheShapesAlone) {
  // Nothing about threads goes in; what is fixed here must not change without a reason, for it fixes the order of sums.
  const Plan plan = engine_plan(train("mnist-cnn", 512));
  EXPECT_EQ(plan.stages[0].tasks.size(), 16u);
  EXPECT_EQ(plan.stages[0].tasks[0].end, 32);
  EXPECT_EQ(engine_plan(train("mnist-cnn", 33)).stages[0].tasks.size(), 3u);
  EXPECT_EQ(engine_plan(train("mnist-cnn", 1)).stages[0].tasks.size(), 1u);
}

TEST(EnginePlan, StaysValidOnTheFiveNetworks) {
  for (const network::Network& network : network::zoo()) {
    for (const int64_t batch : {1, 3, 16, 17, 64, 500}) {
      Optimiser optimiser;
      optimiser.momentum = batch % 2 == 0 ? 0.9 : 0;
      for (const Plan& plan : {training_plan(network, batch, optimiser), evaluation_plan(network, batch)}) {
        const auto valid = verify(engine_plan(plan));
        EXPECT_TRUE(valid.ok()) << network.name << " batch " << batch << ": " << (valid.ok() ? "" : valid.error().message);
        const Plan compiled = engine_plan(plan);
        EXPECT_LE(static_cast<double>(compiled.arena_bytes), 1.10 * static_cast<double>(liveness_lower_bound(compiled))) << network.name << " batch " << batch;
      }
    }
  }
}

// Clipping needs every gradient, sums over passes none but their own: stages end where one waits for all.
TEST(FormStages, EndBeforeTheUpdatesWhereGradientsAreClippedOrSummed) {
  const network::Network network = *network::find_network("mnist-mlp");
  Training clipped, passes;
  clipped.clip_norm = 1;
  passes.passes = 2;
  EXPECT_EQ(engine_plan(training_plan(network, 512, {})).stages.size(), 2u);
  EXPECT_EQ(engine_plan(training_plan(network, 512, clipped)).stages.size(), 5u);
  EXPECT_EQ(engine_plan(training_plan(network, 512, passes)).stages.size(), 3u);
  const Plan plan = engine_plan(training_plan(network, 512, passes));
  EXPECT_EQ(plan.batch, 256);
  EXPECT_EQ(plan.passes, 2);
}

TEST(EnginePlan, StaysValidOnRandomNetworksWithEveryTraining) {
  for (uint64_t seed = 0; seed < 300; ++seed) {
    const network::Network network = tests::RandomNetwork(seed).make();
    Training training;
    training.optimiser.kind = static_cast<Optimiser::Kind>(seed % 4);
    training.optimiser.momentum = seed % 3 == 0 ? 0.9 : 0;
    training.clip_norm = seed % 2 == 0 ? 1 : 0;
    training.passes = 1 + static_cast<int64_t>(seed % 3);
    const Plan whole = training_plan(network, training.passes * (1 + static_cast<int64_t>(seed % 40)), training);
    const auto plain = verify(plan_arena(whole)), valid = verify(engine_plan(whole));
    ASSERT_TRUE(plain.ok()) << "seed " << seed << ": " << plain.error().message;
    ASSERT_TRUE(valid.ok()) << "seed " << seed << ": " << valid.error().message;
  }
}

// The arena of stages, beside that of single operations in passes_test.cpp: fewer positions, longer lives.
TEST(EnginePlan, StaysValidAndTightOnThousandRandomNetworks) {
  std::vector<double> ratios;
  for (uint64_t seed = 0; seed < 1000; ++seed) {
    const network::Network network = tests::RandomNetwork(seed).make();
    const Plan plan = engine_plan(training_plan(network, 1 + static_cast<int64_t>(seed % 40), {}));
    const auto valid = verify(plan);
    ASSERT_TRUE(valid.ok()) << "seed " << seed << ": " << valid.error().message;
    const int64_t bound = liveness_lower_bound(plan);
    ASSERT_GE(plan.arena_bytes, bound) << "seed " << seed;
    if (bound > 0) ratios.push_back(static_cast<double>(plan.arena_bytes) / static_cast<double>(bound));
  }
  std::sort(ratios.begin(), ratios.end());
  ASSERT_GT(ratios.size(), 900u);
  EXPECT_LE(ratios[ratios.size() / 2], 1.05);
  EXPECT_LE(ratios[ratios.size() * 99 / 100], 1.25);
}

}  // namespace
}  // namespace trainmark::plan

// What kernels touch, against counts by hand on plans whose form is known.
#include "backends/cpu/implementation_bytes.hpp"

#include <gtest/gtest.h>

#include <map>

#include "backends/cpu/engine.hpp"
#include "network/parameters.hpp"
#include "network/zoo.hpp"
#include "plan/engine_passes.hpp"
#include "plan/passes.hpp"

namespace trainmark::backends::cpu {
namespace {

/// Bytes by operation, with the kernels that the engine chose for this machine, and those kernels.
struct Counted {
  std::map<std::string, int64_t> bytes;
  std::map<std::string, std::string> kernels;
  int64_t sum = 0, compulsory = 0;
};
Counted count(const std::string& network, int64_t batch) {
  const auto engine = create_engine({1, "", "float32", {}}).value();
  plan::Optimiser optimiser;
  optimiser.momentum = 0.9;
  const plan::Plan plan = plan::training_plan(*network::find_network(network), batch, optimiser);
  const auto program = std::move(*engine->compile(plan));
  const plan::Plan& compiled = program->plan();
  const auto bytes = implementation_bytes(compiled, [&](int op) { return program->kernel(op); });
  Counted counted;
  for (size_t i = 0; i < bytes.size(); ++i) {
    counted.bytes[compiled.ops[i].name] = bytes[i];
    counted.kernels[compiled.ops[i].name] = program->kernel(static_cast<int>(i));
    counted.sum += bytes[i];
  }
  for (const plan::Op& op : plan.ops) counted.compulsory += op.cost.compulsory_bytes;
  return counted;
}

TEST(ImplementationBytes, AnUpdateThatUsesUpItsGradientCountsWeightsAndMomentumTwiceAndNoGradient) {
  const Counted c = count("mnist-mlp", 64);
  ASSERT_EQ(c.kernels.at("fc1.grad_weights"), kGradientWithUpdate);
  EXPECT_EQ(c.bytes.at("fc1.weight.update"), 0);
  const int64_t weights = 784 * 128 * 4;
  const int64_t pixels = 64 * 784 * 4, outputs = 64 * 128 * 4, bias = 128 * 4;
  EXPECT_EQ(c.bytes.at("fc1.grad_weights") - 2 * 2 * weights, pixels + outputs + bias) << "beside them what it reads, and the gradient of the bias";
}

TEST(ImplementationBytes, WeightsAreReadOnceForEachChunkOfImages) {
  const int64_t one = count("mnist-mlp", 64).bytes.at("fc2"), two = count("mnist-mlp", 128).bytes.at("fc2");
  EXPECT_EQ(two, 2 * one) << "four and eight tasks of a chunk each: activations and weights, both twice";
}

TEST(ImplementationBytes, ConvolutionsWithReluAndPoolMoveAFractionOfThePlanWithoutFusion) {
  for (const char* network : {"mnist-cnn", "mnist-cnn-lenet"}) {
    const Counted c = count(network, 512);
    EXPECT_GT(c.sum, 0.1 * static_cast<double>(c.compulsory)) << network;
    EXPECT_LT(c.sum, 0.5 * static_cast<double>(c.compulsory)) << network;
  }
}

TEST(ImplementationBytes, PixelsThatALayerReadsItselfCountOneByteAndTheGatherNone) {
  const plan::Plan plan = plan::engine_plan(plan::training_plan(*network::find_network("mnist-mlp-10"), 640, plan::Optimiser{}));
  const auto bytes = implementation_bytes(plan, [&](int op) -> std::string {
    const std::string& name = plan.ops[static_cast<size_t>(op)].name;
    return name == "gather" ? kJoinedGather : name == "fc1" ? kPixelDot : name == "fc1.grad_weights" ? kPixelGemm : "plain";
  });
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (plan.ops[i].name == "gather") {
      EXPECT_EQ(bytes[i], 0);
    }
    if (plan.ops[i].name != "fc1") continue;
    constexpr int64_t kChunks = 16;  // one of 32 or 48 images in each task
    EXPECT_EQ(bytes[i], 640 * 784 + 640 * 16 * 4 + kChunks * (10 * 784 + 16) * 4) << "pixels, padded outputs, weights and bias of each chunk";
  }
}

}  // namespace
}  // namespace trainmark::backends::cpu

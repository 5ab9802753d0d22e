// Gradients of every layer kind and of the whole small networks against central differences.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "backends/reference/layers.hpp"
#include "network/shapes.hpp"
#include "network/zoo.hpp"
#include "support/gradient_check.hpp"
#include "support/random_network.hpp"

namespace trainmark::tests {
namespace {

constexpr double kTolerance = 1e-6;

// Every parameter of `network` up to `at_most` per tensor; adds to the counts of the test.
void expect_right(const network::Network& network, int64_t batch, size_t at_most, GradientCheck& all) {
  const GradientCheck check = check_gradients(network, batch, at_most, 11);
  EXPECT_LT(check.worst, kTolerance) << network.name << ", " << check.worst_tensor;
  EXPECT_GT(check.checked, check.crossings) << network.name;
  all.worst = std::max(all.worst, check.worst);
  all.checked += check.checked;
  all.crossings += check.crossings;
}

void expect_few_crossings(const GradientCheck& all) {
  EXPECT_LT(all.crossings * 100, all.checked);
  testing::Test::RecordProperty("worst", fmt::format("{:.2e}", all.worst));
  testing::Test::RecordProperty("checked", static_cast<int>(all.checked));
  testing::Test::RecordProperty("crossings", static_cast<int>(all.crossings));
}

TEST(Gradient, OfEveryLayerKindEqualsCentralDifferences) {
  GradientCheck all;
  for (const LayerCase& layer : layer_cases()) {
    ASSERT_TRUE(network::infer_shapes(layer.network).ok()) << layer.name << ": " << network::infer_shapes(layer.network).error().message;
    expect_right(layer.network, layer.batch, 40, all);
  }
  expect_few_crossings(all);
}

TEST(Gradient, OfWholeSmallNetworksEqualsCentralDifferences) {
  GradientCheck all;
  for (const network::Network& network : network::zoo()) expect_right(network, 3, 30, all);
  expect_few_crossings(all);
}

// Losses, and steps of several passes: with batch-norm, whose statistics are those of a pass, and dropout.
TEST(Gradient, OfEveryLossAndOfSeveralPassesEqualsCentralDifferences) {
  plan::Training smoothed, squared, passes;
  smoothed.loss.label_smoothing = 0.2;
  squared.loss.kind = plan::Loss::Kind::kMeanSquaredError;
  passes.passes = 3;
  const LayerCase norm = around("norm", network::BatchNorm{}, 4), drop = around("drop", network::Dropout{0.4}, 4);
  for (const plan::Training& training : {smoothed, squared, passes}) {
    for (const network::Network& network : {norm.network, drop.network}) {
      const GradientCheck check = check_gradients(network, 6, 40, 11, training);
      EXPECT_LT(check.worst, kTolerance) << network.name << ", " << check.worst_tensor;
      EXPECT_EQ(check.crossings, 0);
    }
  }
}

TEST(Gradient, OfRandomGraphsEqualsCentralDifferences) {
  GradientCheck all;
  for (uint64_t seed = 1; seed <= 25; ++seed) expect_right(RandomNetwork(seed).make(), 2, 4, all);
  expect_few_crossings(all);
}

}  // namespace
}  // namespace trainmark::tests

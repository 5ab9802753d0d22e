// Which lanes carry results: counted by hand for the networks' own shapes.
#include "plan/lane_fill.hpp"

#include <gtest/gtest.h>

#include "network/zoo.hpp"
#include "plan/engine_passes.hpp"
#include "plan/passes.hpp"

namespace trainmark::plan {
namespace {

double fill_of(const char* network, int64_t batch, const std::string& name) {
  const Plan plan = engine_plan(training_plan(*network::find_network(network), batch, Training{}));
  for (const Op& op : plan.ops) {
    if (op.name == name) return lane_fill(plan, op);
  }
  ADD_FAILURE() << "no operation " << name;
  return 0;
}

TEST(LaneFill, OfImagesAsLanesIsThatOfTheBatch) {
  EXPECT_EQ(fill_of("mnist-cnn", 32, "conv1"), 1);
  EXPECT_EQ(fill_of("mnist-cnn", 24, "conv2.grad_data"), 0.75);
  EXPECT_EQ(fill_of("mnist-cnn", 24, "conv2.grad_weights"), 0.75);
}

TEST(LaneFill, OfRowsIsThatOfTheImagesPositions) {
  EXPECT_EQ(fill_of("mnist-cnn", 1, "conv1"), 26.0 * 26 / 688);
  EXPECT_EQ(fill_of("mnist-cnn-lenet", 1, "conv2"), 1);
}

TEST(LaneFill, OfDenseLayersIsThatOfTheirColumns) {
  EXPECT_EQ(fill_of("mnist-mlp", 64, "fc1"), 1);
  EXPECT_EQ(fill_of("mnist-cnn-lenet", 32, "fc2"), 84.0 / 96);
}

}  // namespace
}  // namespace trainmark::plan

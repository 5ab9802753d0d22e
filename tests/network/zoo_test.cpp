// The zoo against published and independently known counts; shapes and their errors; initialisers by their moments.
#include "network/zoo.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>

#include "network/builder.hpp"
#include "network/parameters.hpp"
#include "network/shapes.hpp"

namespace trainmark::network {
namespace {

TEST(Zoo, HasTheParameterCountsOfTheStudies) {
  // mnist-mlp-10: STUDIES.md, study 2 (7,960). The others: sums of (inputs + 1) outputs and (c k k + 1) channels.
  EXPECT_EQ(parameter_count(find_network("mnist-mlp-10").value()), 7960);
  EXPECT_EQ(parameter_count(find_network("mnist-mlp").value()), 785 * 128 + 129 * 128 + 129 * 10);
  EXPECT_EQ(parameter_count(find_network("mnist-nn").value()), 785 * 128 + 129 * 10);
  EXPECT_EQ(parameter_count(find_network("mnist-cnn").value()), 10 * 8 + 73 * 16 + 401 * 128 + 129 * 10);
  // PyTorch's tutorial network has 62,006 parameters on three input channels: 44,426 on one.
  EXPECT_EQ(parameter_count(find_network("mnist-cnn-lenet").value()), 26 * 6 + 151 * 16 + 257 * 120 + 121 * 84 + 85 * 10);
}

TEST(Zoo, EveryNetworkIsValidAndFoundByItsName) {
  for (const Network& network : zoo()) {
    EXPECT_TRUE(infer_shapes(network).ok()) << network.name;
    EXPECT_EQ(find_network(network.name)->name, network.name);
  }
}

TEST(Zoo, SuggestsTheNearestName) {
  const auto result = find_network("mnist-ccn");
  ASSERT_FALSE(result.ok());
  EXPECT_NE(result.error().message.find("did you mean 'mnist-cnn'"), std::string::npos) << result.error().message;
}

TEST(Shapes, FollowTheStudysTable) {
  const Network cnn = find_network("mnist-cnn").value();
  const auto shapes = infer_shapes(cnn).value();
  const std::vector<Shape> expected = {{8, 26, 26}, {8, 26, 26}, {8, 13, 13}, {16, 11, 11}, {16, 11, 11},
                                       {16, 5, 5},  {400, 1, 1}, {128, 1, 1}, {128, 1, 1},  {10, 1, 1}};
  EXPECT_EQ(shapes, expected);
}

TEST(Shapes, WindowOutputMatchesPytorchsFormula) {
  EXPECT_EQ(window_output(224, 7, 2, 3, 1), 112);  // the first layer of ResNet
  EXPECT_EQ(window_output(112, 3, 2, 1, 1), 56);   // its pool
  EXPECT_EQ(window_output(5, 3, 1, 0, 2), 1);
  EXPECT_EQ(window_output(4, 3, 1, 0, 2), 0);  // does not fit
}

std::string error_of(const Network& network) {
  const auto shapes = infer_shapes(network);
  return shapes.ok() ? "" : shapes.error().message;
}

TEST(Shapes, ErrorsNameTheLayer) {
  Builder small("n", "", {1, 4, 4}, 2);
  small.add("big", Conv2d{3, Window::square(5), 1, true, {}, {}});
  EXPECT_NE(error_of(small.network()).find("layer 'big' (conv2d)"), std::string::npos);

  Builder groups("n", "", {3, 4, 4}, 2);
  groups.add("g", Conv2d{4, Window::square(1), 2, true, {}, {}});
  EXPECT_NE(error_of(groups.network()).find("2 groups"), std::string::npos);

  Builder unused("n", "", {3, 4, 4}, 2);
  unused.add("a", Relu{});
  unused.add("b", Dense{2, true, {}, {}}, {kNetworkInput});
  EXPECT_NE(error_of(unused.network()).find("nothing reads layer 'a'"), std::string::npos);

  Builder classes("n", "", {3, 4, 4}, 2);
  classes.add("a", Dense{3, true, {}, {}});
  EXPECT_NE(error_of(classes.network()).find("2 classes"), std::string::npos);

  Builder twice("n", "", {3, 4, 4}, 2);
  twice.add("a", Relu{});
  twice.add("a", Dense{2, true, {}, {}});
  EXPECT_NE(error_of(twice.network()).find("used twice"), std::string::npos);

  Builder join("n", "", {3, 4, 4}, 2);
  const int left = join.add("left", Conv2d{4, Window::square(3), 1, true, {}, {}}, {kNetworkInput});
  join.add("sum", Add{}, {left, kNetworkInput});
  EXPECT_NE(error_of(join.network()).find("different shapes"), std::string::npos);
}

TEST(Parameters, OfLayerNormAreAsManyAsAnImageHasValues) {
  Builder b("n", "", {3, 4, 5}, 2);
  b.add("images", LayerNorm{});
  b.add("fc", Dense{7, true, {}, {}});
  b.add("features", LayerNorm{});
  b.add("out", Dense{2, true, {}, {}});
  const Network network = b.take();
  std::map<std::string, std::vector<int64_t>> shapes;
  for (const Parameter& p : parameters(network)) shapes[p.name] = p.shape;
  EXPECT_EQ(shapes["images.weight"], (std::vector<int64_t>{3, 4, 5}));
  EXPECT_EQ(shapes["images.bias"], (std::vector<int64_t>{3, 4, 5}));
  EXPECT_EQ(shapes["features.weight"], (std::vector<int64_t>{7}));
  for (const double v : initial_state(network, 1).at("images.weight").as_double()) EXPECT_EQ(v, 1);
}

TEST(Parameters, HaveMomentsOfTheirDistribution) {
  const core::TensorMap state = initial_state(find_network("mnist-mlp").value(), 5);
  const auto values = state.at("fc1.weight").as_double();
  double sum = 0, squares = 0;
  for (const double v : values) {
    sum += v;
    squares += v * v;
  }
  const double n = static_cast<double>(values.size());
  const double deviation = std::sqrt(2.0 / 784);
  EXPECT_NEAR(sum / n, 0, 4 * deviation / std::sqrt(n));
  EXPECT_NEAR(squares / n / (deviation * deviation), 1, 4 * std::sqrt(2 / n));
  for (const double v : state.at("fc1.bias").as_double()) EXPECT_EQ(v, 0);
  const auto lenet = initial_state(find_network("mnist-cnn-lenet").value(), 5);
  for (const double v : lenet.at("conv1.weight").as_double()) EXPECT_LE(std::abs(v), 1.0 / 5);  // 1 / sqrt(25 inputs)
}

TEST(Parameters, DependOnSeedAndNameOnly) {
  const Network mlp = find_network("mnist-mlp").value();
  const Network nn = find_network("mnist-nn").value();
  EXPECT_EQ(initial_state(mlp, 1).at("fc2.weight").as_double(), initial_state(mlp, 1).at("fc2.weight").as_double());
  EXPECT_NE(initial_state(mlp, 1).at("fc2.weight").as_double(), initial_state(mlp, 2).at("fc2.weight").as_double());
  EXPECT_NE(initial_state(mlp, 1).at("fc1.weight").as_double()[0], initial_state(mlp, 1).at("fc2.weight").as_double()[0]);
}

// Numbers come from files too: none may overflow on the way to its error.
TEST(Shapes, RefuseWhatNoMemoryHolds) {
  constexpr int64_t kHuge = std::numeric_limits<int64_t>::max(), kSide = 2'147'483'647;
  const auto refusal = [](Shape input, LayerKind kind) {
    const auto shapes = infer_shapes({"n", "", input, 10, {{"l", std::move(kind), {kNetworkInput}}}});
    return shapes.ok() ? "" : shapes.error().message;
  };
  EXPECT_NE(refusal({kHuge, kHuge, kHuge}, Relu{}).find("more than 2147483647 values"), std::string::npos);
  EXPECT_NE(refusal({1, 65536, 32768}, Relu{}).find("more than 2147483647 values"), std::string::npos);
  EXPECT_NE(refusal({2, 1, 1}, Dense{kHuge, true, {}, {}}).find("weights would be more than"), std::string::npos);
  EXPECT_NE(refusal({1, 4, 4}, Conv2d{1, {kHuge, 1, 1, 1, 0, 0, kHuge, 1}, 1, true, {}, {}}).find("makes no sense"), std::string::npos);
  EXPECT_NE(refusal({1, 4, 4}, MaxPool2d{{2, 2, 1, 1, kHuge, 0, 1, 1}}), "");
  EXPECT_NE(refusal({1, 4, 4}, Conv2d{kSide, {1, 1, 1, 1, 0, 0, 1, 1}, 1, true, {}, {}}).find("yields 2147483647x4x4"), std::string::npos);
  EXPECT_NE(refusal({2, 4, 4}, Conv2d{2, {kSide, kSide, kSide, kSide, kSide, kSide, 1, 1}, 1, true, {}, {}}).find("weights would be more than"),
            std::string::npos);
}

}  // namespace
}  // namespace trainmark::network

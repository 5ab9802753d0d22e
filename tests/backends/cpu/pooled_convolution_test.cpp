// Convolutions joined with the max pool behind them, in both directions: against the reference, and that it is their kernels
// that ran.
#include <algorithm>
#include <map>

#include "backends/cpu/testing.hpp"

namespace trainmark::backends::cpu {
namespace {

using network::Builder;
using network::Conv2d;
using network::Initialiser;
using network::MaxPool2d;
using network::Network;
using network::Relu;
using network::Shape;
using network::Window;

struct Shapes {
  Shape input;
  int64_t middle, outputs;   // channels
  Window first, second;      // of the convolutions
  bool pool_between = true;  // else the second one's gradient by data is masked by a ReLU
  bool relu_before_pool = true;
};

Network pooled_convolutions(const Shapes& s) {
  const Initialiser weights = Initialiser::he_normal(), bias = Initialiser::pytorch_uniform();
  Builder b("pooled convolutions " + std::to_string(s.input.c) + "-" + std::to_string(s.middle) + "-" + std::to_string(s.outputs), "test", s.input, 5);
  b.add("conv1", Conv2d{s.middle, s.first, 1, true, weights, bias});
  b.add("relu1", Relu{});
  if (s.pool_between) b.add("pool1", MaxPool2d{Window::square(2, 2)});
  b.add("conv2", Conv2d{s.outputs, s.second, 1, true, weights, bias});
  if (s.relu_before_pool) b.add("relu2", Relu{});
  b.add("pool2", MaxPool2d{Window::square(2, 2)});
  b.add("flatten", network::Flatten{});
  b.add("fc", network::Dense{5, true, weights, bias});
  return b.take();
}

std::string kernel_of(const Network& network, int64_t batch, const std::string& isa, const std::string& op) {
  auto engine = make_engine(isa, 1);
  const auto program = engine->compile(plan::training_plan(network, batch, {}));
  const auto& ops = (*program)->plan().ops;
  const auto found = std::find_if(ops.begin(), ops.end(), [&](const plan::Op& o) { return o.name == op; });
  return found == ops.end() ? "none" : (*program)->kernel(static_cast<int>(found - ops.begin()));
}

// `joined`: operations that must run together with their pool.
void expect_same_joined_step(const Shapes& shapes, int64_t batch, const std::string& isa, const std::vector<std::string>& joined) {
  const Network network = pooled_convolutions(shapes);
  for (const std::string op : {"conv1", "conv2", "conv1.grad_weights", "conv2.grad_weights", "conv2.grad_data"}) {
    const bool expected = std::find(joined.begin(), joined.end(), op) != joined.end(), forward = op.size() == 5;
    EXPECT_EQ(kernel_of(network, batch, isa, op), !expected ? "lanes" : forward ? "lanes, pooled" : "lanes, winners only") << network.name << " " << op;
  }
  expect_same_step({network, batch, {}, isa, 2});
}

const std::vector<std::string> kFirst = {"conv1", "conv1.grad_weights"};
const std::vector<std::string> kSecond = {"conv2", "conv2.grad_weights", "conv2.grad_data"};
const std::vector<std::string> kAll = {"conv1", "conv1.grad_weights", "conv2", "conv2.grad_weights", "conv2.grad_data"};

// Channels in pairs and single ones, rows and columns that the pool drops, batches that end within the lanes.
TEST(PooledConvolution, EqualsReferenceForChannelsKernelsAndOddSizes) {
  for (const std::string& isa : info().isas) {
    for (const int64_t kernel : {3, 5}) {
      const Window w = Window::square(kernel);
      const int64_t side = 3 * kernel + 3;
      for (const int64_t channels : {1, 3, 8, 20}) {
        expect_same_joined_step({{1, side, side + 1}, channels, 3, w, w}, 16, isa, kAll);
        expect_same_joined_step({{2, side + 1, side + 2}, 3, channels, w, w}, 19, isa, kAll);
      }
      expect_same_joined_step({{3, side + 5, side + 3}, 4, 5, w, w}, 40, isa, kAll);
    }
  }
}

TEST(PooledConvolution, EqualsReferenceBetweenAReluAndAPool) {
  for (const std::string& isa : info().isas) {
    for (const int64_t kernel : {3, 5}) {
      const Window w = Window::square(kernel);
      expect_same_joined_step({{2, 15, 14}, 5, 7, w, w, false}, 19, isa, kSecond);
      expect_same_joined_step({{2, 15, 14}, 5, 7, w, w, false, false}, 19, isa, kSecond);  // every window has a winner
    }
  }
}

// Over the whole batch a task has some of the output channels; here also more windows than entries fit the cache.
TEST(PooledConvolution, EqualsReferenceWhereWeightsAreDividedByOutputs) {
  const Shapes shapes{{3, 30, 28}, 20, 40, Window::square(5), Window::square(5)};
  const plan::Plan plan = plan::training_plan(pooled_convolutions(shapes), 30, {});
  auto engine = make_engine("", 1);
  const auto program = engine->compile(plan);
  for (const plan::Op& op : (*program)->plan().ops) {
    if (op.name == "conv2.grad_weights") {
      EXPECT_FALSE(op.accumulate_chunks);
    }
  }
  for (const std::string& isa : info().isas) expect_same_joined_step(shapes, 30, isa, kAll);
}

TEST(PooledConvolution, LeavesOthersToTheKernelsOfEach) {
  const Window w = Window::square(3);
  expect_same_joined_step({{2, 16, 16}, 4, 5, w, Window::square(3, 1, 1)}, 19, "", kFirst);
  expect_same_joined_step({{2, 16, 16}, 4, 5, w, Window::square(3, 2)}, 19, "", kFirst);
  expect_same_joined_step({{2, 16, 16}, 4, 5, w, {2, 3, 1, 1, 0, 0, 2, 1}}, 19, "", {"conv1", "conv1.grad_weights", "conv2"});
  EXPECT_EQ(kernel_of(pooled_convolutions({{2, 16, 16}, 4, 5, w, w}), 4, "", "conv2.grad_data"), "rows");
}

// conv2 of mnist-cnn: 3x3, 11x11 outputs of which the pool drops a row and a column.
TEST(PooledConvolution, SaysWhatItExecutes) {
  auto engine = make_engine("", 1);
  const auto program = engine->compile(plan::training_plan(*network::find_network("mnist-cnn"), 32, {}));
  const auto& ops = (*program)->plan().ops;
  const std::map<std::string, double> expected = {
      {"conv2", 100.0 / 121}, {"conv2.grad_weights", 25.0 / 121}, {"conv2.grad_data", 16.0 / 9 * 25 / 121}, {"fc1", 1}};
  for (const auto& [name, share] : expected) {
    const auto op = std::find_if(ops.begin(), ops.end(), [&, wanted = name](const plan::Op& o) { return o.name == wanted; });
    ASSERT_NE(op, ops.end()) << name;
    EXPECT_DOUBLE_EQ((*program)->executed_share(static_cast<int>(op - ops.begin())), share) << name;
  }
}

}  // namespace
}  // namespace trainmark::backends::cpu

// Whole steps against the reference: the five networks, and a table of shapes for every operation.
#include "backends/cpu/testing.hpp"
#include "backends/cpu/trainings.hpp"
#include "plan/engine_passes.hpp"
#include "support/random_network.hpp"

namespace trainmark::backends::cpu {
namespace {

using network::Builder;
using network::Conv2d;
using network::Dense;
using network::Initialiser;
using network::MaxPool2d;
using network::Network;
using network::Relu;
using network::Shape;
using network::Window;

const Initialiser kWeights = Initialiser::he_normal();
const Initialiser kBias = Initialiser::pytorch_uniform();

// Two convolutions with ReLU, so that there is a gradient by data, and a dense layer behind them.
Network two_convolutions(Shape input, int64_t middle, int64_t outputs, Window first, Window second, int64_t groups = 1, bool bias = true) {
  Builder b("convolutions " + std::to_string(input.c) + "-" + std::to_string(middle) + "-" + std::to_string(outputs), "test", input, 5);
  b.add("conv1", Conv2d{middle, first, 1, bias, kWeights, kBias});
  b.add("relu1", Relu{});
  b.add("conv2", Conv2d{outputs, second, groups, bias, kWeights, kBias});
  b.add("relu2", Relu{});
  b.add("flatten", network::Flatten{});
  b.add("fc", Dense{5, true, kWeights, kBias});
  return b.take();
}

Network pooled(Shape input, int64_t channels, Window pool, bool relu_first) {
  Builder b("pooled", "test", input, 4);
  b.add("conv1", Conv2d{channels, Window::square(3, 1, 1), 1, true, kWeights, kBias});
  if (relu_first) b.add("relu1", Relu{});
  b.add("pool1", MaxPool2d{pool});
  if (!relu_first) b.add("relu1", Relu{});
  b.add("flatten", network::Flatten{});
  b.add("fc", Dense{4, true, kWeights, kBias});
  return b.take();
}

Network perceptron(int64_t inputs, const std::vector<int64_t>& widths, bool bias = true) {
  Builder b("perceptron", "test", {inputs, 1, 1}, widths.back());
  for (size_t i = 0; i < widths.size(); ++i) {
    b.add("fc" + std::to_string(i), Dense{widths[i], bias, kWeights, kBias});
    if (i + 1 < widths.size()) b.add("relu" + std::to_string(i), Relu{});
  }
  return b.take();
}

// Every operation without a fast kernel, with two readers of one value and two programs.
Network branches(Shape input, int64_t channels) {
  Builder b("branches", "test", input, 6);
  const int stem = b.add("stem", Conv2d{channels, Window::square(3, 1, 1), 1, false, kWeights, kBias});
  const int norm = b.add("norm", network::BatchNorm{}, {stem});
  const int relu = b.add("relu", Relu{}, {norm});
  const int left = b.add("left", Conv2d{channels, Window::square(3, 1, 1), 1, true, kWeights, kBias}, {relu});
  const int sum = b.add("sum", network::Add{}, {left, relu});
  const int right = b.add("right", Conv2d{channels + 1, Window::square(1), 1, true, kWeights, kBias}, {sum});
  const int both = b.add("both", network::Concat{}, {sum, right});
  const int average = b.add("average", network::AveragePool2d{Window::square(2, 2)}, {both});
  const int dropped = b.add("dropout", network::Dropout{0.3}, {average});
  b.add("norm2", network::BatchNorm{}, {dropped});
  b.add("relu2", Relu{});
  b.add("global", network::GlobalAveragePool{});
  b.add("flatten", network::Flatten{});
  b.add("fc", Dense{6, true, kWeights, kBias});
  return b.take();
}

// Every activation and both forms of layer-norm, between lanes and rows.
Network newer_layers(Shape input, int64_t channels) {
  Builder b("newer layers", "test", input, 6);
  b.add("stem", Conv2d{channels, Window::square(3, 1, 1), 1, true, kWeights, kBias});
  b.add("gelu", network::Gelu{});
  b.add("norm", network::LayerNorm{});
  b.add("middle", Conv2d{channels, Window::square(3, 1, 1), 1, true, kWeights, kBias});
  b.add("sigmoid", network::Sigmoid{});
  b.add("pool", MaxPool2d{Window::square(2, 2)});
  b.add("relu6", network::Relu6{});
  b.add("flatten", network::Flatten{});
  b.add("fc1", Dense{21, true, kWeights, kBias});
  b.add("tanh", network::Tanh{});
  b.add("norm1", network::LayerNorm{1e-3});
  b.add("fc2", Dense{19, true, kWeights, kBias});
  b.add("sigmoid2", network::Sigmoid{});
  b.add("fc3", Dense{18, true, kWeights, kBias});
  b.add("gelu3", network::Gelu{});
  b.add("fc4", Dense{6, true, kWeights, kBias});
  return b.take();
}

// The same without decisions, which a large batch has near ties of; and dropout between lanes and rows.
Network smooth_layers(Shape input, int64_t channels) {
  Builder b("smooth layers", "test", input, 6);
  b.add("stem", Conv2d{channels, Window::square(3, 1, 1), 1, true, kWeights, kBias});
  b.add("norm", network::LayerNorm{});
  b.add("gelu", network::Gelu{});
  b.add("drop", network::Dropout{0.3});
  b.add("fc1", Dense{21, true, kWeights, kBias});
  b.add("norm1", network::LayerNorm{1e-3});
  b.add("tanh", network::Tanh{});
  b.add("fc2", Dense{6, true, kWeights, kBias});
  return b.take();
}

TEST(Step, EqualsReferenceForActivationsAndLayerNorm) {
  for (const std::string& isa : info().isas) {
    for (const int64_t batch : {1, 3, 17, 32}) expect_same_step({newer_layers({3, 8, 6}, 7), batch, sgd(0.9), isa, 2});
  }
  for (const int64_t batch : {1, 17, 600}) expect_same_step({smooth_layers({1, 9, 7}, 17), batch, sgd(), "", 2});  // 600: several chunks of a partial
}

TEST(Step, EqualsReferenceForEveryTraining) {
  for (const std::string& isa : info().isas) {
    for (const plan::Training& training : all_trainings()) {
      expect_same_step({branches({3, 8, 6}, 7), 18, training, isa, 2});
      expect_same_step({perceptron(40, {150, 17, 10}), 34, training, isa, 1});
      expect_same_step({newer_layers({2, 8, 8}, 5), 6, training, isa, 1});
    }
  }
}

TEST(Step, EqualsReferenceOnTheFiveNetworks) {
  for (const Network& network : network::zoo()) {
    for (const int64_t batch : {1, 17, 32}) expect_same_step({network, batch, sgd(0.9), "", 1});
    expect_same_step({network, 64, sgd(), "", 2});
  }
}

TEST(Step, EqualsReferenceOnEveryInstructionSet) {
  for (const std::string& isa : info().isas) {
    for (const Network& network : network::zoo()) expect_same_step({network, 19, sgd(0.9), isa, 1});
    expect_same_step({two_convolutions({3, 9, 10}, 7, 8, Window::square(3, 1, 1), Window::square(3, 2)), 3, sgd(), isa, 1});
    expect_same_step({branches({3, 8, 6}, 7), 5, sgd(), isa, 1});
  }
}

TEST(Step, EqualsReferenceForDenseShapes) {
  for (const int64_t inputs : {1, 3, 16, 17, 50}) {
    for (const int64_t width : {1, 7, 16, 17, 40}) expect_same_step({perceptron(inputs, {width, 3}), 17, sgd(), "", 1});
  }
  expect_same_step({perceptron(300, {150, 33, 10}), 3, sgd(0.9, 0.01, true), "", 2});
  expect_same_step({perceptron(40, {24, 10}, false), 33, sgd(0.5), "", 1});
  expect_same_step({perceptron(600, {130, 10}), 600, sgd(0.9), "", 2});  // several blocks of k
}

// A first layer with few outputs reads pixels itself; every form of table, odd chunks and the last image of the samples.
TEST(Step, EqualsReferenceStraightFromPixels) {
  struct Norm {
    double mean, deviation;  // a scale, lines in single and in double precision, a lookup
  };
  const auto network = [](Shape input, int64_t width) {
    Builder b("few outputs", "test", input, 4);
    b.add("fc1", Dense{width, true, kWeights, kBias});
    b.add("relu1", Relu{});
    b.add("fc2", Dense{4, true, kWeights, kBias});
    return b.take();
  };
  for (const std::string& isa : info().isas) {
    for (const Norm& norm : {Norm{0, 1}, Norm{0.1307, 0.3081}, Norm{0.5, 0.5}, Norm{0.123456789, 0.987654321}}) {
      for (const int64_t batch : {1, 65, 600}) expect_same_step({network({1, 12, 8}, 10), batch, sgd(0.9), isa, 2, norm.mean, norm.deviation});
    }
    for (const int64_t width : {1, 2, 3, 5, 7, 11}) expect_same_step({network({1, 4, 8}, width), 130, sgd(), isa, 1, 0, 1});
    expect_same_step({network({1, 5, 5}, 10), 130, sgd(), isa, 1, 0, 1});  // 25 pixels fill no vectors: gathered
    expect_same_step({network({3, 4, 4}, 10), 130, sgd(), isa, 1, 0, 1});  // three tables: gathered
  }
  auto engine = make_engine("", 1);
  const auto program = engine->compile(plan::training_plan(network({1, 12, 8}, 10), 600, plan::Training(sgd())));
  ASSERT_TRUE(program.ok());
  const bool wide = (*program)->kernel(0) == "in the layers that read it";
  EXPECT_EQ(wide, info().isas.front() == "avx512" || info().isas.front() == "neon") << (*program)->kernel(0);
}

TEST(Step, EqualsReferenceForConvolutionShapes) {
  for (const int64_t channels : {1, 3, 7, 8, 16, 17}) {
    expect_same_step({two_convolutions({channels, 7, 6}, 8, 5, Window::square(3), Window::square(3)), 3, sgd(), "", 1});
    expect_same_step({two_convolutions({3, 7, 6}, channels, 7, Window::square(3, 1, 1), Window::square(3, 1, 1)), 1, sgd(), "", 1});
  }
  expect_same_step({two_convolutions({3, 12, 11}, 6, 9, Window::square(3, 2, 1), Window::square(5, 2, 2)), 17, sgd(), "", 1});
  expect_same_step({two_convolutions({2, 3, 3}, 3, 4, Window::square(1), Window::square(3, 3, 2)), 2, sgd(), "", 1});
  expect_same_step({two_convolutions({4, 12, 12}, 8, 8, Window::square(2), {3, 2, 1, 2, 2, 1, 2, 3}), 5, sgd(), "", 1});
  expect_same_step({two_convolutions({4, 8, 8}, 8, 12, Window::square(3, 1, 1), Window::square(3, 1, 1), 4), 6, sgd(), "", 1});
  expect_same_step({two_convolutions({4, 8, 8}, 6, 6, Window::square(3, 1, 1), Window::square(3, 2, 1), 6, false), 16, sgd(), "", 1});
}

// Batches around those where rows give way to images as lanes, and one image more than a group of lanes.
const int64_t kSmallBatches[] = {1, 2, 3, 4, 5, 8, 12, 15, 17};

TEST(Step, EqualsReferenceForConvolutionsOfSmallBatches) {
  int i = 0;
  for (const int64_t batch : kSmallBatches) {
    for (const int64_t channels : {1, 3, 7, 8, 16, 17}) {
      const int threads = 1 + i++ % 2;
      expect_same_step({two_convolutions({channels, 7, 6}, 16, 5, Window::square(3), Window::square(3)), batch, sgd(), "", threads});
      expect_same_step({two_convolutions({3, 9, 18}, channels, 16, Window::square(3, 1, 1), Window::square(5, 1, 2)), batch, sgd(0.9), "", threads});
      expect_same_step({two_convolutions({2, 8, 9}, 4, channels, Window::square(3, 2, 1), Window::square(3, 2, 1)), batch, sgd(), "", threads});
    }
  }
}

// That the batch is small enough for rows is checked too.
void expect_same_step_over_rows(const Case& c) {
  EXPECT_EQ(plan::spatial_layout(plan::training_plan(c.network, c.batch, c.training)), plan::Layout::kPaddedRows) << c.network.name << " batch " << c.batch;
  expect_same_step(c);
}

TEST(Step, EqualsReferenceForConvolutionsOverRowsOnEveryInstructionSet) {
  for (const std::string& isa : info().isas) {
    for (const int64_t batch : {1, 2, 4}) {
      for (const int64_t channels : {1, 7, 16, 17}) {
        expect_same_step_over_rows({two_convolutions({channels, 6, 5}, 32, channels, Window::square(3), Window::square(3, 1, 1)), batch, sgd(), isa, 2});
        expect_same_step_over_rows({two_convolutions({3, 9, 19}, 8, 16, Window::square(2), {3, 2, 1, 2, 1, 1, 2, 3}), batch, sgd(), isa, 1});
      }
      expect_same_step_over_rows({two_convolutions({4, 8, 8}, 32, 32, Window::square(3, 1, 1), Window::square(3, 1, 1), 2), batch, sgd(), isa, 1});
      expect_same_step_over_rows({two_convolutions({4, 8, 8}, 8, 12, Window::square(3, 1, 1), Window::square(3, 1, 1), 4), batch, sgd(), isa, 1});
      expect_same_step_over_rows({two_convolutions({2, 17, 20}, 6, 6, Window::square(5), Window::square(3, 2, 1), 6, false), batch, sgd(), isa, 1});
      expect_same_step_over_rows(
          {two_convolutions({1, 3, 40}, 3, 4, {1, 17, 1, 1, 0, 8, 1, 1}, {1, 18, 1, 1, 0, 9, 1, 1}), batch, sgd(), isa, 1});  // many column taps
    }
  }
}

TEST(Step, EqualsReferenceForPoolingOfSmallBatches) {
  for (const std::string& isa : info().isas) {
    for (const int64_t batch : {1, 3, 8}) {
      for (const bool relu_first : {false, true}) {
        for (const Shape& input : {Shape{1, 8, 8}, Shape{2, 9, 7}, Shape{1, 5, 35}, Shape{3, 4, 32}}) {
          expect_same_step({pooled(input, 3, Window::square(2, 2), relu_first), batch, sgd(), isa, 1});
        }
        expect_same_step({pooled({2, 9, 7}, 8, Window::square(3, 2, 1), relu_first), batch, sgd(), isa, 1});
        expect_same_step({pooled({2, 9, 9}, 4, {2, 3, 3, 1, 0, 1, 2, 1}, relu_first), batch, sgd(), isa, 1});
      }
    }
  }
}

TEST(Step, EqualsReferenceForOtherLayersOfSmallBatches) {
  for (const int64_t batch : kSmallBatches) {
    for (const int64_t channels : {3, 8, 17}) expect_same_step({branches({3, 8, 6}, channels), batch, sgd(0.9), "", 2});
  }
}

TEST(Step, EqualsReferenceForPooling) {
  for (const bool relu_first : {false, true}) {
    expect_same_step({pooled({1, 8, 8}, 3, Window::square(2, 2), relu_first), 17, sgd(), "", 1});
    expect_same_step({pooled({2, 9, 7}, 8, Window::square(2, 2), relu_first), 3, sgd(), "", 1});
    expect_same_step({pooled({2, 9, 7}, 8, Window::square(3, 2, 1), relu_first), 16, sgd(), "", 1});
    expect_same_step({pooled({2, 9, 9}, 4, {2, 3, 3, 1, 0, 1, 2, 1}, relu_first), 4, sgd(), "", 1});
  }
}

TEST(Step, EqualsReferenceForOtherLayers) {
  for (const int64_t batch : {3, 17, 32}) expect_same_step({branches({3, 8, 6}, 7), batch, sgd(0.9), "", 2});
}

TEST(Step, EqualsReferenceForOtherNormalisations) {
  const Network network = perceptron(30, {20, 10});
  for (const auto& [mean, deviation] : {std::pair{0.0, 1.0}, {0.1307, 0.3081}, {0.5, 0.5}, {0.485123456, 0.229987}}) {
    for (const std::string& isa : info().isas) expect_same_step({network, 9, sgd(), isa, 1, mean, deviation});
  }
}

TEST(Step, EqualsReferenceOnRandomNetworks) {
  for (uint64_t seed = 0; seed < 60; ++seed)
    expect_same_step({tests::RandomNetwork(seed).make(), 1 + static_cast<int64_t>(seed % 23), sgd(seed % 2 == 0 ? 0.9 : 0), "", 1}, 256);
}

TEST(StepSlow, EqualsReferenceOnRandomNetworks) {
  const auto trainings = all_trainings();
  for (uint64_t seed = 100; seed < 700; ++seed) {
    const auto isas = info().isas;
    const plan::Training& training = trainings[seed % trainings.size()];
    expect_same_step({tests::RandomNetwork(seed).make(), (1 + static_cast<int64_t>(seed % 40)) * training.passes, training, isas[seed % isas.size()], 2}, 256);
  }
}

TEST(StepSlow, EqualsReferenceOnEveryInstructionSetAndBatch) {
  for (const std::string& isa : info().isas) {
    for (const Network& network : network::zoo()) {
      for (const int64_t batch : {1, 3, 16, 17, 64, 512}) expect_same_step({network, batch, sgd(0.9), isa, 2});
    }
    for (const int64_t channels : {1, 3, 7, 8, 16, 17}) {
      for (const int64_t outputs : {1, 3, 7, 8, 16, 17}) {
        for (const int64_t batch : {1, 3, 17}) {
          expect_same_step({two_convolutions({channels, 11, 9}, outputs, channels, Window::square(3), Window::square(3, 1, 1)), batch, sgd(), isa, 2});
          expect_same_step({two_convolutions({channels, 11, 9}, outputs, channels, Window::square(3, 2, 1), Window::square(2, 2)), batch, sgd(), isa, 2});
        }
      }
    }
  }
}

}  // namespace
}  // namespace trainmark::backends::cpu

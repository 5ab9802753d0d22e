// First layers that visit only the pixels that are not the background.
#include "backends/cpu/implementation_bytes.hpp"
#include "backends/cpu/testing.hpp"
#include "backends/cpu/trainings.hpp"

namespace trainmark::backends::cpu {
namespace {

using network::Network;

constexpr data::PixelStatistics kDigits = {0, 0.19};

Network perceptron(int64_t side, int64_t outputs) {
  const auto weights = network::Initialiser::he_normal(), bias = network::Initialiser::pytorch_uniform();
  network::Builder b("perceptron", "test", {1, side, side}, 7);
  b.add("flatten", network::Flatten{});
  b.add("fc1", network::Dense{outputs, true, weights, bias});
  b.add("relu1", network::Relu{});
  b.add("fc2", network::Dense{7, true, weights, bias});
  return b.take();
}

Case digits(int64_t side, int64_t outputs, int64_t batch, const plan::Training& training = plan::Training(sgd()), const std::string& isa = "") {
  Case c{perceptron(side, outputs), batch, training, isa, 2};
  c.pixels = kDigits;
  return c;
}

std::string kernel_of(const Program& program, const std::string& name) {
  for (size_t i = 0; i < program.plan().ops.size(); ++i) {
    if (program.plan().ops[i].name == name) return program.kernel(static_cast<int>(i));
  }
  return "";
}

std::string first_kernel(const Network& network, int64_t batch, const data::PixelStatistics& pixels, const plan::Optimiser& optimiser = sgd()) {
  auto engine = make_engine("", 1, pixels);
  return kernel_of(**engine->compile(plan::training_plan(network, batch, plan::Training(optimiser))), "fc1");
}

TEST(Sparse, IsChosenWhereMostPixelsAreTheBackground) {
  EXPECT_EQ(first_kernel(perceptron(28, 128), 32, kDigits), kSparseRanges);
  EXPECT_EQ(first_kernel(perceptron(28, 128), 32, {0, 0.9}), "gemm by inputs");
  EXPECT_EQ(first_kernel(perceptron(28, 128), 32, {}), "gemm by inputs") << "not known";
  EXPECT_EQ(first_kernel(perceptron(28, 32), 32, kDigits), "gemm by inputs") << "too few outputs";
  EXPECT_EQ(first_kernel(perceptron(28, 128), 1, kDigits), kSparseRanges);
  EXPECT_EQ(first_kernel(perceptron(28, 128), 1, kDigits, sgd(0.9)), "gemm by inputs") << "every momentum changes in every step";
}

TEST(Sparse, EqualsReferenceForShapesAndBatches) {
  for (const std::string& isa : info().isas) {
    for (const int64_t batch : {1, 3, 64, 65, 130}) expect_same_step(digits(28, 128, batch, plan::Training(sgd()), isa));
    for (const int64_t outputs : {70, 200, 272}) expect_same_step(digits(17, outputs, 20, plan::Training(sgd(0.9)), isa));
  }
}

TEST(Sparse, EqualsReferenceForEveryTraining) {
  for (const plan::Training& training : all_trainings()) expect_same_step(digits(14, 66, 18, training));
}

TEST(Sparse, EqualsReferenceForOtherBackgroundsAndNormalisations) {
  for (const uint8_t background : {0, 7, 255}) {
    for (const auto& [mean, deviation] : {std::pair(0.0, 1.0), std::pair(0.1307, 0.3081), std::pair(-2.0, 0.1)}) {
      Case c = digits(20, 100, 33);
      c.pixels = {background, 0.3};
      c.mean = mean;
      c.deviation = deviation;
      expect_same_step(c);
    }
  }
}

core::TensorMap trained(const Network& network, int64_t batch, int threads, double mean, const data::PixelStatistics& known) {
  auto engine = make_engine("", threads, known);
  auto program = engine->compile(plan::training_plan(network, batch, plan::Training(sgd())));
  EXPECT_TRUE(engine->load(random_state(network, sgd())).ok());
  const Batch data(network, batch, mean, 0.3081, kDigits);
  StepOutput output;
  for (int i = 0; i < 3; ++i) (*program)->run(data.input(0.01, i), output);
  return engine->dump();
}

void expect_same_bits(const core::TensorMap& got, const core::TensorMap& expected, const std::string& where) {
  for (const auto& [name, tensor] : expected) EXPECT_EQ(got.at(name).values, tensor.values) << name << " " << where;
}

TEST(Sparse, GivesTheSameBitsForOneToEightThreads) {
  for (const int64_t batch : {1, 33, 150}) {
    const auto expected = trained(perceptron(28, 128), batch, 1, 0.1307, kDigits);
    for (int threads = 2; threads <= 8; ++threads)
      expect_same_bits(trained(perceptron(28, 128), batch, threads, 0.1307, kDigits), expected, std::to_string(threads) + " threads");
  }
}

// Where the background is zero, sums have the same terms in the same order as those of the products of matrices.
TEST(Sparse, GivesTheBitsOfDenseProductsWhereTheBackgroundIsZero) {
  for (const int64_t batch : {1, 33, 150}) {
    const auto dense = trained(perceptron(28, 128), batch, 2, 0, {});
    expect_same_bits(trained(perceptron(28, 128), batch, 2, 0, kDigits), dense, "batch " + std::to_string(batch));
  }
}

// The statistics are of a data set's first look; what comes may be another one.
TEST(Sparse, IsRightForPixelsThatAreNotAsExpected) {
  const Network network = perceptron(28, 128);
  auto engine = make_engine("", 1, {200, 0.01});
  auto program = engine->compile(plan::training_plan(network, 40, plan::Training(sgd())));
  ASSERT_EQ(kernel_of(**program, "fc1"), kSparseRanges);
  ASSERT_TRUE(engine->load(random_state(network, sgd())).ok());
  auto known = make_engine("", 1);
  auto dense = known->compile(plan::training_plan(network, 40, plan::Training(sgd())));
  ASSERT_TRUE(known->load(random_state(network, sgd())).ok());
  const Batch data(network, 40);
  StepOutput output, expected;
  (*program)->run(data.input(), output);
  (*dense)->run(data.input(), expected);
  EXPECT_NEAR(output.loss, expected.loss, 1e-5 * expected.loss);
}

}  // namespace
}  // namespace trainmark::backends::cpu

// What the error model stands on: magnitudes, variants of summation and input, near ties.
#include "backends/reference/checked_step.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <set>

#include "backends/reference/layers.hpp"
#include "backends/reference/order.hpp"
#include "network/zoo.hpp"
#include "plan/passes.hpp"
#include "support/random_network.hpp"
#include "support/random_samples.hpp"
#include "support/random_state.hpp"

namespace trainmark::tests {
namespace {

namespace reference = backends::reference;
using reference::CheckedStep;
using reference::CheckedStepOptions;

constexpr double kEpsilon = std::numeric_limits<float>::epsilon();

CheckedStep run(const network::Network& network, int64_t batch, const CheckedStepOptions& options) {
  const RandomSamples samples(network.input, batch, network.classes, 1);
  const data::SamplesView view = samples.view();
  plan::Optimiser sgd;
  sgd.momentum = 0.9;
  return reference::checked_step(plan::training_plan(network, batch, sgd), random_state(network, 2), step_input(samples, view, 0.05), options).value();
}

// Sum of differences of a gradient tensor in units of float32's epsilon times the sum of magnitudes; the worst tensor.
double spread(const CheckedStep& a, const CheckedStep& exact) {
  double worst = 0;
  for (const auto& [name, gradient] : exact.gradients) {
    const std::vector<double> other = a.gradients.at(name).as_double(), values = gradient.as_double();
    double difference = 0, magnitude = 0;
    for (size_t i = 0; i < values.size(); ++i) {
      difference += std::abs(other[i] - values[i]);
      magnitude += doubles(exact.magnitudes.at(name))[i];
    }
    if (magnitude > 0) worst = std::max(worst, difference / (kEpsilon * magnitude));
  }
  return worst;
}

TEST(Order, IsAPermutationAndNaturalWithoutSeed) {
  for (const int64_t n : {1, 2, 3, 10, 97, 128, 1000}) {
    for (const uint64_t seed : {0, 1, 2, 3}) {
      const reference::Order order = reference::Order::make(n, seed);
      std::set<int64_t> seen;
      for (int64_t i = 0; i < n; ++i) {
        seen.insert(order[i]);
        EXPECT_TRUE(seed != 0 || order[i] == i);
      }
      EXPECT_EQ(static_cast<int64_t>(seen.size()), n);
      EXPECT_GE(*seen.begin(), 0);
      EXPECT_LT(*seen.rbegin(), n);
    }
  }
}

TEST(CheckedStep, MagnitudesOfADenseGradientAreSumsOfAbsoluteTerms) {
  network::Builder builder("linear", "", {1, 3, 3}, 4);
  const network::Network network = close(builder, 4);
  const int64_t batch = 5;
  const RandomSamples samples(network.input, batch, network.classes, 1);
  const core::TensorMap state = random_state(network, 2);
  const CheckedStep step = run(network, batch, {});
  std::vector<double> weights(4 * 9), biases(4);
  for (size_t n = 0; n < 5; ++n) {
    double x[9], z[4], sum = 0;
    for (size_t i = 0; i < 9; ++i) x[i] = samples.normalisation.channels[0][samples.pixels[n * 9 + i]];
    for (size_t k = 0; k < 4; ++k) {
      z[k] = doubles(state.at("out.bias"))[k];
      for (size_t i = 0; i < 9; ++i) z[k] += doubles(state.at("out.weight"))[k * 9 + i] * x[i];
      sum += std::exp(z[k]);
    }
    for (size_t k = 0; k < 4; ++k) {
      const double dz = (std::exp(z[k]) / sum - (samples.labels[n] == k ? 1 : 0)) / 5;
      biases[k] += std::abs(dz);
      for (size_t i = 0; i < 9; ++i) weights[k * 9 + i] += std::abs(dz * x[i]);
    }
  }
  for (size_t i = 0; i < weights.size(); ++i) EXPECT_NEAR(doubles(step.magnitudes.at("out.weight"))[i], weights[i], 1e-14);
  for (size_t i = 0; i < biases.size(); ++i) EXPECT_NEAR(doubles(step.magnitudes.at("out.bias"))[i], biases[i], 1e-14);
}

TEST(CheckedStep, MagnitudesBoundTheirValues) {
  for (uint64_t seed = 1; seed <= 12; ++seed) {
    const CheckedStep step = run(RandomNetwork(seed).make(), 3, {});
    EXPECT_GE(step.loss_magnitude, step.loss);
    for (const auto& [name, gradient] : step.gradients) {
      for (size_t i = 0; i < doubles(gradient).size(); ++i)
        ASSERT_GE(doubles(step.magnitudes.at(name))[i] * (1 + 1e-12), std::abs(doubles(gradient)[i])) << name;
    }
    for (const auto& [name, tensor] : step.state_after) {
      for (size_t i = 0; i < doubles(tensor).size(); ++i)
        ASSERT_GE(doubles(step.state_magnitudes.at(name))[i] * (1 + 1e-12), std::abs(doubles(tensor)[i])) << name;
    }
  }
}

TEST(CheckedStep, GivesTheSameValuesWithAndWithoutMagnitudes) {
  CheckedStepOptions bare;
  bare.magnitudes = false;
  const network::Network network = RandomNetwork(4).make();
  const CheckedStep with = run(network, 3, {}), without = run(network, 3, bare);
  EXPECT_EQ(with.loss, without.loss);
  for (const auto& [name, tensor] : with.state_after) EXPECT_TRUE(tensor.values == without.state_after.at(name).values) << name;
  EXPECT_TRUE(without.magnitudes.empty());
}

TEST(CheckedStep, OrdersOfSummationDifferByRoundingOnly) {
  for (const network::Network& network : network::zoo()) {
    const CheckedStep exact = run(network, 4, {});
    CheckedStepOptions permuted;
    permuted.variant.order_seed = 9;
    const double in_double = spread(run(network, 4, permuted), exact);
    EXPECT_GT(in_double, 0) << network.name;
    EXPECT_LT(in_double, 1e-7) << network.name;
  }
}

TEST(CheckedStep, FloatVariantsScatterAroundTheExactGradient) {
  for (const network::Network& network : network::zoo()) {
    const CheckedStep exact = run(network, 4, {});
    CheckedStepOptions options;
    options.precision = reference::Precision::kFloat;
    options.magnitudes = false;
    std::set<double> losses;
    double worst = 0;
    for (uint64_t seed = 0; seed < 4; ++seed) {
      options.variant = {seed, seed};
      const CheckedStep variant = run(network, 4, options);
      losses.insert(variant.loss);
      if (variant.decisions_hash == exact.decisions_hash) worst = std::max(worst, spread(variant, exact));
    }
    EXPECT_GT(losses.size(), 1u) << network.name;
    EXPECT_GT(worst, 0) << network.name;
    EXPECT_LT(worst, 20) << network.name;
    RecordProperty(network.name, std::to_string(worst));
  }
}

TEST(CheckedStep, DisturbsByAboutHalfAUnitOfFloat) {
  const network::Network network = network::find_network("mnist-mlp").value();
  CheckedStepOptions options;
  options.variant.disturb_seed = 3;
  const CheckedStep exact = run(network, 4, {}), disturbed = run(network, 4, options);
  EXPECT_NE(exact.loss, disturbed.loss);
  EXPECT_NEAR(exact.loss, disturbed.loss, 20 * kEpsilon * exact.loss_magnitude);
  EXPECT_LT(spread(disturbed, exact), 20);
  EXPECT_GT(spread(disturbed, exact), 0.01);
}

TEST(CheckedStep, CountsDecisionsAndNearTies) {
  const network::Network network = network::find_network("mnist-cnn").value();
  CheckedStepOptions options;
  options.tie_threshold = 0;
  const CheckedStep none = run(network, 4, options);
  EXPECT_EQ(none.decisions, 4 * (8 * 26 * 26 + 8 * 13 * 13 + 16 * 11 * 11 + 16 * 5 * 5 + 128));
  EXPECT_EQ(none.near_ties, 0);
  options.tie_threshold = 0.01 / kEpsilon;  // a hundredth of the magnitude
  const CheckedStep some = run(network, 4, options);
  EXPECT_GT(some.near_ties, 10);
  EXPECT_LT(some.near_ties, some.decisions / 2);
  EXPECT_EQ(none.decisions_hash, some.decisions_hash);
}

TEST(CheckedStep, TurnsNearTiesOnRequestAndNothingElse) {
  const network::Network network = network::find_network("mnist-cnn").value();
  CheckedStepOptions options;
  options.tie_threshold = 1e-4 / kEpsilon;
  const CheckedStep plain = run(network, 4, options);
  options.turn_near_ties = true;
  const CheckedStep turned = run(network, 4, options);
  ASSERT_GT(plain.near_ties, 0);
  EXPECT_FALSE(plain.gradients.at("conv1.weight").values == turned.gradients.at("conv1.weight").values);
  EXPECT_NEAR(plain.loss, turned.loss, 1e-2 * plain.loss_magnitude);
  options.tie_threshold = 0;
  EXPECT_TRUE(run(network, 4, options).gradients.at("conv1.weight").values == plain.gradients.at("conv1.weight").values);
}

// Two equal convolutions whose results differ by less than rounding, side by side under one window.
TEST(CheckedStep, TurnsTheWinnerOfAPool) {
  network::Builder builder("tie", "", {1, 1, 2}, 2);
  builder.add("before", conv(1, network::Window::square(1), 1, false));
  builder.add("pool", network::MaxPool2d{network::Window{1, 2, 1, 1, 0, 0, 1, 1}});
  const network::Network network = close(builder, 2);
  RandomSamples samples(network.input, 1, 2, 1);
  samples.pixels = {1, 2};
  samples.normalisation.channels[0][1] = 1.0F;
  samples.normalisation.channels[0][2] = std::nextafter(1.0F, 2.0F);
  const data::SamplesView view = samples.view();
  core::TensorMap state = random_state(network, 2);
  doubles(state["before.weight"]) = {1};
  CheckedStepOptions options;
  const auto gradient = [&](bool turn) {
    options.turn_near_ties = turn;
    const auto step = reference::checked_step(plan::training_plan(network, 1, {}), state, step_input(samples, view), options).value();
    EXPECT_EQ(step.near_ties, 1);
    return doubles(step.gradients.at("before.weight"))[0];
  };
  EXPECT_NEAR(gradient(false) / gradient(true), 1 + kEpsilon, 1e-9);  // dw = dy x of the winner
}

TEST(CheckedStep, SeesAReluThatRoundingCouldTurn) {
  network::Builder builder("kink", "", {1, 1, 2}, 2);
  builder.add("hidden", dense(1));
  builder.add("relu", network::Relu{});
  const network::Network network = close(builder, 2);
  const RandomSamples samples(network.input, 1, 2, 1);
  const data::SamplesView view = samples.view();
  core::TensorMap state = random_state(network, 2);
  const double x0 = samples.normalisation.channels[0][samples.pixels[0]], x1 = samples.normalisation.channels[0][samples.pixels[1]];
  doubles(state["hidden.weight"]) = {x1, -x0};  // the terms cancel but for the bias
  const double magnitude = 2 * std::abs(x0 * x1);
  const auto near_ties = [&](double bias) {
    doubles(state["hidden.bias"]) = {bias};
    return reference::checked_step(plan::evaluation_plan(network, 1), state, step_input(samples, view), {}).value().near_ties;
  };
  EXPECT_EQ(near_ties(4 * kEpsilon * magnitude), 1);
  EXPECT_EQ(near_ties(-4 * kEpsilon * magnitude), 1);
  EXPECT_EQ(near_ties(20 * kEpsilon * magnitude), 0);

  doubles(state["hidden.bias"]) = {4 * kEpsilon * magnitude};
  const auto gradient = [&](bool turn) {
    CheckedStepOptions options;
    options.turn_near_ties = turn;
    const auto step = reference::checked_step(plan::training_plan(network, 1, {}), state, step_input(samples, view), options).value();
    return doubles(step.gradients.at("hidden.bias"))[0];
  };
  EXPECT_NE(gradient(false), 0);
  EXPECT_EQ(gradient(true), 0);
}

TEST(CheckedStep, GivesMarginsOfEvaluations) {
  network::Builder builder("margins", "", {1, 2, 2}, 3);
  const network::Network network = close(builder, 3);
  core::TensorMap state = random_state(network, 1);
  std::fill(doubles(state["out.weight"]).begin(), doubles(state["out.weight"]).end(), 0.0);
  doubles(state["out.bias"]) = {1, -4, 1.75};
  const RandomSamples samples(network.input, 2, 3, 1);
  const data::SamplesView view = samples.view();
  const CheckedStep step = reference::checked_step(plan::evaluation_plan(network, 2), state, step_input(samples, view), {}).value();
  EXPECT_EQ(step.predictions, (std::vector<int32_t>{2, 2}));
  EXPECT_EQ(step.margins, (std::vector<double>{0.75, 0.75}));
  EXPECT_EQ(step.logit_magnitudes, (std::vector<double>{1.75, 1.75}));
  EXPECT_TRUE(step.gradients.empty());
}

// A weight of 1e38 overflows 32 bits in the product of its own layer, which comes before the loss and its gradients; 64 bits hold it.
TEST(CheckedStep, NamesTheFirstTensorThatIsNotFinite) {
  const network::Network network = network::find_network("mnist-mlp-10").value();
  const RandomSamples samples(network.input, 4, network.classes, 1);
  const data::SamplesView view = samples.view();
  core::TensorMap state = random_state(network, 2);
  std::vector<float> weights(10 * 10, 3e38F);
  state["fc2.weight"] = {{10, 10}, weights};
  const auto plan = plan::training_plan(network, 4, plan::Optimiser{});
  const auto first = [&](reference::Precision precision, bool find) {
    CheckedStepOptions options;
    options.precision = precision;
    options.magnitudes = false;
    options.find_not_finite = find;
    return reference::checked_step(plan, state, step_input(samples, view, 0.05), options).value().first_not_finite;
  };
  EXPECT_EQ(first(reference::Precision::kFloat, true), "fc2");
  EXPECT_EQ(first(reference::Precision::kFloat, false), "");
  EXPECT_EQ(first(reference::Precision::kDouble, true), "");
}

TEST(CheckedStep, RefusesAStateOfAnotherNetwork) {
  const network::Network network = network::find_network("mnist-mlp").value();
  const RandomSamples samples(network.input, 2, network.classes, 1);
  const data::SamplesView view = samples.view();
  const auto refused =
      reference::checked_step(plan::training_plan(network, 2, {}), random_state(network::find_network("mnist-cnn").value(), 1), step_input(samples, view), {});
  EXPECT_FALSE(refused.ok());
}

}  // namespace
}  // namespace trainmark::tests

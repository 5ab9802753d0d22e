// The engine: the same results on any number of threads, states in and out, and what it refuses.
#include "backends/reference/engine.hpp"

#include <gtest/gtest.h>

#include "backends/reference/checked_step.hpp"
#include "backends/reference/layers.hpp"
#include "network/zoo.hpp"
#include "plan/passes.hpp"
#include "support/random_network.hpp"
#include "support/random_samples.hpp"
#include "support/random_state.hpp"

namespace trainmark::tests {
namespace {

using backends::Engine;
using backends::EngineOptions;
using backends::Program;
using backends::StepOutput;

plan::Optimiser momentum_sgd() {
  plan::Optimiser sgd;
  sgd.momentum = 0.9;
  sgd.weight_decay = 1e-3;
  return sgd;
}

std::unique_ptr<Engine> make_engine(int threads = 1, const std::string& dtype = "float64") {
  EngineOptions options;
  options.threads = threads;
  options.dtype = dtype;
  return std::move(backends::reference::create_engine(options)).value();
}

// State and losses after `steps` steps on one batch.
struct Trained {
  core::TensorMap state;
  std::vector<double> losses;
};

Trained train(const network::Network& network, int64_t batch, int64_t steps, int threads, const std::string& dtype = "float64") {
  const RandomSamples samples(network.input, batch, network.classes, 1);
  const data::SamplesView view = samples.view();
  const auto engine = make_engine(threads, dtype);
  const auto program = std::move(engine->compile(plan::training_plan(network, batch, momentum_sgd()))).value();
  engine->load(random_state(network, 2)).value();
  Trained trained;
  for (int64_t step = 0; step < steps; ++step) {
    StepOutput output;
    program->run(step_input(samples, view, 0.05, step), output);
    program->sync();
    trained.losses.push_back(output.loss);
  }
  trained.state = engine->dump();
  return trained;
}

void expect_same(const core::TensorMap& a, const core::TensorMap& b) {
  ASSERT_EQ(a.size(), b.size());
  for (const auto& [name, tensor] : a) {
    ASSERT_EQ(b.count(name), 1u) << name;
    EXPECT_EQ(tensor.shape, b.at(name).shape) << name;
    EXPECT_TRUE(tensor.values == b.at(name).values) << name;
  }
}

const network::Network& small() {
  static const network::Network network = RandomNetwork(8).make();
  return network;
}

TEST(ReferenceEngine, IsBitIdenticalOnOneToEightThreads) {
  for (const network::Network& network : {network::find_network("mnist-cnn").value(), RandomNetwork(3).make(), RandomNetwork(9).make()}) {
    const Trained one = train(network, 6, 2, 1);
    for (int threads = 2; threads <= 8; ++threads) {
      const Trained many = train(network, 6, 2, threads);
      EXPECT_EQ(one.losses, many.losses) << network.name << " on " << threads;
      expect_same(one.state, many.state);
    }
  }
}

TEST(ReferenceEngine, DoesExactlyWhatACheckedStepDoes) {
  const network::Network& network = small();
  const RandomSamples samples(network.input, 4, network.classes, 1);
  const data::SamplesView view = samples.view();
  const auto checked =
      backends::reference::checked_step(plan::training_plan(network, 4, momentum_sgd()), random_state(network, 2), step_input(samples, view, 0.05), {});
  const Trained trained = train(network, 4, 1, 2);
  EXPECT_EQ(trained.losses[0], checked->loss);
  expect_same(trained.state, checked->state_after);
}

TEST(ReferenceEngine, ContinuesFromADumpedState) {
  const network::Network& network = small();
  const RandomSamples samples(network.input, 4, network.classes, 1);
  const data::SamplesView view = samples.view();
  const auto engine = make_engine();
  const auto program = std::move(engine->compile(plan::training_plan(network, 4, momentum_sgd()))).value();
  core::TensorMap state = train(network, 4, 1, 1).state;
  state["step"] = {{1}, std::vector<int64_t>{1}};
  engine->load(state).value();
  StepOutput output;
  program->run(step_input(samples, view, 0.05, 1), output);
  expect_same(engine->dump(), train(network, 4, 2, 1).state);
}

TEST(ReferenceEngine, ForgetsMomentumThatAStateDoesNotGive) {
  const network::Network& network = small();
  const auto engine = make_engine();
  const auto program = std::move(engine->compile(plan::training_plan(network, 4, momentum_sgd()))).value();
  engine->load(train(network, 4, 1, 1).state).value();
  engine->load(random_state(network, 2)).value();
  for (const auto& [name, tensor] : engine->dump()) {
    if (!name.ends_with(".momentum")) continue;
    EXPECT_EQ(doubles(tensor), std::vector<double>(doubles(tensor).size())) << name;
  }
}

TEST(ReferenceEngine, SharesStateBetweenTrainingAndEvaluation) {
  const network::Network network = network::find_network("mnist-mlp").value();
  const RandomSamples samples(network.input, 8, network.classes, 1);
  const data::SamplesView view = samples.view();
  const auto engine = make_engine();
  const auto program = std::move(engine->compile(plan::training_plan(network, 8, momentum_sgd()))).value();
  const auto evaluation = std::move(engine->compile(plan::evaluation_plan(network, 8))).value();
  engine->load(random_state(network, 2)).value();
  StepOutput output;
  for (int64_t step = 0; step < 30; ++step) program->run(step_input(samples, view, 0.02, step), output);
  std::vector<int32_t> predictions(8, -1);
  StepOutput evaluated;
  evaluated.predictions = predictions.data();
  evaluation->run(step_input(samples, view), evaluated);
  EXPECT_EQ(evaluated.correct, 8);
  EXPECT_LT(evaluated.loss, 0.2);
  for (size_t i = 0; i < 8; ++i) EXPECT_EQ(predictions[i], samples.labels[i]);
}

TEST(ReferenceEngine, InFloatStaysNearDouble) {
  const network::Network network = network::find_network("mnist-cnn").value();
  const Trained wide = train(network, 4, 1, 1), narrow = train(network, 4, 1, 1, "float32");
  EXPECT_NE(wide.losses[0], narrow.losses[0]);
  EXPECT_NEAR(wide.losses[0], narrow.losses[0], 1e-5);
  EXPECT_TRUE(std::holds_alternative<std::vector<float>>(narrow.state.begin()->second.values));
}

TEST(ReferenceEngine, NamesAKernelAndTimesEveryOperation) {
  const network::Network& network = small();
  const RandomSamples samples(network.input, 4, network.classes, 1);
  const data::SamplesView view = samples.view();
  const auto engine = make_engine();
  const auto program = std::move(engine->compile(plan::training_plan(network, 4, momentum_sgd()))).value();
  engine->load(random_state(network, 2)).value();
  std::vector<int64_t> op_ns(program->plan().ops.size());
  StepOutput output;
  program->run_profiled(step_input(samples, view, 0.05), output, op_ns.data());
  EXPECT_EQ(output.loss, train(network, 4, 1, 1).losses[0]);
  for (size_t i = 0; i < op_ns.size(); ++i) {
    EXPECT_GT(op_ns[i], 0) << program->plan().ops[i].name;
    EXPECT_FALSE(program->kernel(static_cast<int>(i)).empty());
  }
  EXPECT_GT(program->memory().parameters, 0);
  EXPECT_EQ(program->memory().optimiser_state, network::parameter_count(network) * 8);
}

TEST(ReferenceEngine, RefusesStatesThatDoNotFit) {
  const network::Network& network = small();
  const auto engine = make_engine();
  const core::TensorMap right = random_state(network, 2);
  EXPECT_FALSE(engine->load(right).ok());  // nothing compiled yet
  const auto program = std::move(engine->compile(plan::training_plan(network, 4, momentum_sgd()))).value();
  engine->load(right).value();
  const core::TensorMap before = engine->dump();
  const std::string name = right.begin()->first;

  core::TensorMap state = right;
  state.erase(name);
  const auto missing = engine->load(state);
  ASSERT_FALSE(missing.ok());
  EXPECT_NE(missing.error().message.find("'" + name + "'"), std::string::npos) << missing.error().message;

  state = right;
  state[name + "x"] = right.at(name);
  const auto unknown = engine->load(state);
  ASSERT_FALSE(unknown.ok());
  EXPECT_NE(unknown.error().message.find("did you mean '" + name + "'"), std::string::npos) << unknown.error().message;

  state = right;
  state[name].shape.push_back(1);
  EXPECT_FALSE(engine->load(state).ok());

  state = right;
  state[name].values = std::vector<int64_t>(static_cast<size_t>(right.at(name).size()));
  EXPECT_FALSE(engine->load(state).ok());
  expect_same(before, engine->dump());  // a refused state changes nothing
}

TEST(ReferenceEngine, RefusesPlansOfAnotherNetworkAndUnknownOptions) {
  const auto engine = make_engine();
  ASSERT_TRUE(engine->compile(plan::evaluation_plan(network::find_network("mnist-cnn").value(), 2)).ok());
  EXPECT_FALSE(engine->compile(plan::evaluation_plan(network::find_network("mnist-cnn-lenet").value(), 2)).ok());
  EngineOptions options;
  options.dtype = "float16";
  EXPECT_FALSE(backends::reference::create_engine(options).ok());
  options.dtype = "float64";
  options.threads = 0;
  EXPECT_FALSE(backends::reference::create_engine(options).ok());
}

TEST(ReferenceEngine, RefusesPoolsWhoseWinnerDoesNotFitAByte) {
  network::Builder builder("wide", "", {1, 17, 17}, 2);
  builder.add("before", conv(1, network::Window::square(1)));
  builder.add("pool", network::MaxPool2d{network::Window::square(17)});
  const auto compiled = make_engine()->compile(plan::training_plan(close(builder, 2), 1, {}));
  ASSERT_FALSE(compiled.ok());
  EXPECT_NE(compiled.error().message.find("17x17"), std::string::npos);
}

}  // namespace
}  // namespace trainmark::tests

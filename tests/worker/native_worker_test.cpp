// The native worker through its protocol, both engines: what it trains is held against the same steps done by hand with
// an engine of the reference, so that a mistake of the worker (wrong batch, wrong order, lost step) shows.
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "core/hash.hpp"
#include "plan/passes.hpp"
#include "worker/raw_file.hpp"
#include "worker_testing.hpp"

namespace trainmark::worker {
namespace {

using tests::make_tiny;

/// Losses of all steps by the reference in double, straight from materials: no worker, no files.
std::vector<double> expected_losses(const workload::Materials& materials, int64_t first, int64_t steps) {
  const auto engine = backends::find_backend("reference")->create({1, "", "float64", {}}).value();
  std::map<int64_t, std::unique_ptr<backends::Program>> programs;
  const workload::Workload& w = materials.workload;
  for (int64_t step = 0; step < first + steps; ++step) {
    auto& program = programs[workload::batch_of_step(w, step)];
    if (!program) program = engine->compile(plan::training_plan(w.network, workload::batch_of_step(w, step), w.recipe.optimiser)).value();
  }
  engine->load(materials.initial_state).value();
  std::vector<double> losses;
  for (int64_t step = 0; step < first + steps; ++step) {
    const auto batch = materials.batch(step);
    backends::StepOutput output;
    backends::Program& program = *programs.at(static_cast<int64_t>(batch.size()));
    program.run({&materials.train, &materials.normalisation, batch.data(), w.recipe.optimiser.learning_rate, materials.seed, step}, output);
    program.sync();
    if (step >= first) losses.push_back(output.loss);
  }
  return losses;
}

uint32_t expected_crc(const workload::Materials& materials, int64_t first, int64_t steps) {
  uint32_t crc = 0;
  for (int64_t step = first; step < first + steps; ++step) crc = core::crc32(crc, std::as_bytes(materials.batch(step)));
  return crc;
}

void expect_near(const std::vector<double>& actual, const std::vector<double>& expected, double relative) {
  ASSERT_EQ(actual.size(), expected.size());
  for (size_t i = 0; i < actual.size(); ++i) EXPECT_NEAR(actual[i], expected[i], relative * std::abs(expected[i])) << "step " << i;
}

class EveryEngine : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    info_ = backends::find_backend(GetParam());
    if (info_ == nullptr) GTEST_SKIP() << "this build has no engine " << GetParam();
    worker_ = std::make_unique<PipedWorker>(*info_);
  }
  std::string dtype() const { return info_->dtypes.front(); }
  double tolerance() const { return dtype() == "float64" ? 1e-12 : 1e-3; }

  const backends::BackendInfo* info_ = nullptr;
  std::unique_ptr<PipedWorker> worker_;
};
INSTANTIATE_TEST_SUITE_P(Native, EveryEngine, ::testing::Values("cpu", "reference"), [](const auto& param) { return param.param; });

TEST_P(EveryEngine, SaysWhatItIs) {
  const auto tiny = make_tiny();
  Client client(*worker_, tiny->folder());
  const auto hello = client.hello(kTimeout);
  ASSERT_TRUE(hello.ok()) << hello.failure().message;
  EXPECT_EQ(hello->platform, GetParam());
  EXPECT_EQ(hello->dtypes, info_->dtypes);
  EXPECT_FALSE(hello->unavailable.has_value());
  EXPECT_GE(hello->threads, 1);
}

// The whole life of a trial; 100 samples in batches of 32 end with one of 4.
TEST_P(EveryEngine, TrainsTheBatchesOfTheMaterialsInOrder) {
  const auto tiny = make_tiny({.network = "mnist-cnn", .train_count = 100, .batch_size = 32, .epochs = 2});
  Client client(*worker_, tiny->folder());
  const auto prepared = client.prepare(tiny->files(), 1, dtype(), kTimeout);
  ASSERT_TRUE(prepared.ok()) << prepared.failure().message;
  EXPECT_EQ(prepared->input_bytes, 132 * 785);
  EXPECT_FALSE(prepared->kernels.empty());
  if (GetParam() == "cpu") EXPECT_DOUBLE_EQ(prepared->executed_shares.value("conv2.grad_weights", 1.0), 25.0 / 121) << "the winners of 11x11 positions";
  else EXPECT_TRUE(prepared->executed_shares.empty());
  const auto first = client.train({0, 3, Granularity::kEpoch, true}, kTimeout);
  ASSERT_TRUE(first.ok()) << first.failure().message;
  const auto second = client.train({3, 5, Granularity::kStep, false}, kTimeout);
  ASSERT_TRUE(second.ok()) << second.failure().message;
  EXPECT_EQ(first->times_ns.size(), 1u);
  EXPECT_EQ(second->times_ns.size(), 5u);
  EXPECT_EQ(first->correct.size(), 3u);
  EXPECT_TRUE(second->correct.empty());
  for (const int64_t time : second->times_ns) EXPECT_GT(time, 0);
  std::vector<double> losses = first->losses;
  losses.insert(losses.end(), second->losses.begin(), second->losses.end());
  expect_near(losses, expected_losses(tiny->materials(), 0, 8), tolerance());
  EXPECT_EQ(first->indices_crc, expected_crc(tiny->materials(), 0, 3));
  EXPECT_EQ(second->indices_crc, expected_crc(tiny->materials(), 3, 5));
  EXPECT_TRUE(client.quit(kTimeout).ok());
  EXPECT_EQ(worker_->end(), 0);
}

TEST_P(EveryEngine, FollowsPaddingMaxBatchesAndFullBatch) {
  for (const auto& options :
       {tests::TinyOptions{.train_count = 50, .last_batch = data::LastBatch::kPad}, tests::TinyOptions{.max_batches = 2},
        tests::TinyOptions{.batch_size = 0, .shuffle = false}, tests::TinyOptions{.train_count = 90, .last_batch = data::LastBatch::kDrop}}) {
    const auto tiny = make_tiny(options);
    Client client(*worker_, tiny->folder());
    const auto prepared = client.prepare(tiny->files(), 2, dtype(), kTimeout);
    ASSERT_TRUE(prepared.ok()) << prepared.failure().message;
    const int64_t steps = workload::total_steps(tiny->workload());
    const auto trained = client.train({0, steps}, kTimeout);
    ASSERT_TRUE(trained.ok()) << trained.failure().message;
    expect_near(trained->losses, expected_losses(tiny->materials(), 0, steps), tolerance());
    EXPECT_EQ(trained->indices_crc, expected_crc(tiny->materials(), 0, steps));
  }
}

// 1,203 samples: two evaluation batches of 500 and one of 203.
TEST_P(EveryEngine, EvaluatesEverySampleOfTheSplit) {
  const auto tiny = make_tiny({.network = "mnist-mlp-10", .test_count = 1203});
  Client client(*worker_, tiny->folder());
  ASSERT_TRUE(client.prepare(tiny->files(), 1, dtype(), kTimeout).ok());
  const auto evaluated = client.evaluate(1203, kTimeout);
  ASSERT_TRUE(evaluated.ok()) << evaluated.failure().message;
  const auto engine = backends::find_backend("reference")->create({1, "", "float64", {}}).value();
  const auto program = engine->compile(plan::evaluation_plan(tiny->workload().network, 1203)).value();
  engine->load(tiny->materials().initial_state).value();
  std::vector<int32_t> indices(1203), predictions(1203, -1);
  std::iota(indices.begin(), indices.end(), 0);
  backends::StepOutput output;
  output.predictions = predictions.data();
  program->run({&tiny->materials().evaluation, &tiny->materials().normalisation, indices.data(), 0, 0, 0}, output);
  program->sync();
  EXPECT_EQ(evaluated->predictions, predictions);
  EXPECT_NEAR(evaluated->loss, output.loss, 1e-5);
  EXPECT_GT(evaluated->elapsed_ns, 0);
}

TEST_P(EveryEngine, LoadAndDumpAreExact) {
  const auto tiny = make_tiny();
  Client client(*worker_, tiny->folder());
  ASSERT_TRUE(client.prepare(tiny->files(), 1, dtype(), kTimeout).ok());
  ASSERT_TRUE(client.train({0, 3}, kTimeout).ok());
  const auto state = client.dump(kTimeout);
  ASSERT_TRUE(state.ok()) << state.failure().message;
  EXPECT_EQ(state->at("step").as_double()[0], 3);
  EXPECT_EQ(state->at("fc1.weight").shape, (std::vector<int64_t>{128, 784}));
  EXPECT_EQ(state->at("fc1.weight.momentum").shape, (std::vector<int64_t>{128, 784}));
  const auto straight = client.train({3, 2}, kTimeout);
  ASSERT_TRUE(client.load(*state, kTimeout).ok());
  const auto again = client.dump(kTimeout);
  ASSERT_EQ(again->size(), state->size());
  for (const auto& [name, tensor] : *state) EXPECT_EQ(again->at(name).values, tensor.values) << name;
  EXPECT_EQ(client.train({3, 2}, kTimeout)->losses, straight->losses);
}

TEST_P(EveryEngine, LossesDoNotDependOnThreads) {
  const auto tiny = make_tiny({.network = "mnist-cnn"});
  std::vector<std::vector<double>> losses;
  for (const int64_t threads : {1, 2}) {
    PipedWorker worker(*info_);
    Client client(worker, tiny->folder());
    ASSERT_TRUE(client.prepare(tiny->files(), threads, dtype(), kTimeout).ok());
    losses.push_back(client.train({0, 6}, kTimeout)->losses);
  }
  EXPECT_EQ(losses[0], losses[1]);
}

TEST_P(EveryEngine, ResetStartsTheNextRepetition) {
  const auto tiny = make_tiny();
  const auto next = workload::make_materials(tiny->workload(), tiny->dataset(), tiny->workload().seed + 1).value();
  const auto next_files = workload::write_materials(next, tiny->folder() / "next").value();
  Client client(*worker_, tiny->folder());
  ASSERT_TRUE(client.prepare(tiny->files(), 1, dtype(), kTimeout).ok());
  ASSERT_TRUE(client.train({0, 3}, kTimeout).ok());
  const auto reset = client.reset(next_files, kTimeout);
  ASSERT_TRUE(reset.ok()) << reset.failure().message;
  EXPECT_EQ(client.dump(kTimeout)->at("step").as_double()[0], 0);
  const auto trained = client.train({0, 4}, kTimeout);
  expect_near(trained->losses, expected_losses(next, 0, 4), tolerance());
  EXPECT_EQ(trained->indices_crc, expected_crc(next, 0, 4));
  const auto other = make_tiny({.learning_rate = 0.02});
  const auto refused = client.reset(other->files(), kTimeout);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.failure().kind, FailureKind::kFailed);
}

TEST_P(EveryEngine, ReportsMemoryByComponent) {
  const auto tiny = make_tiny();
  Client client(*worker_, tiny->folder());
  ASSERT_TRUE(client.prepare(tiny->files(), 1, dtype(), kTimeout).ok());
  const auto memory = client.memory(kTimeout);
  ASSERT_TRUE(memory.ok()) << memory.failure().message;
  const int64_t parameters = 784 * 128 + 128 + 128 * 128 + 128 + 128 * 10 + 10;
  EXPECT_GE(*memory->parameters, parameters * (dtype() == "float64" ? 8 : 4));
  EXPECT_GE(*memory->optimiser_state, parameters * (dtype() == "float64" ? 8 : 4));
  EXPECT_FALSE(memory->device_peak.has_value());
}

TEST_P(EveryEngine, TrainsWhatDivergesToNaN) {
  const auto tiny = make_tiny({.learning_rate = 1e30, .momentum = 0});
  Client client(*worker_, tiny->folder());
  ASSERT_TRUE(client.prepare(tiny->files(), 1, "float32", kTimeout).ok());
  const auto trained = client.train({0, 6}, kTimeout);
  ASSERT_TRUE(trained.ok()) << trained.failure().message;
  EXPECT_TRUE(std::isnan(trained->losses.back()));
  const auto evaluated = client.evaluate(32, kTimeout);
  ASSERT_TRUE(evaluated.ok()) << evaluated.failure().message;
  EXPECT_TRUE(std::isnan(evaluated->loss));
}

TEST(ReferenceWorker, ComputesInEitherPrecision) {
  PipedWorker worker(*backends::find_backend("reference"));
  const auto tiny = make_tiny();
  Client client(worker, tiny->folder());
  EXPECT_EQ(client.hello(kTimeout)->dtypes, (std::vector<std::string>{"float64", "float32"}));
  ASSERT_TRUE(client.prepare(tiny->files(), 1, "float32", kTimeout).ok());
  EXPECT_TRUE(std::holds_alternative<std::vector<float>>(client.dump(kTimeout)->at("fc1.weight").values));
  const auto other = client.prepare(tiny->files(), 1, "bfloat16", kTimeout);
  ASSERT_FALSE(other.ok());
  EXPECT_EQ(other.failure().kind, FailureKind::kUnsupported);
}

TEST_P(EveryEngine, HasDeviceZeroOnly) {
  const auto tiny = make_tiny();
  Client client(*worker_, tiny->folder());
  for (const int64_t device : {-1, 1}) {
    const auto refused = client.prepare(tiny->files(), 1, dtype(), kTimeout, device);
    ASSERT_FALSE(refused.ok()) << device;
    EXPECT_EQ(refused.failure().kind, FailureKind::kUnsupported);
    EXPECT_NE(refused.failure().message.find(std::to_string(device)), std::string::npos) << refused.failure().message;
  }
  EXPECT_TRUE(client.prepare(tiny->files(), 1, dtype(), kTimeout, 0).ok());
}

TEST(NativeWorker, SaysWhenTheInstructionSetIsMissing) {
  const auto* cpu = backends::find_backend("cpu");
  if (cpu == nullptr) GTEST_SKIP() << "this build has no engine cpu";
  PipedWorker worker(*cpu, "NO_SUCH_ISA");
  const auto tiny = make_tiny();
  Client client(worker, tiny->folder());
  const auto hello = client.hello(kTimeout);
  ASSERT_TRUE(hello.ok()) << hello.failure().message;
  EXPECT_NE(hello->unavailable->find("NO_SUCH_ISA"), std::string::npos);
  EXPECT_FALSE(hello->remedy->empty());
}

TEST(NativeWorker, RefusesAStateWhoseStepIsNoNumberOfSteps) {
  const auto tiny = make_tiny({.train_count = 8, .test_count = 4, .batch_size = 4});
  PipedWorker worker(*backends::find_backend("reference"));
  Client client(worker, tiny->folder());
  ASSERT_TRUE(client.prepare(tiny->files(), 1, "float64", kTimeout).ok());
  for (const double step : {std::nan(""), 1e300, -1.0}) {
    core::TensorMap state = tiny->materials().initial_state;
    state["step"] = {{}, std::vector<double>{step}};
    EXPECT_NE(client.load(state, kTimeout).failure().message.find("'step' must be a number of steps"), std::string::npos);
  }
}

}  // namespace
}  // namespace trainmark::worker

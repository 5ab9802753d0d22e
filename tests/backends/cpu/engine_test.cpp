// The engine's promises: the same bits for any number of threads, no allocation in a step, state in PyTorch's layout.
#include <atomic>
#include <cstdlib>
#include <new>

#include "backends/cpu/testing.hpp"
#include "support/sanitizers.hpp"

namespace {
std::atomic<int64_t> allocations{0};
}

#ifndef __SANITIZE_ADDRESS__  // it has its own, and wants to see both ends of every allocation
// Counts every allocation of this program. Not inlined: GCC would take the pair for a mismatch.
[[gnu::noinline]] void* operator new(std::size_t size) {
  ++allocations;
  if (void* block = std::malloc(size == 0 ? 1 : size)) return block;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* block) noexcept { std::free(block); }
[[gnu::noinline]] void operator delete(void* block, std::size_t) noexcept { std::free(block); }
#endif

namespace trainmark::backends::cpu {
namespace {

using network::Network;

plan::Optimiser momentum() {
  plan::Optimiser o;
  o.momentum = 0.9;
  return o;
}

Network zoo_network(const char* name) { return *network::find_network(name); }

// State after `steps` steps.
core::TensorMap train(const Network& network, int64_t batch, int threads, int steps, double* loss, const plan::Training& training = momentum()) {
  auto engine = make_engine("", threads);
  auto program = engine->compile(plan::training_plan(network, batch, training));
  EXPECT_TRUE(program.ok());
  EXPECT_TRUE(engine->load(random_state(network, training.optimiser)).ok());
  const Batch data(network, batch);
  StepOutput output;
  for (int i = 0; i < steps; ++i) (*program)->run(data.input(0.01, i), output);
  *loss = output.loss;
  return engine->dump();
}

TEST(Engine, GivesTheSameBitsForOneToEightThreads) {
  for (const Network& network : network::zoo()) {
    double expected_loss = 0;
    const auto expected = train(network, 200, 1, 3, &expected_loss);
    for (int threads = 2; threads <= 8; ++threads) {
      double loss = 0;
      const auto got = train(network, 200, threads, 3, &loss);
      EXPECT_EQ(loss, expected_loss) << network.name << " on " << threads << " threads";
      for (const auto& [name, tensor] : expected)
        EXPECT_EQ(got.at(name).values, tensor.values) << network.name << " " << name << " on " << threads << " threads";
    }
  }
}

// A network with all that has plain kernels, and a training with everything that is done between backward and update.
Network plain_layers() {
  network::Builder b("plain layers", "test", {2, 9, 8}, 5);
  const network::Initialiser init = network::Initialiser::he_normal();
  b.add("conv", network::Conv2d{7, network::Window::square(3, 1, 1), 1, true, init, init});
  b.add("norm", network::BatchNorm{});
  b.add("gelu", network::Gelu{});
  b.add("layer_norm", network::LayerNorm{});
  b.add("drop", network::Dropout{0.3});
  b.add("fc", network::Dense{33, true, init, init});
  b.add("sigmoid", network::Sigmoid{});
  b.add("norm2", network::LayerNorm{});
  b.add("out", network::Dense{5, true, init, init});
  return b.take();
}

plan::Training everything() {
  plan::Training training;
  training.optimiser.kind = plan::Optimiser::Kind::kAdamW;
  training.optimiser.weight_decay = 0.01;
  training.loss.label_smoothing = 0.1;
  training.clip_norm = 0.1;
  training.passes = 4;
  return training;
}

TEST(Engine, GivesTheSameBitsForOneToEightThreadsWithClippingAndPasses) {
  double expected_loss = 0;
  const auto expected = train(plain_layers(), 200, 1, 3, &expected_loss, everything());
  for (int threads = 2; threads <= 8; ++threads) {
    double loss = 0;
    const auto got = train(plain_layers(), 200, threads, 3, &loss, everything());
    EXPECT_EQ(loss, expected_loss);
    for (const auto& [name, tensor] : expected) EXPECT_EQ(got.at(name).values, tensor.values) << name << " on " << threads << " threads";
  }
}

TEST(Engine, GivesTheSameBitsForOneToEightThreadsInSmallBatches) {
  for (const char* name : {"mnist-cnn", "mnist-cnn-lenet"}) {
    for (const int64_t batch : {1, 8, 9}) {
      double expected_loss = 0;
      const auto expected = train(zoo_network(name), batch, 1, 3, &expected_loss);
      for (int threads = 2; threads <= 8; ++threads) {
        double loss = 0;
        const auto got = train(zoo_network(name), batch, threads, 3, &loss);
        EXPECT_EQ(loss, expected_loss) << name << " batch " << batch << " on " << threads << " threads";
        for (const auto& [tensor, values] : expected)
          EXPECT_EQ(got.at(tensor).values, values.values) << name << " batch " << batch << " " << tensor << " on " << threads << " threads";
      }
    }
  }
}

TEST(Engine, AllocatesNothingInAStep) {
  if (tests::kSanitized) GTEST_SKIP() << "sanitizers allocate on their own";
  std::vector<std::pair<Network, plan::Training>> all = {{plain_layers(), everything()}};
  for (const Network& network : network::zoo()) all.emplace_back(network, momentum());
  for (const auto& [network, training] : all) {
    auto engine = make_engine("", 2);
    auto train_program = engine->compile(plan::training_plan(network, 40, training));
    auto test_program = engine->compile(plan::evaluation_plan(network, 40));
    ASSERT_TRUE(engine->load(random_state(network, training.optimiser)).ok());
    const Batch data(network, 40);
    const StepInput input = data.input();
    StepOutput output;
    (*train_program)->run(input, output);  // the first step makes the table of pixels
    (*test_program)->run(input, output);
    const int64_t before = allocations;
    (*train_program)->run(input, output);
    (*test_program)->run(input, output);
    EXPECT_EQ(allocations, before) << network.name;
  }
}

TEST(Engine, PredictsLikeTheReference) {
  const Network network = zoo_network("mnist-cnn");
  const plan::Plan plan = plan::evaluation_plan(network, 50);
  const auto state = random_state(network, {});
  auto engine = make_engine("", 2);
  auto program = engine->compile(plan);
  ASSERT_TRUE(engine->load(random_state(network, momentum())).ok()) << "optimiser state does not disturb evaluation";
  ASSERT_TRUE(engine->load(state).ok());
  const Batch data(network, 50);
  const StepInput input = data.input();
  std::vector<int32_t> predictions(50, -1);
  StepOutput output;
  output.predictions = predictions.data();
  (*program)->run(input, output);
  const auto expected = reference::checked_step(plan, state, input, {});
  ASSERT_TRUE(expected.ok());
  EXPECT_EQ(predictions, expected->predictions);
  EXPECT_EQ(output.correct, expected->correct);
  EXPECT_NEAR(output.loss, expected->loss, 1e-5 * expected->loss);
}

TEST(Engine, DumpsWhatWasLoadedInPytorchsLayout) {
  for (const Network& network : network::zoo()) {
    auto engine = make_engine("", 1);
    auto program = engine->compile(plan::training_plan(network, 8, momentum()));
    const auto state = random_state(network, momentum());
    ASSERT_TRUE(engine->load(state).ok());
    const auto got = engine->dump();
    ASSERT_EQ(got.size(), state.size());
    for (const auto& [name, tensor] : state) {
      EXPECT_EQ(got.at(name).shape, tensor.shape) << name;
      EXPECT_EQ(got.at(name).values, tensor.values) << name;
    }
  }
}

TEST(Engine, RefusesStatesThatDoNotFit) {
  const Network network = zoo_network("mnist-nn");
  auto engine = make_engine("", 1);
  EXPECT_FALSE(engine->load({}).ok()) << "nothing compiled";
  auto program = engine->compile(plan::training_plan(network, 8, momentum()));
  auto state = random_state(network, momentum());
  auto lacking = state;
  lacking.erase("fc1.bias");
  EXPECT_NE(engine->load(lacking).error().message.find("fc1.bias"), std::string::npos);
  auto wrong = state;
  wrong["fc1.weight"].shape = {784, 128};
  EXPECT_NE(engine->load(wrong).error().message.find("(784, 128)"), std::string::npos);
  auto unknown = state;
  unknown["fc9.bias"] = state["fc1.bias"];
  EXPECT_NE(engine->load(unknown).error().message.find("fc9.bias"), std::string::npos);
  auto derived = state;
  derived["fc1.weight.transposed"] = state["fc1.weight"];
  EXPECT_FALSE(engine->load(derived).ok());
  for (auto& [name, tensor] : state) {
    if (name.ends_with(".momentum")) std::fill(std::get<std::vector<float>>(tensor.values).begin(), std::get<std::vector<float>>(tensor.values).end(), 0.0F);
  }
  auto no_momentum = random_state(network, {});
  ASSERT_TRUE(engine->load(no_momentum).ok());
  EXPECT_EQ(engine->dump().at("fc1.weight.momentum").values, state.at("fc1.weight.momentum").values) << "absent optimiser state is zero";
}

TEST(Engine, RefusesOptionsThatItCannotServe) {
  EngineOptions options;
  options.isa = "altivec";
  const auto unknown = create_engine(options);
  ASSERT_FALSE(unknown.ok());
  EXPECT_NE(unknown.error().message.find("altivec"), std::string::npos);
  for (const std::string& isa : info().isas) EXPECT_NE(unknown.error().message.find(isa), std::string::npos) << "names what there is";
  options = {};
  options.dtype = "float64";
  EXPECT_FALSE(create_engine(options).ok());
  options = {};
  options.threads = 0;
  EXPECT_FALSE(create_engine(options).ok());
  EXPECT_FALSE(info().isas.empty());
}

TEST(Engine, CountsItsMemoryByComponent) {
  const Network network = zoo_network("mnist-mlp");
  auto engine = make_engine("", 1);
  auto program = engine->compile(plan::training_plan(network, 64, momentum()));
  const MemoryUse use = (*program)->memory();
  const int64_t parameters = network::parameter_count(network) * 4;
  EXPECT_GE(use.parameters, parameters);
  EXPECT_LE(use.parameters, parameters * 11 / 10) << "padding is small";
  EXPECT_EQ(use.optimiser_state, use.parameters);
  EXPECT_GT(use.gradients, 0);
  EXPECT_GT(use.activations, 0);
  EXPECT_EQ(use.input, 64 * 784 * 4) << "of the batch: the gradient by weights reads it";
}

TEST(Engine, KeepsAFullBatchSmall) {
  const Network network = zoo_network("mnist-mlp-10");
  auto engine = make_engine("", 2);
  auto program = engine->compile(plan::training_plan(network, 59000, {}));
  const MemoryUse use = (*program)->memory();
  EXPECT_LT(use.input + use.activations + use.gradients + use.workspace, 4 << 20) << "the gathered input is never all there";
}

TEST(Engine, NamesTheKernelOfEveryOperation) {
  for (const int64_t batch : {1, 64}) {
    auto engine = make_engine("", 1);
    auto program = engine->compile(plan::training_plan(zoo_network("mnist-cnn"), batch, momentum()));
    const plan::Plan& plan = (*program)->plan();
    for (size_t i = 0; i < plan.ops.size(); ++i) {
      EXPECT_FALSE((*program)->kernel(static_cast<int>(i)).empty()) << plan.ops[i].name;
      EXPECT_NE((*program)->kernel(static_cast<int>(i)), "plain") << plan.ops[i].name << ": no silent slow path in the five networks";
    }
  }
}

TEST(Engine, ProfilesEveryOperation) {
  const Network network = zoo_network("mnist-cnn-lenet");
  auto engine = make_engine("", 2);
  auto program = engine->compile(plan::training_plan(network, 32, {}));
  ASSERT_TRUE(engine->load(random_state(network, {})).ok());
  const Batch data(network, 32);
  StepOutput output;
  std::vector<int64_t> ns((*program)->plan().ops.size(), 0);
  (*program)->run_profiled(data.input(), output, ns.data());
  int64_t sum = 0;
  for (const int64_t t : ns) sum += t;
  EXPECT_GT(sum, 0);
}

}  // namespace
}  // namespace trainmark::backends::cpu

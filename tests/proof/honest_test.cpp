// Honest workers must pass whatever their threads, instruction sets, batch sizes, networks, recipes and seeds.
#include <gtest/gtest.h>

#include "proof/proof_cases.hpp"
#include "support/cheating_backend.hpp"
#include "support/in_process_worker.hpp"

namespace trainmark::tests {
namespace {

constexpr double kFarFromFailing = 0.5;  // of the tolerance
// Where the exact gradient is zero (a bias before batch-norm) an adaptive step has any size up to the whole, which is 0.8 of
// its tolerance.
constexpr double kWholeStep = 0.85;

// Squares of gradients that are sums near zero (RMSprop's, Adam's) keep fewer digits than anything else.
constexpr double kSquares = 0.65;

struct Honest {
  ProofCase workload;
  std::string platform = "reference";
  int threads = 1;
  std::string isa = {};
  std::string dtype = "float32";
  double margin = kFarFromFailing;
};

void expect_verified(const Honest& honest) {
  const auto world = make_world(honest.workload);
  InProcessWorker channel(cheating_backend(honest.platform, ""), honest.isa);
  worker::Client client(channel, world->folder.path());
  const auto prepared = client.prepare(world->files, honest.threads, honest.dtype, 60);
  ASSERT_TRUE(prepared.ok()) << prepared.failure().message;
  const auto evidence = run_trial(client, world->materials);
  ASSERT_TRUE(evidence.ok()) << evidence.failure().message;
  proof::ProofOptions options;
  options.dtype = honest.dtype;
  const proof::ProofReport report = proof::prove(client, world->materials, *evidence, options);
  const std::string what = honest.platform + " " + honest.isa + " " + honest.workload.network + " batch " + std::to_string(honest.workload.batch) + " seed " +
                           std::to_string(honest.workload.seed);
  EXPECT_EQ(report.verdict, proof::Verdict::kVerified) << what << ": " << report.summary;
  EXPECT_LT(report.smallest_fault, 1e-3) << what;
  for (const proof::Finding& f : report.findings) EXPECT_LT(f.ratio, honest.margin) << what << ": " << f.check << ": " << f.detail;
}

ProofCase small(const std::string& network, int64_t batch, int64_t count) {
  ProofCase c;
  c.network = network;
  c.batch = batch;
  c.train_count = count;
  c.test_count = 100;
  return c;
}

TEST(HonestWorker, PassesInFloat32) { expect_verified({small("mnist-mlp-10", 32, 200)}); }
TEST(HonestWorker, PassesInFloat64WithFarSmallerTolerances) { expect_verified({small("mnist-mlp-10", 32, 200), "reference", 1, "", "float64"}); }
TEST(HonestWorker, PassesWithSingleImages) { expect_verified({small("mnist-mlp-10", 1, 12)}); }
TEST(HonestWorker, PassesWithASmallerLastBatch) { expect_verified({small("mnist-mlp-10", 33, 100)}); }
TEST(HonestWorker, PassesWithOneStepInAll) { expect_verified({small("mnist-mlp-10", 0, 100)}); }
TEST(HonestWorker, PassesWithPlainDescent) {
  ProofCase c = small("mnist-nn", 16, 100);
  c.momentum = 0;
  expect_verified({c});
}
TEST(HonestWorker, PassesWithNesterovAndDecay) {
  ProofCase c = small("mnist-mlp-10", 16, 100);
  c.nesterov = true;
  c.decay = 1e-3;
  expect_verified({c});
}
TEST(HonestWorker, PassesOnTheCpuEngineWithConvolutions) { expect_verified({small("mnist-cnn", 16, 64), "cpu", 2}); }

// One recipe of every kind of optimiser, loss and schedule, with clipping, passes and a random validation part.
std::vector<ProofCase> newer_recipes(const std::string& network) {
  using Kind = plan::Optimiser::Kind;
  const auto with = [&](auto change) {
    ProofCase c = small(network, 16, 112);
    c.adjust = [change](workload::Workload& w) { change(w.recipe); };
    return c;
  };
  const auto adaptive = [](workload::Recipe& r, Kind kind, double rate, double momentum, double decay) {
    r.optimiser = {};
    r.optimiser.kind = kind;
    r.optimiser.learning_rate = rate;
    r.optimiser.momentum = momentum;
    r.optimiser.weight_decay = decay;
  };
  std::vector<ProofCase> cases = {with([=](auto& r) { adaptive(r, Kind::kAdam, 1e-3, 0, 0); }),
                                  with([=](auto& r) { adaptive(r, Kind::kAdam, 1e-3, 0, 1e-3); }),
                                  with([=](auto& r) { adaptive(r, Kind::kAdamW, 1e-3, 0, 1e-2); }),
                                  with([=](auto& r) { adaptive(r, Kind::kRmsprop, 1e-3, 0, 1e-3); }),
                                  with([=](auto& r) { adaptive(r, Kind::kRmsprop, 1e-3, 0.9, 0); }),
                                  with([](auto& r) { r.loss.label_smoothing = 0.1; }),
                                  with([](auto& r) { r.loss.kind = plan::Loss::Kind::kMeanSquaredError; }),
                                  with([](auto& r) { r.clip_norm = 0.5; }),
                                  with([](auto& r) { r.passes = 4; }),
                                  with([](auto& r) { r.schedule = {plan::Schedule::Kind::kStep, 2, 0.5, 0, 2, 0.25}; }),
                                  with([=](auto& r) {
                                    adaptive(r, Kind::kAdamW, 2e-3, 0, 1e-2);
                                    r.loss.label_smoothing = 0.05;
                                    r.clip_norm = 1;
                                    r.passes = 2;
                                    r.schedule = {plan::Schedule::Kind::kCosine, 7, 0.1, 1e-4, 3, 0};
                                  })};
  cases.push_back(small(network, 16, 112));
  cases.back().adjust = [](workload::Workload& w) {
    w.dataset.train_count = 96;
    w.dataset.validation_count = 16;
    w.dataset.validation = workload::Validation::kRandom;
  };
  return cases;
}

TEST(HonestWorker, PassesWithEveryRecipe) {
  for (const ProofCase& c : newer_recipes("mnist-nn")) expect_verified({c, "cpu", 2, "", "float32", kSquares});
}

TEST(HonestWorker, PassesWithEveryLayer) {
  ProofCase c = small("mnist-nn", 16, 64);
  c.adjust = [](workload::Workload& w) { w.network = all_layers(); };
  expect_verified({c, "cpu", 2});
}

TEST(HonestVariantsSlow, AllPassWithEveryLayerAndRecipe) {
  for (uint64_t seed = 1; seed <= 4; ++seed) {
    for (ProofCase c : newer_recipes("mnist-nn")) {
      const auto adjust = c.adjust;
      c.adjust = [adjust](workload::Workload& w) {
        adjust(w);
        w.network = all_layers();
      };
      c.seed = seed;
      expect_verified({c, seed % 2 == 0 ? "reference" : "cpu", 2, "", "float32", kWholeStep});
    }
    for (ProofCase c : newer_recipes("mnist-cnn")) {
      c.seed = seed;
      expect_verified({c, "cpu", 2});
    }
  }
  for (const ProofCase& c : newer_recipes("mnist-nn")) expect_verified({c, "reference", 1, "", "float64"});
}

// The twenty variants of the plan, and ten seeds of each of the five networks.
TEST(HonestVariantsSlow, AllPassOnTheCpuEngine) {
  std::vector<Honest> all;
  for (const char* network : {"mnist-mlp", "mnist-mlp-10", "mnist-nn", "mnist-cnn", "mnist-cnn-lenet"}) all.push_back({small(network, 32, 300), "cpu", 1});
  for (const int threads : {2, 3, 4, 8}) all.push_back({small("mnist-cnn", 32, 128), "cpu", threads});
  for (const int64_t batch : {1, 7, 17, 64, 100}) all.push_back({small("mnist-mlp", batch, 20 * batch + 3), "cpu", 2});
  all.push_back({small("mnist-cnn", 512, 1100), "cpu", 2});
  all.push_back({small("mnist-mlp", 512, 5000), "cpu", 2});
  for (const char* network : {"mnist-nn", "mnist-cnn-lenet"}) {
    all.push_back({small(network, 32, 200), "cpu", 1});
    all.back().workload.momentum = 0;
  }
  all.push_back({small("mnist-cnn", 16, 100), "reference", 2});
  all.push_back({small("mnist-cnn", 16, 64), "reference", 1, "", "float64"});
  for (const std::string& isa : backends::find_backend("cpu")->isas) {
    all.push_back({small("mnist-cnn", 19, 60), "cpu", 1, isa});
    all.push_back({small("mnist-mlp", 19, 60), "cpu", 1, isa});
  }
  for (const Honest& honest : all) expect_verified(honest);
}

TEST(HonestVariantsSlow, AllPassOverTenSeeds) {
  for (uint64_t seed = 100; seed < 110; ++seed) {
    for (const char* network : {"mnist-mlp", "mnist-mlp-10", "mnist-nn", "mnist-cnn", "mnist-cnn-lenet"}) {
      Honest honest{small(network, 32, 200), seed % 2 == 0 ? "cpu" : "reference", 2};
      honest.workload.seed = seed;
      expect_verified(honest);
    }
  }
}

}  // namespace
}  // namespace trainmark::tests

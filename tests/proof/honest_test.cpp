// Honest workers must pass whatever their threads, instruction sets, batch sizes, networks, recipes and seeds.
#include <gtest/gtest.h>

#include "proof/proof_cases.hpp"
#include "support/cheating_backend.hpp"
#include "support/in_process_worker.hpp"

namespace trainmark::tests {
namespace {

constexpr double kFarFromFailing = 0.5;  // of the tolerance

struct Honest {
  ProofCase workload;
  std::string platform = "reference";
  int threads = 1;
  std::string isa = {};
  std::string dtype = "float32";
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
  for (const proof::Finding& f : report.findings) EXPECT_LT(f.ratio, kFarFromFailing) << what << ": " << f.check << ": " << f.detail;
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

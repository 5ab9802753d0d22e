// A training that diverges: which tensor, at which step; and a worker that diverges by itself.
#include <gtest/gtest.h>

#include <cmath>

#include "proof/proof_cases.hpp"
#include "support/cheating_backend.hpp"
#include "support/in_process_worker.hpp"

namespace trainmark::tests {
namespace {

proof::ProofReport report_of(const ProofCase& c, const std::string& platform, const std::function<void(proof::TimedEvidence&)>& spoil = {}) {
  const auto world = make_world(c);
  InProcessWorker channel(cheating_backend(platform, ""), "");
  worker::Client client(channel, world->folder.path());
  EXPECT_TRUE(client.prepare(world->files, 1, "float32", 60).ok());
  auto evidence = run_trial(client, world->materials);
  EXPECT_TRUE(evidence.ok());
  if (spoil) spoil(*evidence);
  return proof::prove(client, world->materials, *evidence, {});
}

ProofCase tiny(const std::string& network, double learning_rate) {
  ProofCase c;
  c.network = network;
  c.batch = 32;
  c.train_count = 160;
  c.test_count = 50;
  c.rate = learning_rate;
  return c;
}

TEST(Divergence, NamesTheFirstTensorAndItsStep) {
  for (const auto& [platform, network] : {std::pair{"cpu", "mnist-cnn-lenet"}, {"reference", "mnist-mlp-10"}}) {
    const auto report = report_of(tiny(network, 1e12), platform);
    EXPECT_EQ(report.verdict, proof::Verdict::kFailed);
    EXPECT_NE(report.summary.find("recorded losses: The loss of timed step "), std::string::npos) << report.summary;
    EXPECT_NE(report.summary.find("the first value that is not finite is in "), std::string::npos) << platform << network << report.summary;
  }
}

TEST(Divergence, SaysWhenOnlyTheWorkerLeavesTheFiniteNumbers) {
  const auto report = report_of(tiny("mnist-mlp-10", 0.1), "cpu", [](proof::TimedEvidence& e) { e.stretches[0].losses[1] = std::nan(""); });
  EXPECT_NE(report.summary.find("The loss of timed step 1 is NaN: the same training by the reference, with as many bits, stays finite."), std::string::npos)
      << report.summary;
}

}  // namespace
}  // namespace trainmark::tests

// The supervisor on searches for nearest neighbours: what is asked, what is recorded, and what ends only its own trial.
#include <algorithm>
#include <cmath>
#include <set>

#include "trial/interrupt.hpp"
#include "trial/supervisor_testing.hpp"

namespace trainmark::trial {
namespace {

class NeighboursTrial : public WithSupervisor {
 protected:
  void SetUp() override {
    WithSupervisor::SetUp();
    options_.prove = [this](worker::Client&, const workload::Materials&, const proof::TimedEvidence& evidence, const proof::ProofOptions&) {
      evidence_ = evidence;
      proof::ProofReport report;
      report.verdict = proof::Verdict::kVerified;
      return report;
    };
  }
  void add_searcher(const std::string& platform, std::vector<std::string> arguments = {}) {
    arguments.insert(arguments.end(), {"--methods", "[\"training\", \"neighbours\"]"});
    add(platform, arguments);
  }
  /// 95 queries in batches of 10: the last of the 10 steps of an epoch has 5.
  RunPlan search(int64_t epochs = 2, int64_t max_batches = 0) {
    tests::TinyOptions tiny;
    tiny.network = "mnist-knn";
    tiny.train_count = 30;
    tiny.test_count = 95;
    tiny.batch_size = 10;
    tiny.epochs = epochs;
    tiny.max_batches = max_batches;
    tiny_ = tests::make_tiny(tiny);
    RunPlan made;
    made.run.study = "test";
    made.experiments.push_back({tiny_->workload(), &tiny_->dataset(), platforms_, 1, 1});
    return made;
  }
  int64_t right_ones(int64_t queries) const {
    int64_t right = 0;
    for (int64_t i = 0; i < queries; ++i) right += tiny_->materials().evaluation.labels[i] == i % 10 ? 1 : 0;
    return right;
  }
  proof::TimedEvidence evidence_;
};

TEST_F(NeighboursTrial, FitsOnceAndPredictsEveryQueryOnceAnEpoch) {
  add_searcher("a");
  ASSERT_TRUE(run(search()).ok());
  EXPECT_EQ(outcome_of("a"), OutcomeKind::kFinished);
  ASSERT_EQ(sink_.preparations.size(), 1u);
  EXPECT_EQ(sink_.preparations[0].fit_ns, 777);
  std::vector<BlockRecord> counted = sink_.blocks_of("a", BlockKind::kTimed);
  for (const auto& block : sink_.blocks_of("a", BlockKind::kRewarm)) counted.push_back(block);
  std::set<int64_t> steps;
  int64_t correct = 0;
  for (const BlockRecord& block : counted) {
    EXPECT_TRUE(block.losses.empty());
    EXPECT_EQ(static_cast<int64_t>(block.times_ns.size()), block.steps);
    ASSERT_EQ(static_cast<int64_t>(block.correct.size()), block.steps);
    int64_t samples = 0;
    for (int64_t step = block.first_step; step < block.first_step + block.steps; ++step) {
      EXPECT_TRUE(steps.insert(step).second);
      samples += step % 10 == 9 ? 5 : 10;
      correct += block.correct[static_cast<size_t>(step - block.first_step)];
    }
    EXPECT_EQ(block.samples, samples);
  }
  EXPECT_EQ(steps.size(), 20u);
  EXPECT_EQ(correct, 2 * right_ones(95));
}

TEST_F(NeighboursTrial, AnEpochIsItsOwnEvaluationWithoutALoss) {
  add_searcher("a");
  ASSERT_TRUE(run(search()).ok());
  ASSERT_EQ(sink_.evaluations.size(), 2u);
  for (size_t i = 0; i < 2; ++i) {
    const EvaluationRecord& e = sink_.evaluations[i];
    EXPECT_EQ(e.epoch, static_cast<int64_t>(i) + 1);
    EXPECT_EQ(e.step, 10 * e.epoch);
    EXPECT_EQ(e.count, 95);
    EXPECT_EQ(e.correct, right_ones(95));
    EXPECT_TRUE(std::isnan(e.loss));
    EXPECT_GT(e.elapsed_ns, 0);
  }
}

TEST_F(NeighboursTrial, TheProofGetsThePredictionsOfEveryCountedStepInOrder) {
  add_searcher("a");
  ASSERT_TRUE(run(search()).ok());
  EXPECT_TRUE(evidence_.stretches.empty());
  EXPECT_TRUE(evidence_.edges.empty());
  ASSERT_EQ(evidence_.predictions.size(), 20u);
  for (size_t i = 0; i < 20; ++i) {
    EXPECT_EQ(evidence_.predictions[i].step, static_cast<int64_t>(i));
    EXPECT_EQ(evidence_.predictions[i].classes.size(), i % 10 == 9 ? 5u : 10u);
  }
}

TEST_F(NeighboursTrial, MaxBatchesPredictsAPart) {
  add_searcher("a");
  ASSERT_TRUE(run(search(1, 3)).ok());
  ASSERT_EQ(sink_.evaluations.size(), 1u);
  EXPECT_EQ(sink_.evaluations[0].count, 30);
  EXPECT_EQ(sink_.evaluations[0].correct, right_ones(30));
}

TEST_F(NeighboursTrial, AWorkerThatOnlyTrainsIsUnsupportedInWordsAndTheOthersGoOn) {
  add("silent", {});  // a worker from before there were methods
  add("trainer", {"--methods", "[\"training\"]"});
  add_searcher("searcher");
  ASSERT_TRUE(run(search()).ok());
  for (const char* platform : {"silent", "trainer"}) {
    EXPECT_EQ(outcome_of(platform), OutcomeKind::kUnsupported);
    EXPECT_EQ(sink_.outcome_of(platform)->message, "'fake' finds no nearest neighbours, which mnist-knn asks for");
  }
  EXPECT_EQ(outcome_of("searcher"), OutcomeKind::kFinished);
}

TEST_F(NeighboursTrial, AWorkerThatOnlySearchesCannotTrain) {
  add("searcher", {"--methods", "[\"neighbours\"]"});
  add("trainer", {});
  ASSERT_TRUE(run().ok());
  EXPECT_EQ(outcome_of("searcher"), OutcomeKind::kUnsupported);
  EXPECT_NE(sink_.outcome_of("searcher")->message.find("only finds nearest neighbours, and cannot train mnist-mlp-10"), std::string::npos);
  EXPECT_EQ(outcome_of("trainer"), OutcomeKind::kFinished);
}

// Request 1 is hello, 2 prepare, 3 fit, 4 the first prediction.
TEST_F(NeighboursTrial, WhateverGoesWrongInFitOrPredictEndsThatTrialOnly) {
  struct Misbehaviour {
    const char* what;
    const char* at;
    OutcomeKind outcome;
  };
  const Misbehaviour all[] = {{"crash", "3", OutcomeKind::kCrashed},          {"crash", "5", OutcomeKind::kCrashed},
                              {"failed", "3", OutcomeKind::kFailed},          {"out_of_memory", "4", OutcomeKind::kOutOfMemory},
                              {"rubbish", "6", OutcomeKind::kProtocol},       {"short-file", "4", OutcomeKind::kProtocol},
                              {"unsupported", "3", OutcomeKind::kUnsupported}};
  int number = 0;
  for (const Misbehaviour& m : all) add_searcher("bad" + std::to_string(number++), {"--do", m.what, "--at", m.at});
  add_searcher("good");
  ASSERT_TRUE(run(search()).ok());
  for (int i = 0; i < number; ++i) EXPECT_EQ(outcome_of("bad" + std::to_string(i)), all[i].outcome) << all[i].what << " at " << all[i].at;
  EXPECT_EQ(outcome_of("good"), OutcomeKind::kFinished);
}

TEST_F(NeighboursTrial, AWorkerThatHangsTimesOut) {
  options_.timeout_s = 0.3;
  add_searcher("a", {"--do", "hang", "--at", "5"});
  ASSERT_TRUE(run(search()).ok());
  EXPECT_EQ(outcome_of("a"), OutcomeKind::kTimedOut);
}

TEST_F(NeighboursTrial, TimesThatCannotBeAreRefused) {
  add_searcher("a", {"--lie-ns", "1000000000"});
  ASSERT_TRUE(run(search()).ok());
  EXPECT_EQ(outcome_of("a"), OutcomeKind::kProtocol);
}

}  // namespace
}  // namespace trainmark::trial

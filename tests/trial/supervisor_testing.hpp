// Helpers of tests that run whole studies on fake workers.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "support/tiny_materials.hpp"
#include "support/vector_sink.hpp"
#include "trial/process_testing.hpp"
#include "trial/supervisor.hpp"

namespace trainmark::trial {

class WithSupervisor : public WithProcesses {
 protected:
  void SetUp() override {
    WithProcesses::SetUp();
    options_.program = fake_worker();
    options_.folder = folder() / "results";
    options_.timeout_s = 10;
    options_.warm_up_limit_s = 0.05;
    options_.idle_s = 0;  // no energy, whatever counters the machine has
    options_.lengths = {0.02, 0.002};
    options_.prove = [](worker::Client&, const workload::Materials&, const proof::TimedEvidence& evidence, const proof::ProofOptions&) {
      proof::ProofReport report;
      report.verdict = proof::Verdict::kVerified;
      report.summary = std::to_string(evidence.stretches.size()) + " stretches";
      return report;
    };
  }

  /// A platform that is a fake worker with these arguments.
  void add(const std::string& platform, std::vector<std::string> arguments, double share = 1) {
    arguments.insert(arguments.begin(), fake_worker().string());
    options_.commands[platform] = arguments;
    platforms_.push_back({platform, share, false});
  }

  /// 4 epochs of 100 steps unless told otherwise.
  RunPlan plan(int64_t steps_per_epoch = 100, int64_t epochs = 4) {
    tests::TinyOptions tiny;
    tiny.network = "mnist-mlp-10";
    tiny.train_count = 2 * steps_per_epoch;
    tiny.batch_size = 2;
    tiny.epochs = epochs;
    tiny_ = tests::make_tiny(tiny);
    RunPlan made;
    made.run.study = "test";
    made.experiments.push_back({tiny_->workload(), &tiny_->dataset(), platforms_, 1, 1});
    return made;
  }

  core::Result<RunSummary> run(const RunPlan& made) { return run_study(made, sink_, options_); }
  core::Result<RunSummary> run() { return run(plan()); }

  OutcomeKind outcome_of(const std::string& platform) const {
    const auto* outcome = sink_.outcome_of(platform);
    EXPECT_NE(outcome, nullptr) << platform;
    return outcome == nullptr ? OutcomeKind::kAbandoned : outcome->kind;
  }

  SupervisorOptions options_;
  tests::VectorSink sink_;
  std::vector<workload::PlatformChoice> platforms_;
  std::unique_ptr<tests::Tiny> tiny_;
};

}  // namespace trainmark::trial

// Every cheat as a real process behind the real supervisor: it trains in blocks, is stopped and continued, and fails its
// proof by name; an honest engine in the same program passes.
#include <algorithm>

#include "proof/proof_cases.hpp"
#include "support/cheating_engine.hpp"
#include "trial/supervisor_testing.hpp"

namespace trainmark::trial {
namespace {

class CheatBehindSupervisor : public WithSupervisor, public testing::WithParamInterface<tests::CheatInfo> {
 protected:
  void SetUp() override {
    WithSupervisor::SetUp();
    options_.timeout_s = 60;
    options_.prove = [](worker::Client& client, const workload::Materials& materials, const proof::TimedEvidence& evidence, proof::ProofOptions options) {
      options.later_steps = {1, 5};
      return proof::prove(client, materials, evidence, options);
    };
  }

  /// The verdict on the cheat; freezing a convolution needs a network that has one.
  VerdictRecord verdict_on(const std::string& cheat) {
    tests::ProofCase proof_case;
    proof_case.network = cheat.starts_with("freeze") ? "mnist-cnn" : "mnist-mlp-10";
    proof_case.train_count = cheat.starts_with("freeze") ? 128 : 512;
    proof_case.test_count = 100;
    proof_case.decay = cheat.ends_with("divided-loss") ? 0 : 1e-3;
    const auto world = tests::make_world(proof_case);
    const auto program = fake_worker().parent_path() / "trainmark_cheating_worker";
    options_.commands["cheat"] = {program.string(), "--platform", "cpu", "--cheat", cheat};
    RunPlan plan;
    plan.run.study = "test";
    plan.experiments.push_back({world->materials.workload, &world->dataset, {{"cheat", 1, false}}, 1, 1});
    const auto summary = run(plan);
    EXPECT_TRUE(summary.ok());
    EXPECT_EQ(sink_.verdicts.size(), 1u);
    return sink_.verdicts.empty() ? VerdictRecord{} : sink_.verdicts[0];
  }
};

TEST_P(CheatBehindSupervisor, FailsAndIsNamed) {
  const VerdictRecord verdict = verdict_on(GetParam().name);
  EXPECT_EQ(verdict.verdict, "failed") << verdict.summary;
  EXPECT_NE(verdict.evidence.dump().find(GetParam().says), std::string::npos) << GetParam().says << "\n" << verdict.evidence.dump(1);
}

INSTANTIATE_TEST_SUITE_P(Each, CheatBehindSupervisor, testing::ValuesIn(tests::kCheats), [](const auto& parameter) {
  std::string name = parameter.param.name;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

using HonestBehindSupervisor = CheatBehindSupervisor;
TEST_P(HonestBehindSupervisor, IsVerified) {
  const VerdictRecord verdict = verdict_on("");
  EXPECT_EQ(verdict.verdict, "verified") << verdict.summary;
}
INSTANTIATE_TEST_SUITE_P(Once, HonestBehindSupervisor, testing::Values(tests::CheatInfo{"", ""}));

}  // namespace
}  // namespace trainmark::trial

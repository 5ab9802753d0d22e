// Dropout in the proof: masks by definition, masks from files, and neither.
#include <gtest/gtest.h>

#include "proof/dropout_masks.hpp"
#include "proof/proof_cases.hpp"
#include "support/cheating_backend.hpp"
#include "support/in_process_worker.hpp"

namespace trainmark::tests {
namespace {

// The native worker behind other abilities; keeps the masks that it was given.
class OtherAbilities : public worker::Channel {
 public:
  OtherAbilities(InProcessWorker& worker, core::Json abilities) : worker_(worker), abilities_(std::move(abilities)) {}
  worker::Answer<core::Json> call(const core::Json& request, double timeout_s) override {
    if (request.contains("dropout_masks")) masks_.push_back(core::read_file(request.at("dropout_masks").get<std::string>()).value());
    auto answer = worker_.call(request, timeout_s);
    if (request.at("request") == "hello" && answer) (*answer)["abilities"] = abilities_;
    return answer;
  }
  const std::vector<std::string>& masks() const { return masks_; }

 private:
  InProcessWorker& worker_;
  core::Json abilities_;
  std::vector<std::string> masks_;
};

struct Proven {
  std::unique_ptr<ProofWorld> world;
  proof::ProofReport report;
  std::vector<std::string> masks;
};

Proven prove_with(const core::Json& abilities) {
  ProofCase c;
  c.batch = 8;
  c.train_count = 40;
  c.test_count = 40;
  c.adjust = [](workload::Workload& w) { w.network = all_layers(); };
  Proven proven{make_world(c), {}, {}};
  InProcessWorker inner(cheating_backend("cpu", ""));
  OtherAbilities channel(inner, abilities);
  worker::Client client(channel, proven.world->folder.path());
  EXPECT_TRUE(client.prepare(proven.world->files, 1, "float32", 60).ok());
  const auto evidence = run_trial(client, proven.world->materials);
  EXPECT_TRUE(evidence.ok());
  proof::ProofOptions options;
  options.later_steps = {1};
  proven.report = proof::prove(client, proven.world->materials, *evidence, options);
  proven.masks = channel.masks();
  return proven;
}

bool has_finding(const proof::ProofReport& report, const std::string& check) {
  return std::any_of(report.findings.begin(), report.findings.end(), [&](const proof::Finding& f) { return f.check.starts_with(check); });
}

TEST(Dropout, IsProvenLikeAnythingElseWhereTheWorkerDrawsTheDefinedMasks) {
  const Proven proven = prove_with({"dropout_philox"});
  EXPECT_EQ(proven.report.verdict, proof::Verdict::kVerified) << proven.report.summary;
  EXPECT_TRUE(proven.masks.empty());
  EXPECT_TRUE(has_finding(proven.report, "free run"));
}

TEST(Dropout, IsProvenInSingleStepsWhereMasksComeFromFiles) {
  const Proven proven = prove_with({"dropout_masks"});
  EXPECT_EQ(proven.report.verdict, proof::Verdict::kVerified) << proven.report.summary;
  EXPECT_NE(proven.report.summary.find("masks from files"), std::string::npos) << proven.report.summary;
  EXPECT_FALSE(has_finding(proven.report, "free run"));
  EXPECT_FALSE(has_finding(proven.report, "replay"));
  EXPECT_FALSE(has_finding(proven.report, "recorded loss at"));
  EXPECT_TRUE(has_finding(proven.report, "single step at 1"));
  ASSERT_FALSE(proven.masks.empty());
  const std::vector<uint8_t> first = proof::dropout_masks(proven.world->materials, 0);
  EXPECT_EQ(first.size(), 8u * 8 * 4 * 4);  // one layer over 8 x 4 x 4 values of 8 images
  EXPECT_EQ(proven.masks[0], std::string(first.begin(), first.end()));
  const double kept = static_cast<double>(std::count(first.begin(), first.end(), 1)) / static_cast<double>(first.size());
  EXPECT_NEAR(kept, 0.75, 0.06);
}

TEST(Dropout, IsUncheckedWhereNobodyKnowsTheMasks) {
  const Proven proven = prove_with(core::Json::array());
  EXPECT_EQ(proven.report.verdict, proof::Verdict::kUnchecked);
  EXPECT_NE(proven.report.summary.find("dropout"), std::string::npos) << proven.report.summary;
}

}  // namespace
}  // namespace trainmark::tests

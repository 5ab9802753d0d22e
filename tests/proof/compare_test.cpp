// The parts of the proof by themselves: what the comparison sees and tolerates, the fit behind diagnoses, and verdicts.
#include "proof/compare.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "core/philox.hpp"
#include "proof/free_run.hpp"
#include "proof/proof_cases.hpp"
#include "proof/update_fit.hpp"

namespace trainmark::proof {
namespace {

constexpr Precision kSingle{0x1p-24, true};

// Weights of about 0.1 that moved by updates of about 1e-5 with a relative error of `fault`, stored as float32.
struct Moved {
  std::vector<double> exact, got;
  GradientModel tolerance;

  explicit Moved(double fault) {
    core::Philox random(1);
    for (int i = 0; i < 10000; ++i) {
      const double w = static_cast<double>(static_cast<float>(0.1 + 0.01 * random.normal())), update = 1e-5 * random.normal();
      exact.push_back(w - update);
      got.push_back(kSingle.store(w - update * (1 + fault)));
      tolerance.mean.push_back(1e-5 * 1e-6);
      tolerance.peak.push_back(1e-5 * 1e-5);
    }
  }
};

TEST(Compare, SeesFaultsOfUpdatesFarBelowTheSpacingOfWeights) {
  EXPECT_LT(compare_values("w", Moved(1e-7).got, Moved(0).exact, Moved(0).tolerance, kSingle).ratio, 0.5);
  const TensorDeviation wrong = compare_values("w", Moved(1e-4).got, Moved(0).exact, Moved(0).tolerance, kSingle);
  EXPECT_GT(wrong.mean_ratio, 2);  // 1e-9 of difference where weights are 7e-9 apart
  EXPECT_LT(wrong.peak_ratio, 1);  // no element alone shows it
}

TEST(Compare, SeesOneWrongElement) {
  Moved moved(0);
  moved.got[77] += 1e-6;
  const TensorDeviation wrong = compare_values("w", moved.got, moved.exact, moved.tolerance, kSingle);
  EXPECT_GT(wrong.peak_ratio, 2);
  EXPECT_EQ(wrong.worst, 77);
}

TEST(Compare, NeverPassesNanOrInfinity) {
  for (const double bad : {std::nan(""), HUGE_VAL, -HUGE_VAL}) {
    Moved moved(0);
    moved.got[5] = bad;
    moved.tolerance.mean[5] = moved.tolerance.peak[5] = 1e300;
    EXPECT_GT(compare_values("w", moved.got, moved.exact, moved.tolerance, kSingle).ratio, 1);
  }
}

TEST(Compare, LossesThatMeanNothingAreNotCompared) {
  const std::vector<double> expected = {2, 2, 2}, got = {2, 2.001, 1}, spread = {0, 1e-3, 1};
  const LossComparison result = compare_losses(got, expected, spread, 1e-6, 1e-4, kSingle);
  EXPECT_EQ(result.compared, 2);
  EXPECT_LT(result.ratio, 1);
}

TEST(Fit, FindsCoefficientsAndLeavesOutEmptyColumns) {
  const std::vector<double> a = {1, 2, 3, 4}, zero(4, 0.0), c = {1, -1, 1, -1};
  std::vector<double> target(4);
  for (size_t i = 0; i < 4; ++i) target[i] = 3 * a[i] - 0.5 * c[i];
  const Mixture fit = fit_mixture({a, zero, c}, target);
  EXPECT_NEAR(fit.coefficients[0], 3, 1e-12);
  EXPECT_EQ(fit.coefficients[1], 0);
  EXPECT_NEAR(fit.coefficients[2], -0.5, 1e-12);
  EXPECT_LT(fit.residual, 1e-20);
}

// A worker that answers every request in the same way.
class Refusing : public worker::Channel {
 public:
  explicit Refusing(worker::FailureKind kind) : kind_(kind) {}
  worker::Answer<core::Json> call(const core::Json&, double) override { return worker::Failure{kind_, "No."}; }

 private:
  worker::FailureKind kind_;
};

Verdict verdict_of(worker::FailureKind kind, const std::string& dtype) {
  const auto world = tests::make_world({"mnist-mlp-10", 16, 32, 20});
  Refusing channel(kind);
  worker::Client client(channel, world->folder.path());
  ProofOptions options;
  options.dtype = dtype;
  const ProofReport report = prove(client, world->materials, {}, options);
  EXPECT_FALSE(report.summary.empty());
  EXPECT_EQ(to_json(report).at("verdict"), verdict_name(report.verdict));
  return report.verdict;
}

TEST(Verdict, ADeadWorkerFailsAndOneThatCannotIsUnchecked) {
  EXPECT_EQ(verdict_of(worker::FailureKind::kCrashed, "float32"), Verdict::kFailed);
  EXPECT_EQ(verdict_of(worker::FailureKind::kUnsupported, "float32"), Verdict::kUnchecked);
  EXPECT_EQ(verdict_of(worker::FailureKind::kFailed, "bfloat16"), Verdict::kUnchecked);
}

TEST(Report, HasNoNumbersThatJsonLacks) {
  ProofReport report;
  report.findings.push_back({"single step at 0", false, HUGE_VAL, "the loss is nan"});
  EXPECT_TRUE(to_json(report).at("findings")[0].at("ratio").is_null());
}

}  // namespace
}  // namespace trainmark::proof

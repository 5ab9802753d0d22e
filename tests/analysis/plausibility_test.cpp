// The rules of the gate, with made-up figures on both sides of every edge.
#include "analysis/plausibility.hpp"

#include <gtest/gtest.h>

namespace trainmark::analysis {
namespace {

// 100 GFLOP/s are possible.
ArithmeticClaim claim(double gops, bool executed, bool verified, bool may_save) { return {gops, 100, 2, executed, verified, may_save}; }

TEST(ArithmeticGate, UpToFivePerCentAboveTheCeilingIsNoise) {
  for (const bool executed : {true, false}) {
    for (const double gops : {1.0, 99.0, 104.9}) {
      const Finding finding = judge(claim(gops, executed, false, false));
      EXPECT_EQ(finding.plausibility, Plausibility::kPlausible) << gops;
      EXPECT_EQ(finding.reason, "");
      EXPECT_DOUBLE_EQ(finding.ratio, gops / 100) << "above 1 the ceiling is measured again all the same";
    }
  }
}

TEST(ArithmeticGate, ExecutedOperationsAboveTheCeilingAreInvalidWhateverTheNetwork) {
  const Finding finding = judge(claim(106, true, true, true));
  EXPECT_EQ(finding.plausibility, Plausibility::kInvalid);
  EXPECT_EQ(finding.reason, "its step time would mean 106 GFLOP/s executed, 1.06 times the 100 that 2 threads of this machine reach");
}

TEST(ArithmeticGate, CountedOperationsOfAVerifiedPlatformMayBeFewerWhereThereAreConvolutions) {
  const Finding finding = judge(claim(230, false, true, true));
  EXPECT_EQ(finding.plausibility, Plausibility::kLessArithmetic);
  EXPECT_EQ(finding.reason, "less arithmetic than counted: 230 GFLOP/s counted, 2.30 times the 100 that 2 threads of this machine reach");
}

TEST(ArithmeticGate, CountedOperationsAreInvalidWithoutProofWithoutConvolutionsOrFarAbove) {
  EXPECT_EQ(judge(claim(110, false, false, true)).plausibility, Plausibility::kInvalid) << "not verified";
  EXPECT_EQ(judge(claim(110, false, true, false)).plausibility, Plausibility::kInvalid) << "dense layers cannot be saved";
  EXPECT_EQ(judge(claim(400, false, true, true)).plausibility, Plausibility::kLessArithmetic);
  EXPECT_EQ(judge(claim(401, false, true, true)).plausibility, Plausibility::kInvalid) << "no trick saves more than four times";
}

TEST(ArithmeticGate, SaysNothingWithoutACeiling) { EXPECT_EQ(judge(ArithmeticClaim{100, 0, 1, true, true, false}).plausibility, Plausibility::kPlausible); }

// 20 GB/s of memory, a last level of 32 MB.
BandwidthClaim fetch(double bytes_per_ns, double working_set) { return {bytes_per_ns * 1000, 1000, working_set, 32e6, 20, "samples"}; }

TEST(BandwidthGate, BelowMemoryBandwidthNothingIsSaid) {
  const Finding finding = judge(fetch(19, 1e9));
  EXPECT_EQ(finding.plausibility, Plausibility::kPlausible);
  EXPECT_EQ(finding.reason, "");
}

TEST(BandwidthGate, AboveItWhatFitsIntoTheLastLevelIsCacheResident) {
  for (const double gbs : {21.0, 2000.0}) {
    const Finding finding = judge(fetch(gbs, 32e6));
    EXPECT_EQ(finding.plausibility, Plausibility::kCacheResident) << gbs;
    EXPECT_LE(finding.ratio, 1) << "memory has nothing to do with it";
  }
  EXPECT_EQ(judge(fetch(100, 1e6)).reason, "its samples are cache-resident: 100 GB/s, and memory gives 20");
}

TEST(BandwidthGate, AboveItWhatDoesNotFitIsInvalidButForThePartThatDoes) {
  EXPECT_EQ(judge(fetch(30, 64e6)).plausibility, Plausibility::kCacheResident) << "half of it may come from the cache: 15 GB/s from memory";
  EXPECT_EQ(judge(fetch(41.9, 64e6)).plausibility, Plausibility::kCacheResident) << "within five per cent";
  const Finding finding = judge(fetch(50, 64e6));
  EXPECT_EQ(finding.plausibility, Plausibility::kInvalid);
  EXPECT_DOUBLE_EQ(finding.ratio, 1.25);
  EXPECT_NE(finding.reason.find("25 GB/s of samples from memory, which gives 20: 61 MiB do not fit into 31 MiB of cache"), std::string::npos) << finding.reason;
}

TEST(BandwidthGate, IsNeverInvalidWhereTheCachesAreUnknown) {
  BandwidthClaim claim = fetch(500, 1e12);
  claim.last_level_bytes = 0;
  EXPECT_EQ(judge(claim).plausibility, Plausibility::kCacheResident);
  claim.memory_gbs = 0;
  EXPECT_EQ(judge(claim).plausibility, Plausibility::kPlausible) << "nor is anything said without a ceiling";
}

TEST(Gate, TheGravestFindingCounts) {
  EXPECT_EQ(gravest({}).plausibility, Plausibility::kPlausible);
  EXPECT_EQ(gravest({{Plausibility::kCacheResident, 0, "a"}, {Plausibility::kInvalid, 2, "b"}, {Plausibility::kLessArithmetic, 2, "c"}}).reason, "b");
}

}  // namespace
}  // namespace trainmark::analysis

// Each sentence by its rule: it is said on one side of the edge, not on the other, with the figures it names.
#include "analysis/diagnosis.hpp"

#include <gtest/gtest.h>

namespace trainmark::analysis {
namespace {

Placement by(const char* ceiling, double rate, double gbs, double fraction, int64_t bytes = 3'200'000) {
  Placement p;
  p.ceiling = ceiling;
  p.ceiling_rate = rate;
  p.gbs = gbs;
  p.fraction = fraction;
  p.bytes = bytes;
  return p;
}

Point point(const char* operation, const char* phase, double share, std::optional<Placement> compulsory, int64_t flops = 0, double gflops = 0) {
  return {operation, phase, share * 1e6, share, flops, gflops, std::move(compulsory), {}};
}

Roofline lines(std::vector<Point> operations, double rest = 0) {
  Roofline l;
  l.step = {"step", "", 1e6, 1, 100, 50, by("float32 arithmetic", 200, 1, 0.25), {}};
  l.operations = std::move(operations);
  l.rest_share = rest;
  return l;
}

TEST(Diagnosis, TheLargestOperationIsNamedWithWhatItMoves) {
  const auto moving = point("pooling", "forward", 0.72, by("memory bandwidth", 20, 1.8, 0.09));
  EXPECT_EQ(largest_operation(lines({moving})),
            "72 % of this step is pooling (forward), which moves 3.2 MB and reaches 9.0 % of memory bandwidth (1.8 of 20 GB/s).");
}

TEST(Diagnosis, TheLargestOperationIsNamedWithWhatItComputes) {
  const auto computing = point("matrix_multiplication", "backward", 0.5, by("float32 arithmetic", 200, 9, 0.4), 1000, 80);
  EXPECT_EQ(largest_operation(lines({computing})),
            "50 % of this step is matrix multiplication (backward), which does 80 GFLOP/s, 40 % of the 200 of float32 arithmetic.");
}

TEST(Diagnosis, AnOperationOfUnknownBytesIsNamedAlone) {
  EXPECT_EQ(largest_operation(lines({point("fused", "forward", 0.9, {})})), "90 % of this step is fused (forward).");
  EXPECT_EQ(largest_operation(lines({point("update", "update", 0.41, {})})), "41 % of this step is update.");
}

TEST(Diagnosis, BytesOfTheImplementationComeBeforeCompulsoryOnes) {
  auto p = point("gather", "forward", 0.6, by("memory bandwidth", 20, 10, 0.5));
  p.implementation = by("L2 bandwidth", 100, 50, 0.5, 1000);
  EXPECT_NE(largest_operation(lines({p})).find("moves 1 KB and reaches 50 % of L2 bandwidth"), std::string::npos) << largest_operation(lines({p}));
}

TEST(Diagnosis, NoOperationIsBlamedForLessThanItsShare) {
  EXPECT_EQ(largest_operation(lines({point("relu", "forward", 0.39, {})})), "");
  EXPECT_EQ(largest_operation(lines({})), "");
}

TEST(Diagnosis, MovingOperationsAreSummedWhereNoneExplainsTheStep) {
  const auto relu = point("relu", "forward", 0.3, by("L2 bandwidth", 100, 10, 0.1, 1'000'000));
  const auto pooling = point("pooling", "forward", 0.2, by("L2 bandwidth", 100, 10, 0.1, 2'000'000));
  const auto product = point("convolution", "forward", 0.39, by("float32 arithmetic", 200, 9, 0.4), 1000, 80);
  EXPECT_EQ(moving_operations(lines({product, relu, pooling})), "50 % of this step is in operations without products, which move 3 MB together.");
  EXPECT_EQ(moving_operations(lines({product, relu})), "") << "30 % do not explain it";
  EXPECT_EQ(moving_operations(lines({point("convolution", "forward", 0.45, {}, 10), relu, pooling})), "") << "the first sentence speaks already";
}

TEST(Diagnosis, TheRestIsSaidFromAFifthOn) {
  EXPECT_EQ(rest_of_step(lines({point("relu", "forward", 0.5, {})}, 0.31)),
            "31 % of this step is in no operation: waiting, synchronising, and what the platform itself costs.");
  EXPECT_EQ(rest_of_step(lines({point("relu", "forward", 0.5, {})}, 0.19)), "");
  EXPECT_EQ(rest_of_step(lines({}, 1)), "") << "nobody took the step apart";
}

TEST(Diagnosis, TheStepIsPlacedByItsFraction) {
  Roofline l = lines({});
  EXPECT_EQ(whole_step(l), "The step reaches 25 % of what its ceilings allow, most of it float32 arithmetic (200 GFLOP/s).");
  l.step.compulsory->fraction = 0.71;
  EXPECT_NE(whole_step(l).find("little is left"), std::string::npos);
  l.step.compulsory->fraction = 0.02;
  EXPECT_NE(whole_step(l).find("50 times as long as its ceilings allow: neither arithmetic nor bandwidth"), std::string::npos) << whole_step(l);
  l.step.compulsory->fraction = 1.5;
  EXPECT_NE(whole_step(l).find("1.50 times as fast as its compulsory bytes allow"), std::string::npos) << whole_step(l);
  l.step.compulsory.reset();
  EXPECT_EQ(whole_step(l), "");
}

TEST(Diagnosis, SlowCacheLinesMatterToShortStepsOfSeveralThreads) {
  Roof roof;
  Roofline l = lines({});
  l.step.time_ns = 60'000;
  EXPECT_EQ(slow_lines(l, roof), "") << "one thread";
  roof.core_to_core_ns = 99;
  EXPECT_EQ(slow_lines(l, roof), "");
  roof.core_to_core_ns = 150;
  EXPECT_NE(slow_lines(l, roof).find("150 ns from core to core"), std::string::npos);
  l.step.time_ns = 1e6;
  EXPECT_EQ(slow_lines(l, roof), "");
}

TEST(Diagnosis, SaysAllThatApplies) {
  const auto said = diagnose(lines({point("pooling", "forward", 0.7, by("memory bandwidth", 20, 1.8, 0.09))}, 0.3), Roof{});
  ASSERT_EQ(said.size(), 3u);
  EXPECT_EQ(said[0].rfind("70 % of this step is pooling", 0), 0u);
}

}  // namespace
}  // namespace trainmark::analysis

// Placement under made-up roofs whose times can be worked out by hand.
#include "analysis/roofline.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "analysis/step_work.hpp"
#include "plan/engine_passes.hpp"
#include "plan/passes.hpp"
#include "support/scripted_run.hpp"

namespace trainmark::analysis {
namespace {

// 100 GFLOP/s; a cache of 1 MB with 50 GB/s; memory with 10.
Roof roof() {
  Roof r;
  r.type = "float32";
  r.peak_gops = 100;
  r.levels = {{"L2", 1'000'000, 50}, {"memory", std::numeric_limits<int64_t>::max(), 10}};
  return r;
}

TEST(Roofline, WorkIsHeldAgainstTheLongerOfItsArithmeticAndItsBytes) {
  const auto computing = place(40'000, {{"convolution", "forward", 1'000'000, 100'000, 100'000}}, roof());  // 10 us and 2 us
  ASSERT_TRUE(computing);
  EXPECT_EQ(computing->ceiling, "float32 arithmetic");
  EXPECT_DOUBLE_EQ(computing->attainable_ns, 10'000);
  EXPECT_DOUBLE_EQ(computing->fraction, 0.25);
  EXPECT_DOUBLE_EQ(*computing->intensity, 10);
  EXPECT_DOUBLE_EQ(computing->gbs, 2.5);
  const auto moving = place(40'000, {{"relu", "forward", 0, 500'000, 500'000}}, roof());
  EXPECT_EQ(moving->ceiling, "L2 bandwidth");
  EXPECT_DOUBLE_EQ(moving->ceiling_rate, 50);
  EXPECT_DOUBLE_EQ(moving->fraction, 0.25);
}

TEST(Roofline, TheSmallestLevelThatHoldsTheWorkingSetIsTheRoof) {
  EXPECT_EQ(level_for(roof(), 1'000'000)->name, "L2");
  EXPECT_EQ(level_for(roof(), 1'000'001)->name, "memory");
  EXPECT_EQ(level_for(Roof{}, 1), nullptr);
  EXPECT_DOUBLE_EQ(place(1, {{"gather", "forward", 0, 2'000'000, 2'000'000}}, roof())->attainable_ns, 200'000);
}

TEST(Roofline, PiecesAddUpAndTheCeilingOfMostOfTheTimeIsNamed) {
  const auto placed = place(100'000, {{"convolution", "forward", 1'000'000, 1, 1}, {"gather", "forward", 0, 2'000'000, 2'000'000}}, roof());
  EXPECT_DOUBLE_EQ(placed->attainable_ns, 210'000);
  EXPECT_EQ(placed->ceiling, "memory bandwidth");
  EXPECT_GT(placed->fraction, 1) << "faster than these bytes allow: some were not moved";
  EXPECT_EQ(placed->bytes, 2'000'001);
}

TEST(Roofline, NothingIsPlacedThatNeitherComputesNorMoves) {
  EXPECT_FALSE(place(10, {}, roof()));
  EXPECT_FALSE(place(10, {{"dropout", "forward", 0, 0, 0}}, roof()));
  EXPECT_FALSE(place(0, {{"relu", "forward", 0, 10, 10}}, roof()));
  Roof without = roof();
  without.levels.clear();
  EXPECT_DOUBLE_EQ(place(20'000, {{"convolution", "forward", 1'000'000, 100'000, 100'000}}, without)->fraction, 0.5);
}

TEST(Roofline, OperationsOfOneKindAndPhaseAreOnePointLongestFirst) {
  const std::vector<Piece> pieces = {{"convolution", "forward", 1'000'000, 1000, 1000},
                                     {"convolution", "forward", 2'000'000, 1000, 1000},
                                     {"convolution", "backward", 3'000'000, 1000, 1000},
                                     {"relu", "forward", 0, 50'000, 50'000}};
  const auto lines =
      roofline(120'000, pieces, {},
               {{"convolution", "forward", 20'000}, {"convolution", "forward", 30'000}, {"convolution", "backward", 60'000}, {"pooling", "forward", 10'000}},
               150'000, roof());
  ASSERT_EQ(lines.operations.size(), 3u);
  EXPECT_EQ(lines.operations[0].phase, "backward");
  EXPECT_DOUBLE_EQ(lines.operations[1].time_ns, 50'000);
  EXPECT_EQ(lines.operations[1].flops, 3'000'000);
  EXPECT_DOUBLE_EQ(lines.operations[1].compulsory->fraction, 0.6);
  EXPECT_FALSE(lines.operations[2].compulsory) << "the plan has no pooling";
  EXPECT_DOUBLE_EQ(lines.operations[0].share, 0.4);
  EXPECT_NEAR(lines.rest_share, 0.2, 1e-12);
  EXPECT_DOUBLE_EQ(lines.step.gflops, 50);
  EXPECT_FALSE(lines.step.implementation);
}

TEST(RoofOf, TakesTheBestPatternThatReadsAndWrites) {
  ceilings::Ceilings c;
  c.peaks = {{"avx512", "float32", "multiply-add", 2, 200, 190}};
  c.levels = {{"L1", "load", 2, 1, 900, 900},
              {"L1", "triad", 2, 1, 400, 400},
              {"L1", "update", 2, 1, 500, 500},
              {"memory", "load", 2, 1, 40, 40},
              {"memory", "triad", 2, 1, 30, 30}};
  c.capacities = {{"L1", 2, 64 << 10}, {"L2", 2, 2 << 20}};
  c.latencies = {{0, 1, 40, 60}};
  const auto r = roof_of(c, "float32", 2);
  ASSERT_TRUE(r);
  EXPECT_EQ(r->peak_gops, 200);
  ASSERT_EQ(r->levels.size(), 2u) << "no bandwidth of L2 was measured";
  EXPECT_EQ(r->levels[0].gbs, 500);
  EXPECT_EQ(r->levels[1].gbs, 30);
  EXPECT_EQ(r->most_memory_gbs, 40) << "what nothing can exceed";
  EXPECT_EQ(r->last_level_bytes, 2 << 20);
  EXPECT_EQ(r->core_to_core_ns, 60);
  EXPECT_FALSE(roof_of(c, "float64", 2));
  EXPECT_FALSE(roof_of(c, "float32", 1));
}

TEST(StepWork, CompulsoryPiecesHoldAllCountedFlopsAndBytesOfThePlan) {
  const workload::Workload w = tests::scripted_workload();
  const plan::Plan plan = plan::training_plan(w.network, 64, workload::training_of(w.recipe));
  int64_t flops = 0, bytes = 0, piece_flops = 0, piece_bytes = 0;
  for (const plan::Op& op : plan.ops) flops += op.cost.flops, bytes += op.cost.compulsory_bytes;
  for (const Piece& p : compulsory_pieces(w)) piece_flops += p.flops, piece_bytes += p.bytes;
  EXPECT_EQ(piece_flops, flops);
  EXPECT_EQ(piece_bytes, bytes);
  EXPECT_GT(flops, 0);
}

TEST(StepWork, TheEnginesPlanComputesTheSameAndMovesLess) {
  const workload::Workload w = tests::scripted_workload();
  const plan::Plan plan = plan::engine_plan(plan::training_plan(w.network, 64, workload::training_of(w.recipe)));
  core::Json kernels = core::Json::object();
  for (const plan::Op& op : plan.ops) kernels[op.name] = "gemm";
  int64_t flops = 0, bytes = 0, counted = 0, compulsory = 0;
  for (const Piece& p : implementation_pieces(w, kernels, core::Json::object())) flops += p.flops, bytes += p.bytes;
  for (const Piece& p : compulsory_pieces(w)) counted += p.flops, compulsory += p.bytes;
  EXPECT_EQ(flops, counted);
  EXPECT_GT(bytes, 0);
  EXPECT_LT(bytes, 2 * compulsory);
  const auto product = std::find_if(plan.ops.begin(), plan.ops.end(), [](const plan::Op& op) { return op.cost.flops > 0; });
  int64_t executed = 0;
  for (const Piece& p : implementation_pieces(w, kernels, {{product->name, 0.25}})) executed += p.flops;
  EXPECT_EQ(executed, counted - product->cost.flops * 3 / 4) << "an operation that leaves out multiplications by zero";
  kernels.erase(plan.ops[0].name);
  EXPECT_TRUE(implementation_pieces(w, kernels, core::Json::object()).empty()) << "recorded by another version";
  EXPECT_TRUE(implementation_pieces(w, nullptr, nullptr).empty());
}

TEST(StepWork, AtLeastThePixelsOfTheBatchAndTheStateAreFetched) {
  workload::Workload w = tests::scripted_workload();
  LeastBytes least = least_bytes(w);
  EXPECT_EQ(least.input_bytes, 64 * 784);
  EXPECT_EQ(least.input_set_bytes, 640 * 784);
  EXPECT_EQ(least.state_bytes, 2 * least.state_set_bytes);
  EXPECT_GE(least.state_set_bytes, 2 * 4 * (784 * 128 + 128)) << "weights and momentum";
  w.recipe.max_batches = 2;
  EXPECT_EQ(least_bytes(w).input_set_bytes, 2 * 64 * 784) << "an epoch goes through no more";
}

}  // namespace
}  // namespace trainmark::analysis

// The schedule over many sizes: every step is run once, blocks have the right length, nobody is favoured.
#include "trial/schedule.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>

namespace trainmark::trial {
namespace {

/// Walks a whole training and returns its turns.
std::vector<Turn> all_turns(const Progression& progression, double step_ns, std::vector<int64_t>* ends = nullptr) {
  std::vector<Turn> turns;
  for (int64_t step = 0; step < progression.planned_steps;) {
    const Turn turn = next_turn(step, progression, step_ns);
    EXPECT_GE(turn.timed_steps, 1);
    EXPECT_GE(turn.rewarm_steps, 0);
    step += turn.rewarm_steps + turn.timed_steps;
    turns.push_back(turn);
    if (ends != nullptr) ends->push_back(step);
    EXPECT_LE(step, progression.planned_steps);
  }
  return turns;
}

TEST(Schedule, EveryStepBelongsToExactlyOneTurnAndSegmentsEndAtEdges) {
  for (const int64_t per_epoch : {1, 2, 3, 7, 100, 938}) {
    for (const int64_t epochs : {1, 2, 10, 50, 51, 500}) {
      for (const double share : {1.0, 0.31, 0.001}) {
        for (const double step_ns : {1e3, 1e5, 1e6, 4e7, 3e9}) {
          const Progression progression{per_epoch, epochs, planned_steps(per_epoch * epochs, share)};
          std::vector<int64_t> ends;
          all_turns(progression, step_ns, &ends);
          ASSERT_EQ(ends.back(), progression.planned_steps);
          const std::set<int64_t> edges(ends.begin(), ends.end());
          for (int64_t step = 0; step < progression.planned_steps; step = segment_end(step, progression)) {
            EXPECT_TRUE(edges.count(segment_end(step, progression))) << per_epoch << " " << epochs << " " << step;
          }
        }
      }
    }
  }
}

TEST(Schedule, BlocksLastBetweenAQuarterAndTwoSecondsWhereStepsAllow) {
  for (const double step_ns : {2e4, 1e5, 1e6, 1e7, 1e8}) {
    for (const double epoch_s : {0.5, 0.76, 1.0, 1.2, 3.3, 20.0}) {
      const auto per_epoch = static_cast<int64_t>(epoch_s * 1e9 / step_ns);
      for (const Turn& turn : all_turns({per_epoch, 2, 2 * per_epoch}, step_ns)) {
        const double block_s = static_cast<double>(turn.timed_steps) * step_ns * 1e-9;
        EXPECT_GE(block_s, 0.25) << step_ns << " " << epoch_s;
        EXPECT_LE(block_s, 2) << step_ns << " " << epoch_s;
      }
    }
  }
}

TEST(Schedule, AtMostATenthOfATurnReWarms) {
  for (const int64_t per_epoch : {1, 2, 9, 20, 1000}) {
    for (const double step_ns : {1e4, 1e6, 1e9}) {
      for (const Turn& turn : all_turns({per_epoch, 3, 3 * per_epoch}, step_ns)) {
        const int64_t total = turn.rewarm_steps + turn.timed_steps;
        EXPECT_LE(turn.rewarm_steps, std::max<int64_t>(1, total / 10));
        EXPECT_EQ(turn.rewarm_steps == 0, total == 1);
      }
    }
  }
}

TEST(Schedule, BlocksOfUpToFiftyEpochsStayWithinTheirEpoch) {
  std::vector<int64_t> ends;
  all_turns({10, 50, 500}, 1e3, &ends);
  EXPECT_EQ(ends.size(), 50u);
}

TEST(Schedule, FiveHundredFullBatchIterationsAreEvaluatedEveryTen) {
  EXPECT_EQ(epochs_between_evaluations(500), 10);
  EXPECT_EQ(segment_end(0, {1, 500, 500}), 10);
  EXPECT_EQ(segment_end(9, {1, 500, 500}), 10);
  EXPECT_EQ(segment_end(10, {1, 500, 500}), 20);
  EXPECT_EQ(segment_end(490, {1, 500, 495}), 495);
}

TEST(Schedule, ShareKeepsAtLeastOneStepAndAtMostAll) {
  EXPECT_EQ(planned_steps(1000, 1), 1000);
  EXPECT_EQ(planned_steps(1000, 0.1), 100);
  EXPECT_EQ(planned_steps(1000, 0.0001), 1);
  EXPECT_EQ(planned_steps(3, 0.5), 2);
}

TEST(Schedule, EveryPlatformIsEquallyOftenInEveryPlace) {
  constexpr int kPlatforms = 4, kRounds = 4000;
  std::map<std::pair<int, int>, int> seen;
  for (int64_t round = 0; round < kRounds; ++round) {
    const auto order = round_order(kPlatforms, 7, round);
    ASSERT_EQ(std::set<int>(order.begin(), order.end()).size(), static_cast<size_t>(kPlatforms));
    for (int place = 0; place < kPlatforms; ++place) ++seen[{order[static_cast<size_t>(place)], place}];
  }
  for (const auto& [where, count] : seen) EXPECT_NEAR(count, kRounds / kPlatforms, 150);  // five standard deviations
  EXPECT_EQ(round_order(kPlatforms, 7, 3), round_order(kPlatforms, 7, 3));
  EXPECT_TRUE(round_order(0, 1, 0).empty());
}

TEST(Schedule, EdgesAreAscendingDistinctAndEndAtTheEnd) {
  EXPECT_EQ(edge_targets({100, 10, 1000}), (std::vector<int64_t>{100, 500, 750, 1000}));
  EXPECT_EQ(edge_targets({100, 10, 30}), (std::vector<int64_t>{15, 22, 30}));
  EXPECT_EQ(edge_targets({1, 1, 1}), (std::vector<int64_t>{1}));
}

TEST(Schedule, WarmUpRequestsLastAboutFiftyMilliseconds) {
  EXPECT_EQ(warm_up_chunk(1e6), 50);
  EXPECT_EQ(warm_up_chunk(1e9), 1);
  EXPECT_EQ(warm_up_chunk(1), 100);
}

}  // namespace
}  // namespace trainmark::trial

// What a resumed run is told: which trials are done, which were cut off.
#include "store_testing.hpp"

namespace trainmark::store {
namespace {
using namespace testing;

TEST(Resume, FindsNothingForAnUnknownStudy) {
  const auto dir = folder();
  Store store = open_in(dir);
  add_everything(store);
  EXPECT_FALSE(store.find_unfinished("another hash").value().has_value());
}

TEST(Resume, TellsFinishedFromCutOffAndInterrupted) {
  const auto dir = folder();
  Store store = open_in(dir);
  store.add(run_record()).value();
  store.add(workload_record()).value();
  using Kind = trial::OutcomeKind;
  const std::vector<std::optional<Kind>> ends = {Kind::kFinished,  Kind::kCrashed,     Kind::kInterrupted, std::nullopt,
                                                 Kind::kAbandoned, Kind::kUnsupported, Kind::kTimedOut};
  for (size_t i = 0; i < ends.size(); ++i) {
    const std::string id = "t" + std::to_string(i);
    store.add(trial_record(id, static_cast<int64_t>(i))).value();
    if (ends[i]) store.add(outcome_record(id, *ends[i])).value();
  }
  const auto point = store.find_unfinished("hash-of-study").value();
  ASSERT_TRUE(point.has_value());
  EXPECT_EQ(point->run.id, run_record().id);
  EXPECT_EQ(point->finished_keys, (std::set<std::string>{"workload-hash/cpu/2/0", "workload-hash/cpu/2/1", "workload-hash/cpu/2/5", "workload-hash/cpu/2/6"}));
  ASSERT_EQ(point->unfinished.size(), 1u);
  EXPECT_EQ(point->unfinished[0].id, "t3");
  EXPECT_EQ(point->unfinished[0].seed, trial_record().seed);
  EXPECT_FALSE(point->complete);
}

TEST(Resume, KeepsOldBlocksOfAbandonedTrials) {
  const auto dir = folder();
  Store store = open_in(dir);
  store.add(run_record()).value();
  store.add(workload_record()).value();
  store.add(trial_record("old", 0)).value();
  store.add(block_record("old", 0)).value();
  store.abandon(*store.find_unfinished("hash-of-study").value(), 42).value();
  store.add(trial_record("new", 0)).value();
  store.add(outcome_record("new")).value();
  const RunData data = store.load_run("").value();
  ASSERT_EQ(data.trials.size(), 2u);
  EXPECT_EQ(data.trials[0].outcome->kind, trial::OutcomeKind::kAbandoned);
  EXPECT_EQ(data.trials[0].outcome->ended_wall_ns, 42);
  EXPECT_EQ(data.trials[0].blocks.size(), 1u);
  EXPECT_EQ(store.find_unfinished("hash-of-study").value()->finished_keys.size(), 1u);
}

TEST(Resume, TakesTheLatestRunAndKnowsWhenItIsComplete) {
  const auto dir = folder();
  Store store = open_in(dir);
  add_everything(store);
  EXPECT_FALSE(store.find_unfinished("hash-of-study").value()->complete);  // its end says interrupted
  store.add(run_record("00000000000000ab")).value();
  EXPECT_EQ(store.find_unfinished("hash-of-study").value()->run.id, "00000000000000ab");
  auto end = end_record();
  end.run_id = "00000000000000ab";
  end.interrupted = false;
  store.add(end).value();
  EXPECT_TRUE(store.find_unfinished("hash-of-study").value()->complete);
}

TEST(Resume, KeepsTheLastReasonOfASkippedPlatform) {
  const auto dir = folder();
  Store store = open_in(dir);
  add_everything(store);
  store.add(trial::SkipRecord{run_record().id, "cuda", "Another reason."}).value();
  const auto skips = store.load_run("").value().skips;
  ASSERT_EQ(skips.size(), 1u);
  EXPECT_EQ(skips[0].reason, "Another reason.");
}

}  // namespace
}  // namespace trainmark::store

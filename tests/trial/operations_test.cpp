// When and of whom the supervisor asks where the time of a step goes, and that nothing of a trial hangs on the answer.
#include <gtest/gtest.h>

#include <algorithm>

#include "trial/supervisor_testing.hpp"

namespace trainmark::trial {
namespace {

using core::Json;

const char* kAnswer =
    R"({"operations": [{"operation": "relu", "phase": "forward", "layer": "r1", "time_ns": 40, "calls": 1}], "step_ns": 100, "plain_ns": 80})";

class Operations : public WithSupervisor {
 protected:
  void SetUp() override {
    WithSupervisor::SetUp();
    options_.operations = true;
  }
  /// The readings of the platform's trials.
  std::vector<ReadingRecord> readings_of(const std::string& platform) const {
    std::vector<ReadingRecord> found;
    for (const ReadingRecord& reading : sink_.readings) {
      const bool own = std::any_of(sink_.trials.begin(), sink_.trials.end(), [&](const auto& t) { return t.id == reading.trial_id && t.platform == platform; });
      if (own && reading.kind == kOperationsReading) found.push_back(reading);
    }
    return found;
  }
  std::string reason_of(const std::string& platform) const {
    const auto readings = readings_of(platform);
    return readings.size() == 1 ? readings[0].figures.value("reason", "") : std::to_string(readings.size()) + " readings";
  }
};

TEST_F(Operations, AreAskedOfTheFirstRepetitionOfEachPlatform) {
  add("a", {"--operations", kAnswer});
  add("b", {"--operations", kAnswer});
  auto made = plan();
  made.experiments[0].repetitions = 2;
  ASSERT_TRUE(run(made).ok());
  ASSERT_EQ(sink_.trials.size(), 4u);
  for (const char* platform : {"a", "b"}) {
    const auto readings = readings_of(platform);
    ASSERT_EQ(readings.size(), 1u) << platform;
    EXPECT_EQ(readings[0].figures["operations"][0]["operation"], "relu");
    EXPECT_EQ(readings[0].figures["rest_ns"], 60);
    EXPECT_EQ(readings[0].figures["plain_ns"], 80);
    EXPECT_GE(readings[0].figures["steps"], 5);
    EXPECT_LE(readings[0].figures["steps"], 100);
    EXPECT_GT(readings[0].taken_wall_ns, 0);
  }
}

TEST_F(Operations, AreAskedOfNobodyUnlessTheUserWantsThem) {
  options_.operations = false;
  add("a", {"--operations", kAnswer});
  ASSERT_TRUE(run().ok());
  EXPECT_TRUE(readings_of("a").empty());
}

TEST_F(Operations, OfAWorkerWithoutTheAbilityAreAReason) {
  add("a", {});
  ASSERT_TRUE(run().ok());
  EXPECT_EQ(reason_of("a"), "this worker cannot take its steps apart");
  EXPECT_EQ(outcome_of("a"), OutcomeKind::kFinished);
}

TEST_F(Operations, ThatAreWrongTakeNothingFromTheTrial) {
  add("unknown", {"--operations", R"({"operations": [{"operation": "magic", "phase": "forward", "time_ns": 1, "calls": 1}], "step_ns": 9, "plain_ns": 9})"});
  ASSERT_TRUE(run().ok());
  EXPECT_NE(reason_of("unknown").find("'magic'"), std::string::npos) << reason_of("unknown");
  EXPECT_EQ(outcome_of("unknown"), OutcomeKind::kFinished);
  ASSERT_EQ(sink_.verdicts.size(), 1u);
  EXPECT_EQ(sink_.verdicts[0].verdict, "verified");
}

TEST_F(Operations, OfAWorkerThatDiesMeanwhileAreAReason) {
  add("dies", {"--operations", R"("crash")"});
  ASSERT_TRUE(run().ok());
  EXPECT_NE(reason_of("dies").find("signal"), std::string::npos) << reason_of("dies");
  EXPECT_EQ(outcome_of("dies"), OutcomeKind::kFinished);
  EXPECT_EQ(sink_.verdicts.size(), 1u);
}

}  // namespace
}  // namespace trainmark::trial

// The supervisor on workers that misbehave: the right outcome, the others unharmed, nothing left behind, what was measured is kept.
#include <algorithm>
#include <csignal>
#include <fstream>
#include <random>
#include <thread>

#include "trial/interrupt.hpp"
#include "trial/supervisor_testing.hpp"

namespace trainmark::trial {
namespace {

class Misbehaviour : public WithSupervisor {
 protected:
  /// Runs `bad` beside a good worker, which must come to its end.
  const OutcomeRecord& outcome_of_bad(std::vector<std::string> arguments) {
    add("bad", std::move(arguments));
    add("good", {});
    const auto summary = run();
    EXPECT_TRUE(summary.ok()) << summary.error().message;
    EXPECT_EQ(outcome_of("good"), OutcomeKind::kFinished);
    EXPECT_EQ(sink_.outcomes.size(), 2u);
    EXPECT_TRUE(left_over_processes().empty());
    return *sink_.outcome_of("bad");
  }
};

TEST_F(Misbehaviour, CrashInABlockKeepsEarlierBlocksAndTheLog) {
  const auto& outcome = outcome_of_bad({"--say", "about to fail", "--do", "crash", "--at", "14"});
  EXPECT_EQ(outcome.kind, OutcomeKind::kCrashed);
  EXPECT_NE(outcome.message.find("signal 11 (Segmentation fault)"), std::string::npos) << outcome.message;
  EXPECT_EQ(outcome.log_tail, "about to fail");
  EXPECT_GT(outcome.peak_rss_bytes, 1 << 20);
  EXPECT_FALSE(sink_.blocks_of("bad", BlockKind::kRewarm).empty());
}

TEST_F(Misbehaviour, AtEveryRequestOfALifeIsOneOutcome) {
  for (const std::string at : {"1", "2", "3", "4", "6"}) {
    sink_ = {};
    platforms_.clear();
    const auto& outcome = outcome_of_bad({"--do", "exit-3", "--at", at});
    EXPECT_EQ(outcome.kind, OutcomeKind::kCrashed) << at;
    EXPECT_NE(outcome.message.find("exit code 3"), std::string::npos) << outcome.message;
  }
}

TEST_F(Misbehaviour, HangIsATimeOut) {
  options_.timeout_s = 0.5;
  EXPECT_EQ(outcome_of_bad({"--do", "hang", "--at", "8", "--ignore-sigterm", "--fork-child"}).kind, OutcomeKind::kTimedOut);
}

TEST_F(Misbehaviour, ProtocolErrors) {
  for (const std::string what : {"rubbish", "wrong-id", "long-line", "neither"}) {
    sink_ = {};
    platforms_.clear();
    EXPECT_EQ(outcome_of_bad({"--do", what, "--at", "5"}).kind, OutcomeKind::kProtocol) << what;
  }
}

TEST_F(Misbehaviour, WordsOfTheWorkerBecomeOutcomes) {
  for (const auto& [what, kind] :
       {std::pair{"unsupported", OutcomeKind::kUnsupported}, {"failed", OutcomeKind::kFailed}, {"out_of_memory", OutcomeKind::kOutOfMemory}}) {
    sink_ = {};
    platforms_.clear();
    const auto& outcome = outcome_of_bad({"--do", what, "--at", "2"});
    EXPECT_EQ(outcome.kind, kind);
    EXPECT_EQ(outcome.message, std::string("scripted ") + what);
  }
}

TEST_F(Misbehaviour, TimesBeyondTheWallClockAreRefused) {
  const auto& outcome = outcome_of_bad({"--lie-ns", "1000000000"});
  EXPECT_EQ(outcome.kind, OutcomeKind::kProtocol);
  EXPECT_NE(outcome.message.find("between request and answer"), std::string::npos) << outcome.message;
}

TEST_F(Misbehaviour, TimesBelowZeroAreRefused) { EXPECT_EQ(outcome_of_bad({"--lie-ns", "-1000000000"}).kind, OutcomeKind::kProtocol); }

TEST_F(Misbehaviour, MissingProgramIsACrashThatSaysSo) {
  platforms_.push_back({"missing", 1, false});
  options_.commands["missing"] = {"/no/such/worker"};
  add("good", {});
  ASSERT_TRUE(run().ok());
  EXPECT_EQ(outcome_of("missing"), OutcomeKind::kCrashed);
  EXPECT_EQ(sink_.outcome_of("missing")->log_tail, "cannot start '/no/such/worker': No such file or directory");
  EXPECT_EQ(outcome_of("good"), OutcomeKind::kFinished);
}

TEST_F(Misbehaviour, NanLossesAreMeasuredAndLeftToTheProof) {
  EXPECT_EQ(outcome_of_bad({"--losses-nan"}).kind, OutcomeKind::kFinished);
  EXPECT_TRUE(std::isnan(sink_.blocks_of("bad", BlockKind::kTimed).front().losses.front()));
}

TEST_F(Misbehaviour, CrashInTheProofIsACrashWithItsVerdict) {
  add("bad", {});
  options_.prove = [&](worker::Client& client, const workload::Materials&, const proof::TimedEvidence&, const proof::ProofOptions&) {
    for (const auto& process : all_processes()) {
      if (process.group == process.pid && process.parent != getpid() && !left_over_processes().empty()) {
        const auto left = left_over_processes();
        if (std::find(left.begin(), left.end(), process.pid) != left.end()) kill(process.pid, SIGSEGV);
      }
    }
    EXPECT_FALSE(client.dump(5).ok());
    proof::ProofReport report;
    report.verdict = proof::Verdict::kFailed;
    return report;
  };
  ASSERT_TRUE(run().ok());
  EXPECT_EQ(outcome_of("bad"), OutcomeKind::kCrashed);
  ASSERT_EQ(sink_.verdicts.size(), 1u);
  EXPECT_EQ(sink_.verdicts[0].verdict, "failed");
}

TEST_F(Misbehaviour, InterruptEndsCleanlyAndKeepsWhatWasMeasured) {
  add("a", {"--step-us", "1000"});
  add("b", {"--step-us", "1000"});
  std::thread user([&] {
    eventually([&] { return false; }, 1.2);
    raise_interrupt();
  });
  const auto summary = run(plan(1000, 20));
  user.join();
  ASSERT_TRUE(summary.ok()) << summary.error().message;
  EXPECT_TRUE(summary->end.interrupted);
  EXPECT_EQ(outcome_of("a"), OutcomeKind::kInterrupted);
  EXPECT_EQ(outcome_of("b"), OutcomeKind::kInterrupted);
  EXPECT_FALSE(sink_.blocks.empty());
  ASSERT_EQ(sink_.ends.size(), 1u);
  EXPECT_TRUE(sink_.ends[0].interrupted);
  EXPECT_TRUE(left_over_processes().empty());
}

TEST_F(Misbehaviour, KillsAtRandomMomentsHarmOnlyTheirVictim) {
  for (unsigned seed = 0; seed < 4; ++seed) {
    sink_ = {};
    platforms_.clear();
    add("victim", {"--step-us", "500"});
    add("good", {});
    std::mt19937 random(seed);
    const double delay_s = std::uniform_real_distribution<double>(0, 0.6)(random);
    const auto test = getpid();
    std::thread killer([&] {
      std::this_thread::sleep_for(std::chrono::duration<double>(delay_s));
      for (const pid_t pid : left_over_processes()) {  // worker or launcher of the victim, whichever is found first
        const auto command = core::read_file("/proc/" + std::to_string(pid) + "/cmdline");
        if (pid != test && command && command->find("500") != std::string::npos) {
          kill(pid, SIGKILL);
          break;
        }
      }
    });
    const auto summary = run();
    killer.join();
    ASSERT_TRUE(summary.ok()) << summary.error().message;
    EXPECT_EQ(outcome_of("good"), OutcomeKind::kFinished);
    const auto kind = outcome_of("victim");
    EXPECT_TRUE(kind == OutcomeKind::kCrashed || kind == OutcomeKind::kFinished) << outcome_name(kind);
    EXPECT_TRUE(eventually([] { return left_over_processes().empty(); }, 1));
  }
}

// Every fault at every request of a life: one outcome with a cause, the other platform unharmed, nothing left behind.
struct Fault {
  const char* what;
  OutcomeKind outcome;  ///< or kFinished, where nobody notices any more
};

class FaultSlow : public Misbehaviour, public testing::WithParamInterface<Fault> {};

TEST_P(FaultSlow, AtEveryRequestIsOneOutcome) {
  constexpr int kRequests = 22;  // of a life of the fake worker, from hello to quit
  options_.timeout_s = 0.4;
  int seen = 0;
  for (int at = 1; at <= kRequests; ++at) {
    sink_ = {};
    platforms_.clear();
    const auto& outcome = outcome_of_bad({"--do", GetParam().what, "--at", std::to_string(at)});
    EXPECT_TRUE(outcome.kind == GetParam().outcome || outcome.kind == OutcomeKind::kFinished)
        << "request " << at << ": " << outcome_name(outcome.kind) << ": " << outcome.message;
    EXPECT_EQ(outcome.message.empty(), outcome.kind == OutcomeKind::kFinished) << "request " << at;
    seen += outcome.kind == GetParam().outcome ? 1 : 0;
    if (HasFailure()) return;
  }
  EXPECT_GT(seen, 0) << outcome_name(GetParam().outcome) << " was never the outcome";
}

// A worker that falls silent or dies at its last words has done its work: kFinished.
const std::vector<Fault> kFaults = {{"crash", OutcomeKind::kCrashed},       {"exit-0", OutcomeKind::kCrashed},     {"kill-self", OutcomeKind::kCrashed},
                                    {"hang", OutcomeKind::kTimedOut},       {"half-line", OutcomeKind::kTimedOut}, {"close-stdout", OutcomeKind::kProtocol},
                                    {"close-stdin", OutcomeKind::kCrashed}, {"late", OutcomeKind::kFinished},      {"twice", OutcomeKind::kProtocol},
                                    {"wrong-id", OutcomeKind::kProtocol},   {"rubbish", OutcomeKind::kProtocol},   {"no-object", OutcomeKind::kProtocol},
                                    {"long-line", OutcomeKind::kProtocol},  {"flood", OutcomeKind::kProtocol},     {"flood-lines", OutcomeKind::kProtocol},
                                    {"short-file", OutcomeKind::kProtocol}, {"long-file", OutcomeKind::kProtocol}, {"fork", OutcomeKind::kFinished}};
INSTANTIATE_TEST_SUITE_P(Each, FaultSlow, testing::ValuesIn(kFaults), [](const auto& fault) {
  std::string name = fault.param.what;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

// A memory control group of our own with a limit; the kernel kills what exceeds it.
TEST_F(Misbehaviour, AMemoryHogIsToldFromACrash) {
  const std::filesystem::path group = "/sys/fs/cgroup/memory/trainmark-test-" + std::to_string(getpid());
  std::error_code refused;
  if (!std::filesystem::create_directory(group, refused) || !(std::ofstream(group / "memory.limit_in_bytes") << (100 << 20)).flush()) {
    GTEST_SKIP() << "no memory control group can be made here: " << refused.message();
  }
  platforms_.push_back({"bad", 1, false});
  options_.commands["bad"] = {"/bin/sh", "-c", "echo $$ >" + (group / "cgroup.procs").string() + " && exec " + fake_worker().string() + " --do hog --at 8"};
  add("good", {});
  ASSERT_TRUE(run().ok());
  EXPECT_EQ(outcome_of("bad"), OutcomeKind::kOutOfMemory) << sink_.outcome_of("bad")->message;
  EXPECT_NE(sink_.outcome_of("bad")->message.find("memory ran out"), std::string::npos);
  EXPECT_EQ(outcome_of("good"), OutcomeKind::kFinished);
  for (int i = 0; i < 100 && !std::filesystem::remove(group, refused); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
}

}  // namespace
}  // namespace trainmark::trial

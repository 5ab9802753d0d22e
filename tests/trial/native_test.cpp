// The native engines through the supervisor, with the real proof: nothing here is fake.
#include "support/sanitizers.hpp"
#include "trial/cpu_reading.hpp"
#include "trial/supervisor_testing.hpp"

namespace trainmark::trial {
namespace {

class Native : public WithSupervisor {
 protected:
  void SetUp() override {
    WithSupervisor::SetUp();
    options_.prove = proof::prove;
    options_.timeout_s = 60;
    for (const char* platform : {"cpu", "reference"}) platforms_.push_back({platform, 1, false});
  }
  RunPlan native_plan(const std::string& network) {
    tests::TinyOptions tiny;
    tiny.network = network;
    tiny.train_count = 256;
    tiny_ = tests::make_tiny(tiny);
    RunPlan made;
    made.run.study = "test";
    made.experiments.push_back({tiny_->workload(), &tiny_->dataset(), platforms_, 1, 1});
    return made;
  }
};

TEST_F(Native, EnginesAreVerifiedByTheRealProof) {
  const auto summary = run(native_plan("mnist-mlp"));
  ASSERT_TRUE(summary.ok()) << summary.error().message;
  for (const auto& trial : summary->trials) {
    EXPECT_EQ(trial.outcome, OutcomeKind::kFinished) << trial.platform << ": " << trial.message;
    EXPECT_EQ(trial.verdict, "verified") << trial.platform;
  }
  ASSERT_EQ(sink_.verdicts.size(), 2u);
  for (const auto& verdict : sink_.verdicts) EXPECT_EQ(verdict.verdict, "verified") << verdict.summary << verdict.evidence.dump(1);
}

TEST_F(Native, PeakOfPrivateMemoryOfCpuOnASmallNetworkIsBelow32Megabytes) {
  if (tests::kSanitized) GTEST_SKIP() << "sanitizers take memory of their own";
  platforms_.pop_back();
  ASSERT_TRUE(run(native_plan("mnist-mlp")).ok());
  EXPECT_GT(sink_.outcome_of("cpu")->peak_rss_anon_bytes, 1 << 20);
  EXPECT_LT(sink_.outcome_of("cpu")->peak_rss_anon_bytes, 32 << 20);
}

// Children of our launchers: tests run at the same time, and their workers look alike.
std::vector<pid_t> own_workers() {
  std::vector<pid_t> workers;
  for (const pid_t launcher : children_of(getpid())) {
    for (const pid_t worker : children_of(launcher)) workers.push_back(worker);
  }
  return workers;
}

// Blocks of one platform while the other is between its own: the other's CPU clock stands still.
TEST_F(Native, IdleWorkersUseNoCpu) {
  std::map<pid_t, int64_t> cpu_ns;
  std::string last;
  options_.prove = nullptr;
  int compared = 0;
  options_.on_progress = [&](const Progress& progress) {
    if (progress.phase != "train") return;
    const auto idle = "--platform" + std::string(1, '\0') + (last == "cpu" ? "reference" : "cpu");
    for (const pid_t pid : own_workers()) {
      const auto command = core::read_file("/proc/" + std::to_string(pid) + "/cmdline");
      const int64_t now_ns = read_cpu(std::span(&pid, 1)).cpu_ns;
      if (!last.empty() && command && command->find(idle) != std::string::npos && cpu_ns.count(pid) > 0) {
        EXPECT_LE(now_ns - cpu_ns[pid], 100'000) << idle;  // being stopped costs a few microseconds
        ++compared;
      }
      cpu_ns[pid] = now_ns;
    }
    last = progress.platform;
  };
  ASSERT_TRUE(run(native_plan("mnist-mlp")).ok());
  EXPECT_GT(compared, 0);
}

}  // namespace
}  // namespace trainmark::trial

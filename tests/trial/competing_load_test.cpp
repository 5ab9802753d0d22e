// A competing load for a third of a run: its rounds are marked, the others are not, and the headline does not move. Needs a machine that does nothing
// else; on one that does, the rounds outside are marked too, as they should be.
#include <sys/prctl.h>
#include <sys/wait.h>
#include <atomic>

#include <algorithm>
#include <atomic>
#include <csignal>

#include "core/affinity.hpp"
#include "statistics/summary.hpp"
#include "support/sanitizers.hpp"
#include "trial/supervisor_testing.hpp"

namespace trainmark::trial {
namespace {

/// A process on every CPU that computes until it is killed.
class Load {
 public:
  void start() {
    for (size_t cpu = 0; cpu < core::allowed_cpus().size(); ++cpu) {
      const pid_t child = fork();
      if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (std::atomic<uint64_t> x = 0;;) x.fetch_add(1, std::memory_order_relaxed);
      }
      children_.push_back(child);
    }
  }
  void stop() {
    for (const pid_t child : children_) {
      kill(child, SIGKILL);
      waitpid(child, nullptr, 0);
    }
    children_.clear();
  }
  ~Load() { stop(); }
  bool runs() const { return !children_.empty(); }

 private:
  std::vector<pid_t> children_;
};

class CompetingLoadSlow : public WithSupervisor {};

constexpr int64_t kFirst = 20, kLast = 40;  // rounds of the load, the last one excluded

TEST_F(CompetingLoadSlow, ItsRoundsAreMarkedAndTheHeadlineStays) {
  if (tests::kSanitized) GTEST_SKIP() << "sanitizers change what disturbs";
  options_.timeout_s = 60;
  options_.lengths = {0.15, 0.01};
  tests::TinyOptions tiny;
  tiny.network = "mnist-mlp";
  tiny.train_count = 6400;
  tiny.batch_size = 64;
  tiny.epochs = 600;  // 60 rounds
  tiny_ = tests::make_tiny(tiny);
  RunPlan made;
  made.run.study = "test";
  made.experiments.push_back(
      {tiny_->workload(), &tiny_->dataset(), {{"cpu"}, {"cpu#2"}}, 1, 1});  // threads that wait for each other at every step would make it minutes
  Load load;
  options_.on_progress = [&](const Progress& progress) {
    if (progress.phase != "train") return;
    if (!load.runs() && progress.round >= kFirst && progress.round < kLast) load.start();
    if (load.runs() && progress.round >= kLast) load.stop();
  };
  ASSERT_TRUE(run(made).ok());

  int64_t within = 0, marked_within = 0, outside = 0, marked_outside = 0;
  std::vector<double> calm, clean, all;
  for (const BlockRecord& block : sink_.blocks) {
    if (block.kind != BlockKind::kTimed) continue;
    const bool loaded = block.round >= kFirst && block.round < kLast;
    const double step_ns = static_cast<double>(block.elapsed_ns) / static_cast<double>(block.steps);
    (loaded ? within : outside) += 1;
    (loaded ? marked_within : marked_outside) += block.disturbed ? 1 : 0;
    all.push_back(step_ns);
    if (!block.disturbed) calm.push_back(step_ns);
    if (!loaded) clean.push_back(step_ns);
    if (loaded != block.disturbed) printf("round %ld %s: %s\n", block.round, block.disturbed ? "marked" : "not marked", block.disturbance.dump().c_str());
  }
  ASSERT_GE(within, 20);
  ASSERT_GE(outside, 40);
  printf("marked: %ld of %ld loaded blocks, %ld of %ld others; median of unmarked ones %.0f ns, outside of the load %.0f ns, of all %.0f ns\n", marked_within,
         within, marked_outside, outside, statistics::median(calm), statistics::median(clean), statistics::median(all));
  EXPECT_GE(marked_within * 10, within * 9);
  EXPECT_LE(marked_outside * 20, outside);
  EXPECT_NEAR(statistics::median(calm) / statistics::median(clean), 1, 0.02);
}

}  // namespace
}  // namespace trainmark::trial

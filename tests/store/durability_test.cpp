// Processes that write at once, and processes that are killed while they write.
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>

#include "core/clock.hpp"
#include "core/philox.hpp"
#include "store_testing.hpp"

namespace trainmark::store {
namespace {
using namespace testing;

// Runs `body` in a child process that ends without running destructors of the parent's objects.
template <class Body>
pid_t in_child(Body&& body) {
  const pid_t child = fork();
  if (child != 0) return child;
  body();
  _exit(0);
}

void expect_ended_well(pid_t child) {
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
}

TEST(Durability, TwoProcessesThatWriteAtOnceLoseNothing) {
  const auto dir = folder();
  const auto path = dir.path() / kFileName;
  constexpr int64_t kBlocks = 300;
  const auto write_one = [&](const std::string& name) {
    return in_child([&path, name] {
      Store store = Store::open(path).value();  // both make the file, too
      store.add(run_record("run-" + name)).value();
      store.add(workload_record()).value();
      store.add(trial_record(name, 0, "run-" + name)).value();
      for (int64_t i = 0; i < kBlocks; ++i) store.add(block_record(name, i)).value();
      store.add(outcome_record(name)).value();
    });
  };
  const pid_t a = write_one("a"), b = write_one("b");
  expect_ended_well(a);
  expect_ended_well(b);
  const Store store = open_in(dir, Access::kReadOnly);
  for (const char* run : {"run-a", "run-b"}) {
    const RunData data = store.load_run(run).value();
    ASSERT_EQ(data.trials.size(), 1u) << run;
    EXPECT_EQ(data.trials[0].blocks.size(), static_cast<size_t>(kBlocks)) << run;
    EXPECT_TRUE(data.trials[0].outcome.has_value()) << run;
  }
}

// What the child has been told is durable, in memory that outlives it.
struct Progress {
  std::atomic<int64_t> trials, blocks;
};

[[noreturn]] void write_until_killed(const std::filesystem::path& path, Progress& progress) {
  Store store = Store::open(path).value();
  store.add(run_record()).value();
  store.add(workload_record()).value();
  for (int64_t t = 0;; ++t) {
    const std::string id = "trial-" + std::to_string(t);
    store.add(trial_record(id, t)).value();
    for (int64_t i = 0; i < 20; ++i) {
      auto block = block_record(id, i);
      block.losses.assign(500, 0.5 * static_cast<double>(i));  // several pages: a commit is not one write
      store.add(block).value();
      ++progress.blocks;
    }
    store.add(outcome_record(id)).value();
    ++progress.trials;
  }
}

TEST(Durability, AKilledWriterLosesNothingThatWasAdded) {
  void* shared = mmap(nullptr, sizeof(Progress), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(shared, MAP_FAILED);
  core::Philox random(static_cast<uint64_t>(core::now_ns()));
  for (int kill_number = 0; kill_number < 20; ++kill_number) {
    const auto dir = folder();
    auto& progress = *new (shared) Progress{};
    const pid_t child = in_child([&] { write_until_killed(dir.path() / kFileName, progress); });
    while (progress.blocks == 0) usleep(100);
    usleep(random.below(40'000));
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);

    Store store = open_in(dir);
    const auto point = store.find_unfinished("hash-of-study").value();
    ASSERT_TRUE(point.has_value());
    EXPECT_GE(static_cast<int64_t>(point->finished_keys.size()), progress.trials);
    EXPECT_LE(point->unfinished.size(), 1u);
    int64_t blocks = 0;
    const RunData data = store.load_run("").value();
    for (const TrialData& trial : data.trials) {
      for (const trial::BlockRecord& block : trial.blocks) EXPECT_EQ(block.losses, std::vector<double>(500, 0.5 * static_cast<double>(block.index)));
      blocks += static_cast<int64_t>(trial.blocks.size());
    }
    EXPECT_GE(blocks, progress.blocks);
    EXPECT_LE(blocks, progress.blocks + 1);
    store.abandon(*point, 5).value();  // the file can be written to again
    EXPECT_TRUE(store.find_unfinished("hash-of-study").value()->unfinished.empty());
  }
  munmap(shared, sizeof(Progress));
}

}  // namespace
}  // namespace trainmark::store

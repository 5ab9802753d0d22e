// Runs killed at random moments, and power cuts: no finished trial is lost, --resume completes, nothing is measured twice, no process
// stays behind. TRAINMARK_KILLS says how many times (default 25); TRAINMARK_SEED gives other moments.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>

#include <chrono>
#include <map>
#include <set>
#include <thread>

#include "core/clock.hpp"
#include "core/philox.hpp"
#include "store/store.hpp"
#include "support/background_program.hpp"
#include "support/run_program.hpp"

namespace trainmark::tests {
namespace {

namespace fs = std::filesystem;
using trial::OutcomeKind;

const std::vector<std::string> kRun = {"run",           "mnist-mlp",
                                       "--platform",    "cpu,reference",
                                       "--dataset",     "synthetic-digits",
                                       "--max-batches", "20",
                                       "--batch-size",  "32",
                                       "--epochs",      "1",
                                       "--repetitions", "2",
                                       "--threads",     "1",
                                       "--out",         "out"};
constexpr size_t kTrials = 4;  // two platforms, two repetitions

int64_t number_from_environment(const char* name, int64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::atoll(text);
}

enum class Victim { kSupervisor, kWorker, kBoth, kPower };

// Id of a finished trial -> steps in its timed and re-warming blocks.
using Finished = std::map<std::string, int64_t>;

Finished finished_trials(const store::RunData& data) {
  Finished finished;
  for (const auto& t : data.trials) {
    if (!t.outcome || t.outcome->kind != OutcomeKind::kFinished) continue;
    int64_t& steps = finished[t.trial.id];
    for (const auto& block : t.blocks) steps += block.kind == trial::BlockKind::kWarmUp ? 0 : block.steps;
    EXPECT_EQ(steps, t.trial.planned_steps) << "a finished trial lacks blocks";
    EXPECT_TRUE(t.verdict && t.verdict->verdict == "verified") << (t.verdict ? t.verdict->summary : "no verdict");
  }
  return finished;
}

class InterruptionSlow : public testing::Test {
 protected:
  fs::path place() const { return folder_->path(); }

  void new_place() {
    folder_.emplace(core::TemporaryFolder::make(fs::temp_directory_path(), "trainmark-kill-").value());
    finished_.clear();
    resume_ = false;
  }

  std::optional<store::RunData> stored(const fs::path& out) const {
    if (!fs::exists(out / store::kFileName)) return {};
    const auto opened = store::Store::open(out / store::kFileName, {store::Access::kReadOnly});
    if (!opened) return {};
    auto data = opened->load_run("");
    return data ? std::optional(std::move(*data)) : std::nullopt;
  }

  // What was finished stays finished, with all that belongs to it.
  void expect_nothing_lost(const store::RunData& data) {
    const Finished now = finished_trials(data);
    for (const auto& [id, steps] : finished_) EXPECT_EQ(now.count(id), 1u) << "a finished trial was lost";
    finished_ = now;
  }

  // Kills after a random time; false when the run had ended by itself.
  bool strike(pid_t child, Victim victim, core::Philox& random) {
    const int64_t until_ns = core::now_ns() + static_cast<int64_t>(random.uniform() * 2.2e9);
    int status = 0;
    while (core::now_ns() < until_ns) {
      if (waitpid(child, &status, WNOHANG) == child) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    if (const auto data = stored(place() / "out")) expect_nothing_lost(*data);
    if (victim == Victim::kPower) return cut_power(child);
    if (victim != Victim::kSupervisor) {
      for (const pid_t pid : processes_naming(place().string())) {
        if (read_if_there("/proc/" + std::to_string(pid) + "/cmdline").find("worker") != std::string::npos) kill(pid, SIGKILL);
      }
    }
    if (victim != Victim::kWorker) kill(child, SIGKILL);
    waitpid(child, &status, 0);
    return victim != Victim::kWorker || !WIFEXITED(status) || WEXITSTATUS(status) == 130;
  }

  // The files as a disk would have them, taken while the run goes on; the run goes on from the copy.
  bool cut_power(pid_t child) {
    const auto copy = place() / "copy";
    fs::remove_all(copy);
    kill(child, SIGSTOP);  // one moment for all files
    std::error_code failed;
    fs::copy(place() / "out", copy, fs::copy_options::recursive, failed);
    kill(child, SIGKILL);
    int status = 0;
    waitpid(child, &status, 0);
    if (failed || !fs::exists(copy / store::kFileName)) return true;
    fs::remove(copy / (std::string(store::kFileName) + "-shm"));  // memory, not disk
    fs::remove_all(place() / "out");
    fs::rename(copy, place() / "out");
    return true;
  }

  std::optional<core::TemporaryFolder> folder_;
  Finished finished_;
  bool resume_ = false;
};

TEST_F(InterruptionSlow, NothingIsLostAndNothingIsMeasuredTwice) {
  core::Philox random(static_cast<uint64_t>(number_from_environment("TRAINMARK_SEED", 1)));
  const int64_t kills = number_from_environment("TRAINMARK_KILLS", 25);
  int64_t completed = 0, struck = 0, most_resumes = 0, resumes = 0;
  new_place();
  while (struck < kills || completed == 0) {
    auto arguments = kRun;
    if (resume_) arguments.push_back("--resume");
    const pid_t child = start_trainmark(arguments, place());
    const auto victim = static_cast<Victim>(random.below(4));
    bool ended = false;
    if (resumes < 12) {
      ended = !strike(child, victim, random);
      ++struck;
    } else {  // let it finish
      waitpid(child, nullptr, 0);
      ended = true;
    }
    const int64_t patience_ns = core::now_ns() + 5'000'000'000;
    while (!processes_naming(place().string()).empty() && core::now_ns() < patience_ns) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    ASSERT_TRUE(processes_naming(place().string()).empty()) << "a process stays behind";
    const auto data = stored(place() / "out");
    if (data) expect_nothing_lost(*data);
    resume_ = data.has_value();
    if (!ended) {
      most_resumes = std::max(most_resumes, ++resumes);
      continue;
    }
    ASSERT_TRUE(data.has_value()) << read_if_there(place() / "stderr.txt");
    std::map<std::string, int> ends;  // key -> trials that count
    for (const auto& t : data->trials) {
      ASSERT_TRUE(t.outcome.has_value()) << "a trial of a run that ended has no outcome";
      const auto kind = t.outcome->kind;
      ends[t.trial.key] += kind == OutcomeKind::kAbandoned || kind == OutcomeKind::kInterrupted ? 0 : 1;
    }
    EXPECT_EQ(ends.size(), kTrials) << read_if_there(place() / "stderr.txt");
    for (const auto& [key, count] : ends) EXPECT_EQ(count, 1) << key << " was measured " << count << " times";
    ++completed;
    resumes = 0;
    new_place();
    if (HasFailure()) return;
  }
  std::printf("%lld kills, %lld runs completed, at most %lld resumes of one\n", static_cast<long long>(struck), static_cast<long long>(completed),
              static_cast<long long>(most_resumes));
}

TEST_F(InterruptionSlow, ARunThatGoesOnIsNotResumed) {
  new_place();
  auto arguments = kRun;
  *(std::find(arguments.begin(), arguments.end(), "--repetitions") + 1) = "20";
  const pid_t child = start_trainmark(arguments, place());
  while (!stored(place() / "out")) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  std::string command;
  for (const auto& a : arguments) command += a + " ";
  const ProgramResult second = run_trainmark(command + "--resume", place());
  EXPECT_EQ(second.exit_code, 2) << second.err;
  EXPECT_NE(second.err.find("still going on in process " + std::to_string(child)), std::string::npos) << second.err;
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
}

TEST_F(InterruptionSlow, TwoRunsOnOneStoreLoseNothing) {
  new_place();
  const pid_t first = start_trainmark(kRun, place()), second = start_trainmark(kRun, place());
  for (const pid_t child : {first, second}) {
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_EQ(status, 0) << read_if_there(place() / "stderr.txt");
  }
  const auto store = store::Store::open(place() / "out" / store::kFileName, {store::Access::kReadOnly});
  ASSERT_TRUE(store.ok());
  const auto runs = store->runs();
  ASSERT_TRUE(runs.ok());
  ASSERT_EQ(runs->size(), 2u);
  for (const auto& run : *runs) EXPECT_EQ(finished_trials(store->load_run(run.id).value()).size(), kTrials);
}

}  // namespace
}  // namespace trainmark::tests

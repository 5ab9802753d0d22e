// The main job through the real program: run, verify, store, report, interrupt, resume.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <thread>

#include "core/json.hpp"
#include "store/store.hpp"
#include "support/background_program.hpp"
#include "support/real_data.hpp"
#include "support/run_program.hpp"

namespace trainmark::tests {
namespace {

namespace fs = std::filesystem;

class EndToEnd : public testing::Test {
 protected:
  core::TemporaryFolder folder_ = core::TemporaryFolder::make(fs::temp_directory_path(), "trainmark-run").value();
  ProgramResult run(const std::string& arguments) { return run_trainmark(arguments, folder_.path()); }
  store::RunData latest(const std::string& out) {
    return store::Store::open(folder_.path() / out / store::kFileName, {store::Access::kReadOnly}).value().load_run("").value();
  }
};
using EndToEndSlow = EndToEnd;

TEST_F(EndToEnd, TrainsVerifiesStoresAndReports) {
  const ProgramResult r = run(
      "run mnist-mlp --platform cpu,reference --dataset synthetic-digits --epochs 1 --max-batches 60 --batch-size 32 --threads 1 --out out --json report.json");
  ASSERT_EQ(r.exit_code, 0) << r.out << r.err;
  for (const char* word : {"cpu", "reference", "verified", "synthetic"}) EXPECT_NE(r.out.find(word), std::string::npos) << word << "\n" << r.out;
  const auto json = core::parse_json(core::read_file(folder_.path() / "report.json").value(), "report.json");
  ASSERT_TRUE(json.ok()) << json.error().message;
  const store::RunData data = latest("out");
  ASSERT_EQ(data.trials.size(), 2u);
  for (const store::TrialData& trial : data.trials) {
    ASSERT_TRUE(trial.outcome && trial.verdict) << trial.trial.platform;
    EXPECT_EQ(trial.outcome->kind, trial::OutcomeKind::kFinished);
    EXPECT_EQ(trial.verdict->verdict, "verified") << trial.verdict->summary;
    int64_t next_step = 0;  // every step of the training was recorded once, in order
    for (const trial::BlockRecord& block : trial.blocks) {
      if (block.kind == trial::BlockKind::kWarmUp) continue;
      EXPECT_EQ(block.first_step, next_step);
      EXPECT_EQ(static_cast<int64_t>(block.losses.size()), block.steps);
      next_step += block.steps;
    }
    EXPECT_EQ(next_step, 60);
  }
  const ProgramResult again = run("report --out out");
  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_EQ(again.out, r.out);
}

TEST_F(EndToEnd, VerifiesAWorkerOfTheUsersOwn) {
  const ProgramResult r = run("verify mnist-mlp --worker \"'" TRAINMARK_PROGRAM "' worker --platform cpu\"");
  EXPECT_EQ(r.exit_code, 0) << r.out << r.err;
  EXPECT_NE(r.out.find("verified"), std::string::npos) << r.out;
  EXPECT_EQ(r.out.find("FAIL"), std::string::npos) << r.out;
}

TEST_F(EndToEnd, KeepsTheAccuracyThatWasAskedForAndShowsItAgain) {
  for (const char* target : {"97", "97%", "0.97"}) {
    const ProgramResult r = run("run mnist-mlp --dataset synthetic-digits --epochs 1 --max-batches 30 --batch-size 32 --threads 1 --out '" +
                                std::string(target) + "' --device 0 --target-accuracy " + target);
    ASSERT_EQ(r.exit_code, 0) << r.out << r.err;
    EXPECT_NE(r.out.find("to 97 %"), std::string::npos) << r.out;
    EXPECT_NE(r.out.find("cpu did not reach 97 %."), std::string::npos) << r.out;
    const store::RunData data = latest(target);
    EXPECT_EQ(data.run.study_json.at("target_accuracy"), 0.97);
    EXPECT_EQ(data.run.study_json.at("device"), 0);
    EXPECT_EQ(data.trials.at(0).evaluations.back().step, 30);  // to the end all the same
    EXPECT_EQ(run("report --out '" + std::string(target) + "'").out, r.out);
  }
}

TEST_F(EndToEnd, TakesAPercentageBelowOneAsSuch) {
  const ProgramResult r =
      run("run mnist-mlp --dataset synthetic-digits --epochs 1 --max-batches 30 --batch-size 32 --threads 1 --out out --target-accuracy 0.5%");
  ASSERT_EQ(r.exit_code, 0) << r.out << r.err;
  EXPECT_NE(r.out.find("cpu reaches 0.5 % after 1 epoch: "), std::string::npos) << r.out;
}

TEST_F(EndToEnd, HandsTheDeviceToAWorkerOfTheUsersOwn) {
  const ProgramResult r = run("verify mnist-mlp --device 3 --worker \"'" TRAINMARK_PROGRAM "' worker --platform cpu\"");
  EXPECT_EQ(r.exit_code, 3) << r.out << r.err;
  EXPECT_NE(r.out.find("'device' must be 0, the only one that 'cpu' has, not 3"), std::string::npos) << r.out << r.err;
}

TEST_F(EndToEnd, TheDeviceIsForThePlatformsThatMayHaveIt) {
  core::write_file(
      folder_.path() / "two.toml",
      std::string_view("name = \"two\"\n[[workload]]\nnetwork = \"mnist-mlp\"\ndataset = \"synthetic-digits\"\nepochs = 1\n"
                       "max_batches = 20\n[platform.cpu]\n[platform.mine]\ncommand = [\"" TRAINMARK_PROGRAM "\", \"worker\", \"--platform\", \"cpu\"]\n"))
      .value();
  const ProgramResult r = run("run two.toml --threads 1 --out out --device 3");
  EXPECT_EQ(r.exit_code, 3) << r.out << r.err;
  EXPECT_NE(r.err.find("mine: unsupported: prepare: 'device' must be 0"), std::string::npos) << r.err;
  EXPECT_NE(r.out.find("cpu is the only verified platform"), std::string::npos) << r.out;
}

TEST_F(EndToEnd, RecordsAWorkerThatDiesAtOnce) {
  const ProgramResult r = run("verify mnist-mlp --worker 'echo a last word >&2; exit 7'");
  EXPECT_EQ(r.exit_code, 3) << r.out << r.err;
  EXPECT_NE(r.out.find("a last word"), std::string::npos) << r.out;
}

TEST_F(EndToEnd, DryRunRunsAndWritesNothing) {
  const ProgramResult r = run("run quick --dry-run --out out");
  EXPECT_EQ(r.exit_code, 0) << r.err;
  EXPECT_NE(r.out.find("mnist-cnn"), std::string::npos);
  EXPECT_FALSE(fs::exists(folder_.path() / "out"));
}

TEST_F(EndToEnd, CtrlCKeepsWhatWasMeasuredAndResumeGoesOn) {
  const std::vector<std::string> arguments = {"run", "mnist-mlp", "--platform", "cpu",   "--dataset", "synthetic-digits", "--epochs", "2", "--repetitions",
                                              "3",   "--threads", "1",          "--out", "out"};
  const pid_t child = start_trainmark(arguments, folder_.path());
  const fs::path file = folder_.path() / "out" / store::kFileName;
  size_t finished = 0;
  for (int i = 0; i < 2400 && finished == 0; ++i) {  // until the first of three trials has finished
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    const auto opened = fs::exists(file) ? store::Store::open(file, {store::Access::kReadOnly}) : core::Result<store::Store>(core::tool_error("not yet"));
    if (!opened) continue;
    const auto data = opened->load_run("");
    if (!data) continue;
    for (const auto& trial : data->trials) finished += trial.outcome ? 1 : 0;
  }
  ASSERT_GE(finished, 1u);
  kill(child, SIGINT);
  int status = 0;
  waitpid(child, &status, 0);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 130) << core::read_file(folder_.path() / "stderr.txt").value();
  EXPECT_TRUE(processes_naming(folder_.path().string()).empty());
  const store::RunData before = latest("out");
  ASSERT_LT(before.trials.size(), 4u);

  std::string command;
  for (const std::string& a : arguments) command += a + " ";
  const ProgramResult r = run(command + "--resume");
  EXPECT_EQ(r.exit_code, 0) << r.err;
  const store::RunData after = latest("out");
  EXPECT_EQ(after.run.id, before.run.id);
  int done = 0;
  for (const auto& trial : after.trials) done += trial.outcome && trial.outcome->kind == trial::OutcomeKind::kFinished ? 1 : 0;
  EXPECT_EQ(done, 3);
}

// Nobody can cut a file off at the right moment for a test; the signal is what the system would send.
TEST_F(EndToEndSlow, AFileThatBecomesShorterEndsTheRunWithASentence) {
  const pid_t child = start_trainmark({"run", "mnist-mlp", "--epochs", "1000", "--platform", "cpu", "--out", "out"}, folder_.path());
  for (int i = 0; i < 1200 && !fs::exists(folder_.path() / "out" / store::kFileName); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(50));
  ASSERT_TRUE(fs::exists(folder_.path() / "out" / store::kFileName));
  kill(child, SIGBUS);
  int status = 0;
  waitpid(child, &status, 0);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 1);
  EXPECT_NE(core::read_file(folder_.path() / "stderr.txt").value().find("became shorter"), std::string::npos);
  for (int i = 0; i < 100 && !processes_naming(folder_.path().string()).empty(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_TRUE(processes_naming(folder_.path().string()).empty());
}

TEST_F(EndToEndSlow, ReachesThePublishedAccuracyOnRealMnist) {
  const auto mnist = tests::real_mnist();
  if (!mnist) GTEST_SKIP() << tests::kNoMnist;
  const std::string data = " --dataset mnist --data '" + mnist->string() + "' --out out";
  ASSERT_EQ(run("run mnist-cnn --platform cpu --batch-size 512 --epochs 10 --momentum 0.9 --lr 0.01" + data).exit_code, 0);
  const store::TrialData cnn = latest("out").trials.front();
  ASSERT_FALSE(cnn.evaluations.empty());
  const auto& last = cnn.evaluations.back();
  EXPECT_EQ(last.count, 10000);
  EXPECT_GE(static_cast<double>(last.correct) / static_cast<double>(last.count), 0.975);
  ASSERT_EQ(run("run mnist-mlp-10 --platform cpu --batch-size 0 --epochs 500 --lr 0.1" + data).exit_code, 0);
  EXPECT_EQ(latest("out").trials.front().trial.planned_steps, 500);
  ASSERT_EQ(run("run mnist-mlp --platform cpu,reference --epochs 3 --batch-size 32 --threads 2" + data).exit_code, 0);
}

}  // namespace
}  // namespace trainmark::tests

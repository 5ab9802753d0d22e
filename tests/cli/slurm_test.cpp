// The batch script: whole, as a golden file, sound for bash, and hard to break by odd names. On a real Slurm it is run by hand (docs/many-machines.md).
#include <gtest/gtest.h>

#include "support/run_program.hpp"
#include "support/source_folder.hpp"

namespace trainmark::tests {
namespace {

class Slurm : public testing::Test {
 protected:
  core::TemporaryFolder folder_ = core::TemporaryFolder::make(std::filesystem::temp_directory_path(), "trainmark-slurm").value();
  ProgramResult run(const std::string& arguments) { return run_trainmark(arguments, folder_.path()); }
  std::string script(const std::string& arguments) {
    const ProgramResult r = run("slurm " + arguments);
    EXPECT_EQ(r.exit_code, 0) << arguments << r.err;
    return r.out;
  }
  bool is_sound(const std::string& text) {
    core::write_file(folder_.path() / "script.sh", std::string_view(text)).value();
    return std::system(("bash -n '" + (folder_.path() / "script.sh").string() + "'").c_str()) == 0;
  }
  // What bash prints when it runs the script with `before` in front, in a place where sbatch and the program are functions of ours.
  std::string run_script(const std::string& text, const std::string& environment, const std::string& arguments = "") {
    core::write_file(folder_.path() / "script.sh", std::string_view(text)).value();
    const auto out = folder_.path() / "script.out";
    const std::string command =
        "cd '" + folder_.path().string() + "' && env PATH=\"$PWD:$PATH\" " + environment + " bash script.sh " + arguments + " >'" + out.string() + "' 2>&1";
    [[maybe_unused]] const int status = std::system(command.c_str());
    return core::read_file(out).value();
  }
  // A program that prints its arguments, one a line.
  void make_program(const std::string& name, const std::string& body) {
    core::write_file(folder_.path() / name, std::string_view("#!/bin/bash\n" + body + "\n")).value();
    std::filesystem::permissions(folder_.path() / name, std::filesystem::perms::owner_all);
  }
};

TEST_F(Slurm, WritesThePublishedScript) {
  const std::string text = script(
      "quick --partition gpu --gpus 1 --memory 3G --cpus 4 --time 01:30:00 --array 5 --results /data/results --program /opt/trainmark -- --repetitions 5");
  EXPECT_EQ(text, core::read_file(source_folder() / "tests/cli/golden/slurm.sh").value());
  EXPECT_TRUE(is_sound(text));
}

TEST_F(Slurm, EachTaskRunsTheStudyIntoItsOwnFolder) {
  make_program("echo-it", "printf '<%s>' \"$@\"");
  const std::string text = script("quick --partition p --memory 1G --array 3 --program \"$PWD/echo-it\" --results \"it's here\" -- --epochs 2");
  const std::string out = run_script(text, "SLURM_JOB_ID=7 SLURM_ARRAY_TASK_ID=2 SLURMD_NODENAME=n1");
  EXPECT_EQ(out, "<run><quick><--epochs><2><--out><" + (folder_.path() / "it's here/task-2").string() + "><--label><n1>");
}

TEST_F(Slurm, TasksByPlatformNameOneEach) {
  make_program("echo-it", "printf '<%s>' \"$@\"");
  const std::string text = script("mnist-mlp --partition p --memory 1G --by-platform --program \"$PWD/echo-it\" -- --platform cpu,reference");
  EXPECT_NE(text.find("#SBATCH --array=0-1\n"), std::string::npos);
  const std::string out = run_script(text, "SLURM_JOB_ID=7 SLURM_ARRAY_TASK_ID=1");
  EXPECT_EQ(out.find("<run><mnist-mlp><--platform><reference><--baseline><reference><--out>"), 0u) << out;
}

TEST_F(Slurm, SubmitsTheMergeWithADependencyOnTheTasks) {
  make_program("sbatch", "printf '%s ' \"$@\" >> calls; echo >> calls; echo 41");
  run_script(script("quick --partition p --memory 1G"), "SLURM_JOB_ID=");
  const std::string calls = core::read_file(folder_.path() / "calls").value();
  EXPECT_EQ(calls.find("--parsable " + (folder_.path() / "script.sh").string()), 0u) << calls;
  EXPECT_NE(calls.find("--dependency=afterany:41"), std::string::npos) << calls;
  EXPECT_NE(calls.find("script.sh merge"), std::string::npos) << calls;
}

TEST_F(Slurm, TheMergeTakesTheTasksThatLeftAStore) {
  make_program("echo-it", "printf '<%s>' \"$@\"");
  const std::string text = script("quick --partition p --memory 1G --array 3 --program \"$PWD/echo-it\" --results r");
  EXPECT_NE(run_script(text, "SLURM_JOB_ID=8", "merge").find("No task left results"), std::string::npos);
  for (const char* task : {"task-0", "task-2", "task-3"}) std::filesystem::create_directories(folder_.path() / "r" / task);
  for (const char* task : {"task-0", "task-2"}) core::write_file(folder_.path() / "r" / task / "trainmark.sqlite", std::string_view("x")).value();
  const std::string r = (folder_.path() / "r").string();
  EXPECT_EQ(run_script(text, "SLURM_JOB_ID=8", "merge"), "<merge><" + r + "/task-0><" + r + "/task-2><--out><" + r + ">");
}

TEST_F(Slurm, RefusesWhatItsOptionsCannotHold) {
  const auto refused = [&](const std::string& arguments, const std::string& part) {
    const ProgramResult r = run("slurm " + arguments);
    EXPECT_EQ(r.exit_code, 2) << arguments;
    EXPECT_NE(r.err.find(part), std::string::npos) << r.err;
    EXPECT_EQ(r.out, "");
  };
  refused("quick --partition $'p\\n#SBATCH --uid=0' --memory 1G", "--partition");
  refused("quick --partition p --memory lots", "--memory");
  refused("quick --partition p --memory 1G --time soon", "--time");
  refused("quick --partition p", "--memory");
  refused("quik --partition p --memory 1G", "did you mean 'quick'");
  refused("quick --partition p --memory 1G -- --epoch 3", "--epoch");
  refused("quick --partition p --memory 1G -- --out here", "set by the script");
  refused("quick --partition p --memory 1G --array 2 --by-platform", "excludes");
}

}  // namespace
}  // namespace trainmark::tests

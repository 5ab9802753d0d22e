// What a user sees: help, lists, wrong flags, wrong names; one sentence on stderr, nothing on stdout, the right exit code.
#include <gtest/gtest.h>

#include <algorithm>

#include "support/run_program.hpp"
#include "support/source_folder.hpp"

namespace trainmark::tests {
namespace {

class Usage : public testing::Test {
 protected:
  core::TemporaryFolder folder_ = core::TemporaryFolder::make(std::filesystem::temp_directory_path(), "trainmark-usage").value();
  ProgramResult run(const std::string& arguments) { return run_trainmark(arguments, folder_.path()); }

  void expect_usage_error(const std::string& arguments, const std::string& part) {
    const ProgramResult r = run(arguments);
    EXPECT_EQ(r.exit_code, 2) << arguments << "\n" << r.err;
    EXPECT_EQ(r.out, "") << arguments;
    EXPECT_EQ(std::count(r.err.begin(), r.err.end(), '\n'), 1) << r.err;
    EXPECT_NE(r.err.find(part), std::string::npos) << arguments << "\n" << r.err;
  }
};

TEST_F(Usage, VersionIsOneLineOnStdout) {
  const ProgramResult r = run("--version");
  EXPECT_EQ(r.exit_code, 0);
  EXPECT_EQ(r.out.rfind("trainmark ", 0), 0u) << r.out;
  EXPECT_EQ(r.err, "");
}

TEST_F(Usage, HelpNamesEveryCommandOfTheReadme) {
  const ProgramResult r = run("--help");
  EXPECT_EQ(r.exit_code, 0);
  for (const char* command : {"run", "verify", "report", "list", "data", "plan", "doctor", "worker"})
    EXPECT_NE(r.out.find(command), std::string::npos) << command;
  EXPECT_EQ(r.out.find("launch"), std::string::npos);
}

TEST_F(Usage, KeysOfAStudyAreSetByNameAndWrongOnesExplained) {
  const ProgramResult r = run("run mnist-mlp --dataset synthetic-digits --epochs 1 --max-batches 2 --set optimiser=adam --set weight_decay=0.5 --dry-run");
  EXPECT_EQ(r.exit_code, 0) << r.err;
  expect_usage_error("run mnist-mlp --set weight_decy=1", "--set: a workload has no key 'weight_decy' (did you mean 'weight_decay'?)");
  expect_usage_error("run mnist-mlp --set optimiser=adan", "did you mean 'adam'");
  expect_usage_error("run mnist-mlp --set weight_decay=much", "--set: 'weight_decay' of a workload must be a number");
  expect_usage_error("run mnist-mlp --set weight_decay=-1", "weight_decay");
  expect_usage_error("run mnist-mlp --set weight_decay", "it must be KEY=VALUE");
  expect_usage_error("run mnist-knn --set momentum=0.5", "mnist-knn has nothing to train");
}

TEST_F(Usage, NearestNeighboursRefuseWhatBelongsToATraining) {
  expect_usage_error("run mnist-knn --lr 0.1", "--lr (learning_rate) belongs to a training");
  expect_usage_error("run mnist-knn --momentum 0.5", "mnist-knn has nothing to train");
  expect_usage_error("run mnist-knn --dtype float64", "no number type to choose");
  expect_usage_error("plan mnist-knn", "'mnist-knn' has no plan");
}

TEST_F(Usage, WrongCommandsAndFlagsAreNamedWithTheNearestRightOne) {
  expect_usage_error("", "trainmark run quick");
  expect_usage_error("rum quick", "did you mean 'run'");
  expect_usage_error("run mnist-mlp --epoch 3", "did you mean '--epochs'");
  expect_usage_error("plan mnist-ccn", "did you mean 'mnist-cnn'");
  expect_usage_error("run mnist-mpl", "did you mean 'mnist-mlp'");
  expect_usage_error("run mnist-mlp --platform cup", "did you mean 'cpu'");
  expect_usage_error("run mnist-mlp --dataset synthetic-digit", "did you mean 'synthetic-digits'");
}

TEST_F(Usage, BadValuesNameValueAndFlag) {
  expect_usage_error("run mnist-mlp --epochs 0", "--epochs");
  expect_usage_error("run mnist-mlp --epochs many", "--epochs");
  expect_usage_error("run mnist-mlp --lr -1", "--lr");
  expect_usage_error("run mnist-mlp --lr nan", "--lr");
  expect_usage_error("run mnist-mlp --batch-size -4", "--batch-size");
  expect_usage_error("run mnist-mlp --threads 0", "--threads");
  expect_usage_error("run mnist-mlp --isa mmx", "mmx");
  for (const char* wrong : {"0", "-3", "101", "97%%", "%", "high", "nan", "0%", "1e400"}) {
    expect_usage_error("run mnist-mlp --target-accuracy " + std::string(wrong), "--target-accuracy");
    expect_usage_error("run mnist-mlp --target-accuracy " + std::string(wrong), "'" + std::string(wrong) + "'");
  }
  expect_usage_error("run mnist-mlp --device 3", "--device 3: no platform of this run is on a GPU; cpu has only device 0");
  expect_usage_error("verify mnist-mlp --platform reference --device 1", "reference has only device 0");
  expect_usage_error("run mnist-mlp --platform cpu,reference --device 1", "cpu, reference have only device 0");
  expect_usage_error("run mnist-mlp --device -1", "--device");
  expect_usage_error("run mnist-mlp --dataset mnist --data /nonexistent", "/nonexistent");
}

TEST_F(Usage, ReportPrintsThePublishedSchemaWithoutAStore) {
  const ProgramResult r = run("report --json-schema");
  EXPECT_EQ(r.exit_code, 0) << r.err;
  EXPECT_EQ(r.out, core::read_file(source_folder() / "docs" / "report.schema.json").value());
}

TEST_F(Usage, ListsAndPlansGoToStdout) {
  for (const char* what :
       {"list", "list studies", "list networks", "list datasets", "list platforms", "plan mnist-cnn", "plan mnist-mlp --platform cpu", "doctor"}) {
    const ProgramResult r = run(what);
    EXPECT_EQ(r.exit_code, 0) << what << r.err;
    EXPECT_GT(r.out.size(), 50u) << what;
    EXPECT_EQ(r.err, "") << what;
  }
}

}  // namespace
}  // namespace trainmark::tests

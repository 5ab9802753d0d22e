// trainmark profile, as a user sees it.
#include <gtest/gtest.h>

#include <regex>
#include <sstream>

#include "support/run_program.hpp"

namespace trainmark::tests {
namespace {

class Profile : public testing::Test {
 protected:
  core::TemporaryFolder folder_ = core::TemporaryFolder::make(std::filesystem::temp_directory_path(), "trainmark-profile").value();
  ProgramResult run(const std::string& arguments) { return run_trainmark("profile " + arguments, folder_.path()); }
};

/// Sum of the shares in the rows of the table that begins with `header`.
double sum_of_shares(const std::string& text, const std::string& header) {
  std::istringstream lines(text.substr(text.find(header)));
  const std::regex share("([0-9.]+) %");
  double sum = 0;
  std::string line;
  for (std::getline(lines, line); std::getline(lines, line) && !line.empty();) {
    std::smatch found;
    if (std::regex_search(line, found, share)) sum += std::stod(found[1]);
  }
  return sum;
}

TEST_F(Profile, ShowsWhereTheTimeOfAStepGoes) {
  const ProgramResult r = run("mnist-cnn --batch-size 32 --threads 1 --seconds 0.2");
  ASSERT_EQ(r.exit_code, 0) << r.err;
  EXPECT_EQ(r.out.find("mnist-cnn on synthetic-digits, batch 32, cpu, 1 thread\n"), 0u) << r.out;
  for (const char* operation : {"\nconv1 ", "\nconv2.grad_weights ", "\nfc1.grad_data ", "\nloss ", "\nwaiting, synchronising "}) {
    EXPECT_NE(r.out.find(operation), std::string::npos) << operation;
  }
  EXPECT_NE(r.out.find("GFLOP/s, of which the step reaches"), std::string::npos) << r.out;
  EXPECT_NEAR(sum_of_shares(r.out, "OPERATION"), 100, 8) << "medians of parts against the median of the whole\n" << r.out;
  EXPECT_NEAR(sum_of_shares(r.out, "PHASE"), 97, 8) << r.out;
}

TEST_F(Profile, TakesTheReferenceTooAndSeveralBatches) {
  const ProgramResult r = run("mnist-nn --platform cpu,reference --batch-size 4,8 --threads 1 --seconds 0.05");
  ASSERT_EQ(r.exit_code, 0) << r.err;
  for (const char* heading : {"batch 4, cpu", "batch 4, reference", "batch 8, cpu", "batch 8, reference"}) EXPECT_NE(r.out.find(heading), std::string::npos);
}

TEST_F(Profile, RefusesPlatformsWithoutOperationsOfTheirOwn) {
  const ProgramResult r = run("mnist-nn --platform numpy");
  EXPECT_EQ(r.exit_code, 2);
  EXPECT_NE(r.err.find("'numpy' is no native engine, and profile takes these only"), std::string::npos) << r.err;
}

TEST_F(Profile, RefusesNearestNeighbours) {
  const ProgramResult r = run("mnist-knn");
  EXPECT_EQ(r.exit_code, 2);
  EXPECT_NE(r.err.find("'mnist-knn' has no operations to profile"), std::string::npos) << r.err;
}

}  // namespace
}  // namespace trainmark::tests

// Sweeps through the whole program, with the failure that a published study put down to its memory: a training that diverges.
#include <gtest/gtest.h>

#include "core/json.hpp"
#include "support/run_program.hpp"

namespace trainmark::tests {
namespace {

class Sweeps : public testing::Test {
 protected:
  core::TemporaryFolder folder_ = core::TemporaryFolder::make(std::filesystem::temp_directory_path(), "trainmark-sweep").value();
  core::Json run(const std::string& arguments, int exit_code) {
    const auto r = run_trainmark("run " + arguments + " --dataset synthetic-digits --epochs 1 --threads 1 --json r.json", folder_.path());
    EXPECT_EQ(r.exit_code, exit_code) << r.out << r.err;
    printed_ = r.out;
    return core::parse_json(core::read_file(folder_.path() / "r.json").value(), "r.json").value();
  }
  std::string printed_;
};

TEST_F(Sweeps, OfTheCommandLineAreInTheReportOnceEach) {
  const auto report = run("mnist-mlp-10 --platform cpu --hidden 10,16,16 --train-count 64,128 --batch-size 32 --max-batches 2", 0);
  EXPECT_EQ(report["workloads"].size(), 4u) << "16 is given twice and run once";
  std::string found;
  for (const auto& sweep : report["sweeps"]) found += sweep["varied"].get<std::string>() + " ";
  EXPECT_EQ(found, "hidden hidden train_count train_count ");
  EXPECT_NE(printed_.find("By hidden width: mnist-mlp-10 on synthetic-digits"), std::string::npos) << printed_;
}

TEST_F(Sweeps, APointThatDivergedSaysInWhichTensorAndAtWhichStep) {
  const auto report = run("mnist-mlp --platform cpu --lr 1e6 --batch-size 32,64 --max-batches 12", 4);
  for (const auto& point : report["sweeps"].at(0)["platforms"].at(0)["points"]) {
    const auto cause = point["cause"].get<std::string>();
    EXPECT_TRUE(point["step_time_ns"].is_null());
    EXPECT_NE(cause.find("The loss of timed step "), std::string::npos) << cause;
    EXPECT_NE(cause.find("the first value that is not finite is in fc"), std::string::npos) << cause;
  }
  EXPECT_NE(printed_.find("There is no batch size at which every platform did the work."), std::string::npos) << printed_;
}

}  // namespace
}  // namespace trainmark::tests

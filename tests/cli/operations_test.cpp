// A run whose steps are taken apart, and its exports, through the real program.
#include <gtest/gtest.h>

#include "core/json.hpp"
#include "support/run_program.hpp"

namespace trainmark::tests {
namespace {

namespace fs = std::filesystem;

class OperationsRun : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = std::make_unique<core::TemporaryFolder>(core::TemporaryFolder::make(fs::temp_directory_path(), "trainmark-operations").value());
    ran_ = run_trainmark(
        "run mnist-nn --platform cpu,reference --dataset synthetic-digits --epochs 1 --max-batches 10 --batch-size 32 --threads 1 --operations --json r.json",
        folder_->path());
  }
  static void TearDownTestSuite() { folder_.reset(); }
  ProgramResult report(const std::string& arguments) { return run_trainmark("report " + arguments, folder_->path()); }

  static inline std::unique_ptr<core::TemporaryFolder> folder_;
  static inline ProgramResult ran_;
};

TEST_F(OperationsRun, ShowsWhereTheTimeOfAStepGoesOnEveryPlatform) {
  ASSERT_EQ(ran_.exit_code, 0) << ran_.out << ran_.err;
  EXPECT_NE(ran_.out.find("Where the time of a step goes"), std::string::npos) << ran_.out;
  EXPECT_NE(ran_.out.find("matrix multiplication, backward"), std::string::npos) << ran_.out;
  const core::Json json = core::parse_json(core::read_file(folder_->path() / "r.json").value(), "r.json").value();
  for (const core::Json& platform : json["workloads"][0]["platforms"]) {
    const core::Json& operations = platform["operations"];
    ASSERT_TRUE(operations["parts"].is_array()) << platform["platform"] << operations;
    double sum_ns = operations["rest_ns"];
    for (const core::Json& part : operations["parts"]) sum_ns += part["time_ns"].get<double>();
    EXPECT_NEAR(sum_ns / operations["step_ns"].get<double>(), 1, 0.011) << platform["platform"];
    EXPECT_EQ(operations["steps"], 10);
  }
}

TEST_F(OperationsRun, IsExportedInEveryForm) {
  for (const char* form : {"trace", "google-benchmark", "bencher"}) {
    const ProgramResult r = report(std::string("--export ") + form);
    ASSERT_EQ(r.exit_code, 0) << r.err;
    EXPECT_TRUE(core::parse_json(r.out, form).ok()) << form;
  }
  EXPECT_EQ(report("--export junit - ").out.rfind("<?xml", 0), 0u);
  ASSERT_EQ(report("--export mllog logs").exit_code, 0);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_->path() / "logs"), fs::directory_iterator()), 2);
  EXPECT_EQ(report("--export mllog").out.rfind(":::MLLOG {", 0), 0u);
  ASSERT_EQ(report("--export bencher b.json").exit_code, 0);
  EXPECT_TRUE(fs::exists(folder_->path() / "b.json"));
  ASSERT_EQ(report("--csv csv").exit_code, 0);
  EXPECT_TRUE(fs::exists(folder_->path() / "csv" / "operations.csv"));
}

TEST_F(OperationsRun, RefusesAFormThatThereIsNot) {
  const ProgramResult r = report("--export junitt");
  EXPECT_EQ(r.exit_code, 2);
  EXPECT_NE(r.err.find("there is no form 'junitt' (did you mean 'junit'?)"), std::string::npos) << r.err;
}

}  // namespace
}  // namespace trainmark::tests

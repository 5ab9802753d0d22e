// The built-in studies through the real program: no published table is without figures, no figure without anything to draw.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "core/json.hpp"
#include "support/run_program.hpp"

namespace trainmark::tests {
namespace {

namespace fs = std::filesystem;
using core::Json;

class Studies : public testing::Test {
 protected:
  core::TemporaryFolder folder_ = core::TemporaryFolder::make(fs::temp_directory_path(), "trainmark-studies").value();
  ProgramResult run(const std::string& arguments) { return run_trainmark(arguments, folder_.path(), "TRAINMARK_CEILINGS=1"); }
  Json study() { return core::parse_json(core::read_file(folder_.path() / "r.json").value(), "r.json").value()["study"]; }
};
class StudiesSlow : public Studies, public testing::WithParamInterface<const char*> {};

// What a machine without GPU and without counters of energy cannot fill; and cpu has its ReLU within the products.
const std::set<std::string> kNeedsMore = {"ReLU", "GPU", "device memory, peak", "energy of a training", "energy of all", "energy of the GPU, all"};

bool has_value(const Json& table, size_t column) {
  return std::any_of(table["rows"].begin(), table["rows"].end(),
                     [&](const Json& row) { return row["measured"].get<bool>() && row["cells"][column]["text"] != "-"; });
}

TEST_P(StudiesSlow, FillEveryTableAndEveryFigure) {
  const std::string few =
      " --platform cpu --dataset synthetic-digits --scale small --repetitions 2 --epochs 1 --max-batches 3 --train-count 1000,2000 --threads 2";
  const ProgramResult r = run(fmt::format("run {}{} --operations --out out --json r.json", GetParam(), few));
  ASSERT_EQ(r.exit_code, 0) << r.out << r.err;
  const Json found = study();
  ASSERT_TRUE(found.is_object());
  EXPECT_EQ(found["scale"], "small");
  EXPECT_GE(found["tables"].size(), 1u);
  for (const Json& table : found["tables"]) {
    for (size_t i = 0; i < table["columns"].size(); ++i) {
      const std::string title = table["columns"][i]["title"].get<std::string>();
      EXPECT_TRUE(has_value(table, i) || kNeedsMore.count(title) > 0) << GetParam() << ", " << table["number"] << ": " << title << "\n" << table.dump(1);
    }
  }
  for (const Json& figure : found["figures"]) {
    EXPECT_TRUE(figure["missing"].is_null() || figure["chart"] == "energy") << GetParam() << ", " << figure.dump();
  }
  for (const Json& claim : found["claims"]) EXPECT_FALSE(claim["reason"].get<std::string>().empty());
  EXPECT_NE(r.out.find("Claims of the study"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(BuiltIn, StudiesSlow, testing::Values("five-platforms", "cpu-vs-cuda", "roofline", "jit-vs-gpu", "speed-and-power"),
                         [](const auto& name) {
                           std::string word = name.param;
                           std::replace(word.begin(), word.end(), '-', '_');
                           return word;
                         });

TEST_F(Studies, EveryKeyIsOverriddenByItsFlagAndTheBaselineGivesWayToOneThatRuns) {
  const ProgramResult r = run_trainmark(
      "run jit-vs-gpu --platform cpu --dataset synthetic-digits --scale small --repetitions 1 --epochs 2 --max-batches 2 --batch-size 16 --set optimiser=adamw "
      "--set weight_decay=0.25 --out out --json "
      "r.json",
      folder_.path());
  ASSERT_EQ(r.exit_code, 0) << r.out << r.err;
  const Json report = core::parse_json(core::read_file(folder_.path() / "r.json").value(), "r.json").value();
  EXPECT_EQ(report["workloads"][0]["baseline"], "cpu");
  EXPECT_EQ(report["workloads"][0]["workload"]["recipe"]["batch_size"], 16);
  EXPECT_EQ(report["workloads"][0]["workload"]["recipe"]["optimiser"]["kind"], "adamw");
  EXPECT_EQ(report["workloads"][0]["workload"]["recipe"]["optimiser"]["weight_decay"], 0.25);
  EXPECT_EQ(report["workloads"][0]["platforms"][0]["steps"], 4);
  const Json table = report["study"]["tables"][0];
  EXPECT_EQ(table["rows"][0]["platform"], "cpu");
  EXPECT_TRUE(table["rows"][0]["measured"].get<bool>());
  EXPECT_EQ(table["rows"].back()["platform"], "cupy V100");
  EXPECT_EQ(table["rows"].back()["cells"][0]["published"], "0.35");
  EXPECT_EQ(report["study"]["claims"][0]["answer"], "undecided");
  const ProgramResult latex = run_trainmark("report --out out --latex tex", folder_.path());
  EXPECT_EQ(latex.exit_code, 0) << latex.err;
  const std::string tex = core::read_file(folder_.path() / "tex" / "study-table-1.tex").value();
  EXPECT_NE(tex.find("cupy V100* & "), std::string::npos) << tex;
  EXPECT_NE(tex.find("\\toprule"), std::string::npos) << tex;
}

TEST_F(Studies, SmallScaleOfAStudyWithoutOneIsAnError) {
  const ProgramResult r = run_trainmark("run small-networks --scale small --out out", folder_.path());
  EXPECT_EQ(r.exit_code, 2);
  EXPECT_NE(r.err.find("the study 'small-networks' has no small scale"), std::string::npos) << r.err;
}

TEST_F(Studies, AWorkloadThatIsForOtherPlatformsIsLeftOut) {
  const ProgramResult r =
      run_trainmark("run speed-and-power --platform reference --dataset synthetic-digits --scale small --dry-run --out out", folder_.path());
  EXPECT_EQ(r.exit_code, 2);
  EXPECT_NE(r.err.find("no workload of the study 'speed-and-power' is for the platforms that run"), std::string::npos) << r.err;
}

}  // namespace
}  // namespace trainmark::tests

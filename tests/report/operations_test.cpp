// Where the time of a step goes, in every form of a report.
#include "report/operations.hpp"

#include <gtest/gtest.h>

#include "core/file.hpp"
#include "report/export_testing.hpp"
#include "report/report.hpp"

namespace trainmark::report {
namespace {

namespace fs = std::filesystem;
using core::Json;

analysis::Comparison compared(const store::RunData& data) { return analysis::compare(data).value(); }
const analysis::Comparison& comparison() {
  static const analysis::Comparison made = compared(tests::exported_run());
  return made;
}

TEST(OperationsReport, PutsOperationsDownAndPlatformsAcross) {
  const auto rows = operation_rows(comparison().workloads[0]);
  const std::vector<std::vector<std::string>> expected = {{"operation", "cpu"},
                                                          {"matrix multiplication, forward", "500 us  50 %"},
                                                          {"matrix multiplication, backward", "300 us  30 %"},
                                                          {"update", "100 us  10 %"},
                                                          {"all of forward", "500 us  50 %"},
                                                          {"all of backward", "300 us  30 %"},
                                                          {"all of update", "100 us  10 %"},
                                                          {"rest", "100 us  10 %"},
                                                          {"step, timed", "1.00 ms"},
                                                          {"step, plain", "950 us"},
                                                          {"cost of timing", "+5 %"}};
  EXPECT_EQ(rows, expected);
}

TEST(OperationsReport, SaysWhyAPlatformHasNone) {
  EXPECT_EQ(operation_reasons(comparison().workloads[0]), std::vector<std::string>{"No operations of other@2:mode: this worker cannot take its steps apart."});
}

TEST(OperationsReport, StandsInTheTerminalAndInMarkdown) {
  for (const std::string& text : {render_terminal(comparison(), {80, false}), render_markdown(comparison())}) {
    EXPECT_NE(text.find("Where the time of a step goes"), std::string::npos) << text;
    EXPECT_NE(text.find("matrix multiplication, backward"), std::string::npos) << text;
    EXPECT_NE(text.find("No operations of other@2:mode"), std::string::npos) << text;
  }
}

TEST(OperationsReport, IsMissingWhereNobodyAsked) {
  auto data = tests::exported_run();
  for (auto& trial : data.trials) trial.readings.clear();
  const auto plain = compared(data);
  EXPECT_TRUE(operation_rows(plain.workloads[0]).empty());
  EXPECT_EQ(render_terminal(plain, {80, false}).find("operation"), std::string::npos);
  EXPECT_TRUE(render_json(plain, false)["workloads"][0]["platforms"][0]["operations"].is_null());
}

TEST(OperationsReport, IsDividedWhereManyPlatformsDoNotFit) {
  auto data = tests::exported_run();
  for (auto& trial : data.trials) {
    if (trial.readings.empty()) trial.readings = data.trials[0].readings;
  }
  data.trials[3].readings = data.trials[0].readings;
  const auto all = compared(data);
  const auto tables = operation_tables(all.workloads[0], 80);
  ASSERT_GT(tables.size(), 1u);
  size_t platforms = 0;
  for (const auto& rows : tables) {
    EXPECT_EQ(rows[0][0], "operation");
    platforms += rows[0].size() - 1;
  }
  EXPECT_EQ(platforms, 5u);
  const std::string text = render_terminal(all, {80, false});
  for (size_t begin = 0; begin < text.size(); begin = text.find('\n', begin) + 1) EXPECT_LE(text.find('\n', begin) - begin, 80u) << text.substr(begin, 100);
}

TEST(OperationsReport, InJsonHasPartsThatSumWithTheRestToTheStep) {
  const Json operations = render_json(comparison(), false)["workloads"][0]["platforms"][0]["operations"];
  double sum_ns = operations["rest_ns"];
  for (const Json& part : operations["parts"]) sum_ns += part["time_ns"].get<double>();
  EXPECT_DOUBLE_EQ(sum_ns, operations["step_ns"].get<double>());
  EXPECT_EQ(operations["plain_step_ns"], 950'000);
  const Json other = render_json(comparison(), false)["workloads"][0]["platforms"][1]["operations"];
  EXPECT_TRUE(other["parts"].is_null());
  EXPECT_EQ(other["reason"], "this worker cannot take its steps apart");
}

TEST(OperationsReport, IsACsvWithARowForEachPartAndTheRest) {
  const auto folder = core::TemporaryFolder::make(fs::temp_directory_path(), "trainmark-csv-").value();
  EXPECT_EQ(write_operations_csv(comparison(), folder.path()).value(), "operations.csv");
  const std::string text = core::read_file(folder.path() / "operations.csv").value();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 5);
  EXPECT_NE(text.find("\"cpu\",matrix_multiplication,forward,\"fc1\",500000,0.5,1,1e+06,950000\r\n"), std::string::npos) << text;
  EXPECT_NE(text.find("\"cpu\",rest,,,100000,0.1,,1e+06,950000\r\n"), std::string::npos) << text;
}

// What is stored is not trusted: a reading that somebody else wrote may hold anything.
TEST(OperationsReport, OfAReadingThatMakesNoSenseIsAReason) {
  auto data = tests::exported_run();
  for (const Json& figures : {Json{{"operations", 7}}, Json::object(), Json{{"operations", Json::array()}, {"step_ns", -1}, {"plain_ns", 1}}}) {
    data.trials[0].readings[0].figures = figures;
    const auto result = compared(data);
    ASSERT_TRUE(result.workloads[0].platforms[0].operations.has_value());
    EXPECT_FALSE(result.workloads[0].platforms[0].operations->reason.empty()) << figures.dump();
  }
}

}  // namespace
}  // namespace trainmark::report

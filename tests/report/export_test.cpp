// A scripted run in the forms of other tools. Their own readers look at the same texts in consumers_test.cpp; here is what they mean.
#include "report/export.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <sstream>

#include "core/json.hpp"
#include "report/export_testing.hpp"

namespace trainmark::report {
namespace {

using core::Json;
using tests::constantly;

const store::RunData& run() {
  static const store::RunData made = tests::exported_run();
  return made;
}
const analysis::Comparison& comparison() {
  static const analysis::Comparison made = analysis::compare(run()).value();
  return made;
}
Json exported(const char* form) { return core::parse_json(export_run(form, run(), comparison()), form).value(); }

size_t count_of(const std::string& text, const std::string& part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

TEST(ExportTrace, HasABlockEventForEveryBlock) {
  const Json trace = exported("trace");
  size_t blocks = 0;
  for (const store::TrialData& t : run().trials) blocks += t.blocks.size();
  size_t events = 0;
  for (const Json& e : trace["traceEvents"]) events += e["ph"] == "X" && (e["cat"] == "timed" || e["cat"] == "rewarm" || e["cat"] == "warm_up");
  EXPECT_EQ(events, blocks);
}

// The format's rules: every event has ph, pid, tid and a name; complete ones have ts and dur; those of a thread lie within each other or apart.
TEST(ExportTrace, KeepsToTheRulesOfItsFormat) {
  const Json trace = exported("trace");
  std::map<std::pair<int64_t, int64_t>, std::vector<std::pair<double, double>>> spans;
  for (const Json& e : trace["traceEvents"]) {
    ASSERT_TRUE(e["ph"].is_string() && e["pid"].is_number_integer() && e["tid"].is_number_integer() && e["name"].is_string()) << e.dump();
    if (e["ph"] == "M") continue;
    ASSERT_TRUE(e["ts"].is_number()) << e.dump();
    if (e["ph"] == "C") {
      for (const auto& [name, value] : e["args"].items()) EXPECT_TRUE(value.is_number()) << e.dump();
      continue;
    }
    ASSERT_EQ(e["ph"], "X");
    ASSERT_TRUE(e["dur"].is_number() && e["dur"] >= 0) << e.dump();
    spans[{e["pid"], e["tid"]}].emplace_back(e["ts"].get<double>(), e["ts"].get<double>() + e["dur"].get<double>());
  }
  constexpr double kSlack_us = 0.01;
  for (auto& [thread, own] : spans) {
    std::sort(own.begin(), own.end(), [](const auto& a, const auto& b) { return a.first != b.first ? a.first < b.first : a.second > b.second; });
    std::vector<double> ends;
    for (const auto& [begin, end] : own) {
      while (!ends.empty() && ends.back() <= begin + kSlack_us) ends.pop_back();
      EXPECT_TRUE(ends.empty() || end <= ends.back() + kSlack_us) << "events of thread " << thread.second << " cross at " << begin << " us";
      ends.push_back(end);
    }
  }
}

TEST(ExportTrace, DrawsTheOperationsOfAStepOneAfterTheOther) {
  const Json trace = exported("trace");
  double parts_us = 0, step_us = 0;
  for (const Json& e : trace["traceEvents"]) {
    if (e["ph"] != "X" || e["tid"] < 1'000'000) continue;
    (e["cat"] == "operations" ? step_us : parts_us) += e["dur"].get<double>();
  }
  EXPECT_DOUBLE_EQ(step_us, 1000);
  EXPECT_DOUBLE_EQ(parts_us, 900);
}

TEST(ExportGoogleBenchmark, HasAnIterationPerTrialAndAggregates) {
  std::map<std::string, int> kinds;
  const Json all = exported("google-benchmark");
  for (const Json& b : all["benchmarks"]) {
    if (b["run_name"] != "mnist-mlp/synthetic-digits/batch:64/threads:2/cpu") continue;
    ++kinds[b.value("aggregate_name", b["run_type"].get<std::string>())];
    if (b["run_type"] == "iteration") {
      EXPECT_EQ(b["real_time"], 1'000'000);
      EXPECT_EQ(b["cpu_time"], 1'500'000);
      EXPECT_EQ(b["iterations"], 16);
    }
  }
  EXPECT_EQ(kinds, (std::map<std::string, int>{{"iteration", 3}, {"mean", 1}, {"median", 1}, {"stddev", 1}, {"cv", 1}}));
}

TEST(ExportGoogleBenchmark, MakesAnErrorOfWhoFailedTheProof) {
  const Json all = exported("google-benchmark");
  for (const Json& b : all["benchmarks"]) {
    if (b["name"].get<std::string>().find("/cheat") == std::string::npos) continue;
    EXPECT_TRUE(b["error_occurred"].get<bool>());
    EXPECT_NE(b["error_message"].get<std::string>().find("never moved"), std::string::npos);
    EXPECT_EQ(b["real_time"], 0);
    return;
  }
  FAIL() << "no entry of cheat";
}

TEST(ExportBencher, HasLatencyWithItsIntervalAndNobodyWhoFailed) {
  const Json all = exported("bencher");
  const Json& cpu = all["mnist-mlp/synthetic-digits/batch:64/threads:2/cpu"];
  EXPECT_EQ(cpu["latency"]["value"], 1'000'000);
  EXPECT_LE(cpu["latency"]["lower_value"], cpu["latency"]["value"]);
  EXPECT_GE(cpu["latency"]["upper_value"], cpu["latency"]["value"]);
  EXPECT_NEAR(cpu["throughput"]["value"].get<double>(), 64'000, 1e-6);
  for (const auto& [name, measures] : all.items()) EXPECT_EQ(name.find("cheat"), std::string::npos);
}

TEST(ExportJunit, TellsFailuresErrorsAndSkipsApart) {
  const std::string xml = export_run("junit", run(), comparison());
  EXPECT_EQ(count_of(xml, "<testcase "), 3u + 2u + 1u + 1u + 1u + 1u);
  EXPECT_EQ(count_of(xml, "<failure "), 1u);
  EXPECT_EQ(count_of(xml, "<error "), 1u);
  EXPECT_EQ(count_of(xml, "<skipped "), 2u);  // who cannot do the workload, and who did not run
  EXPECT_NE(xml.find("type=\"crashed\" message=\"the worker died of &lt;signal&gt; 11 &amp; more\""), std::string::npos) << xml;
  EXPECT_NE(xml.find("tests=\"9\" failures=\"1\" errors=\"1\""), std::string::npos) << xml;
}

TEST(ExportMllog, IsALineOfJsonEachInTheOrderOfTime) {
  std::istringstream lines(export_run("mllog", run(), comparison()));
  std::string line;
  std::map<std::string, int> keys;
  int64_t time_ms = 0, platform_lines = 0;
  std::string platform;
  while (std::getline(lines, line)) {
    ASSERT_EQ(line.rfind(":::MLLOG ", 0), 0u);
    const Json object = core::parse_json(line.substr(9), "a line").value();
    if (object["metadata"]["platform"] != "cpu" || object["metadata"]["repetition"] != 0) continue;
    ++platform_lines;
    ++keys[object["key"]];
    EXPECT_GE(object["time_ms"], time_ms);
    time_ms = object["time_ms"];
    if (object["key"] == "run_stop") {
      EXPECT_EQ(object["metadata"]["status"], "success");
    }
    if (object["key"] == "seed") {
      EXPECT_EQ(object["value"], 1);
    }
  }
  for (const char* once : {"submission_benchmark", "init_start", "init_stop", "run_start", "run_stop", "train_samples", "eval_samples"})
    EXPECT_EQ(keys[once], 1) << once;
  for (const char* twice : {"block_start", "block_stop", "eval_start", "eval_stop", "eval_accuracy"}) EXPECT_EQ(keys[twice], 2) << twice;
}

TEST(Exports, OfARunWithoutTrialsAreEmptyButSound) {
  const auto data = tests::scripted_run({}, "cpu");
  const auto empty = analysis::compare(data).value();
  for (const std::string& form : export_forms()) {
    const std::string text = export_run(form, data, empty);
    if (form == "mllog" || form == "junit") continue;
    EXPECT_TRUE(core::parse_json(text, form).ok()) << form;
  }
}

}  // namespace
}  // namespace trainmark::report

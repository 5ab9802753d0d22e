// One scripted run, whole, in every form that reports have: terminal, Markdown, JSON and CSV, compared with the files in
// golden/. With TRAINMARK_UPDATE_GOLDEN=1 the files are written anew; read the difference before committing it.
#include "report/report.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <set>

#include "core/file.hpp"
#include "report/cells.hpp"
#include "report/fit.hpp"
#include "support/made_up_ceilings.hpp"
#include "support/scripted_run.hpp"
#include "support/source_folder.hpp"

namespace trainmark::report {
namespace {

namespace fs = std::filesystem;
using core::Json;
using tests::constantly;

void expect_golden(const std::string& name, const std::string& text) {
  const fs::path path = tests::source_folder() / "tests" / "report" / "golden" / name;
  if (std::getenv("TRAINMARK_UPDATE_GOLDEN") != nullptr) core::write_file(path, text).value();
  const auto golden = core::read_file(path);
  ASSERT_TRUE(golden.ok()) << golden.error().message;
  EXPECT_EQ(text, *golden) << name;
}

// Five processes of each of three platforms, and one of everything that can go wrong.
store::RunData run() {
  const auto wave = [](int64_t step_ns) {
    return [step_ns](int64_t repetition, int64_t round) { return step_ns + step_ns / 1000 * ((repetition * 7 + round * 5) % 11); };
  };
  auto data = tests::scripted_run(
      {{.platform = "cpu", .processes = 5, .step_ns = wave(1'000'000), .disturbed = [](int64_t r, int64_t round) { return r == 2 && round == 1; }},
       {.platform = "pytorch-cpu@2.4:compile", .processes = 5, .step_ns = wave(1'500'000)},
       {.platform = "twin", .processes = 5, .step_ns = wave(1'002'000)},
       {.platform = "reference", .processes = 1, .step_ns = wave(40'000'000), .share = 0.5, .rounds = 2},
       {.platform = "cheat", .step_ns = wave(1'000), .verdict = "failed", .verdict_summary = "the weights of conv1 never moved"},
       {.platform = "crasher", .step_ns = wave(1'000), .verdict = "", .outcome = trial::OutcomeKind::kCrashed, .message = "the worker died of signal 11"}},
      "cpu");
  data.skips.push_back({data.run.id, "cuda", "no NVIDIA driver was found"});
  data.trials[5].warm_start = {data.trials[5].trial.id, 28'000'000, 900'000, 500'000, 2'900'000, 3'000'000};
  return data;
}

const analysis::Comparison& comparison() {
  static const analysis::Comparison made = analysis::compare(run()).value();
  return made;
}

// Numbers with nine digits: the last ones of an interval hang on the mathematical library.
Json rounded(const Json& json) {
  if (json.is_number_float()) return std::stod(fmt::format("{:.9g}", json.get<double>()));
  if (!json.is_structured()) return json;  // items() of a number would be the number itself
  Json out = json;
  for (auto& [key, value] : out.items()) value = rounded(value);
  return out;
}

TEST(Reports, TerminalIsAsWritten) { expect_golden("terminal.txt", render_terminal(comparison(), {80, false})); }
TEST(Reports, ColouredTerminalIsAsWritten) { expect_golden("terminal_colour.txt", render_terminal(comparison(), {120, true})); }
TEST(Reports, MarkdownIsAsWritten) { expect_golden("report.md", render_markdown(comparison())); }

// One platform taken apart, one whose bytes nobody tells, one that is impossible.
store::RunData run_with_ceilings() {
  auto data = tests::with_ceilings(tests::scripted_run({{.platform = "cpu", .step_ns = constantly(1'000'000)},
                                                        {.platform = "numpy", .step_ns = constantly(2'000'000)},
                                                        {.platform = "hasty", .step_ns = constantly(1'000)}},
                                                       "cpu"),
                                   {tests::made_up_ceilings(100)});
  data.trials[1].readings.push_back(tests::made_up_operations(data.trials[1].trial, 2'000'000));
  return data;
}

TEST(Reports, RooflineIsAsWritten) {
  const auto held = analysis::compare(run_with_ceilings()).value();
  expect_golden("terminal_roofline.txt", render_terminal(held, {80, false, {.roofline = true}}));
  expect_golden("report_roofline.md", render_markdown(held));
}

TEST(Reports, WithoutCeilingsTheRooflineIsASentence) {
  EXPECT_NE(render_terminal(comparison(), {120, false, true}).find("No ceilings were measured in this run"), std::string::npos);
}

TEST(Reports, JsonIsAsWritten) {
  Json json = rounded(render_json(comparison(), false));
  for (Json& workload : json["workloads"]) {
    workload["workload"] = "left out: tests/workload looks at it";
    workload["hash"] = "of the above";
  }
  expect_golden("report.json", json.dump(2) + "\n");
}

TEST(Reports, CsvIsAsWritten) {
  const auto folder = core::TemporaryFolder::make(fs::temp_directory_path(), "trainmark-csv-").value();
  const auto names = write_epoch_csv(run(), folder.path() / "new").value();
  ASSERT_EQ(names.size(), 18u);  // one per trial
  EXPECT_EQ(std::count_if(names.begin(), names.end(), [](const std::string& name) { return name.find_first_of("/:@") != std::string::npos; }), 0);
  expect_golden("cpu-r0.csv", core::read_file(folder.path() / "new" / names[0]).value());
  expect_golden("reference-r0.csv", core::read_file(folder.path() / "new" / names[15]).value());
}

TEST(Reports, StartUpCsvHasARowForEveryStart) {
  const auto folder = core::TemporaryFolder::make(fs::temp_directory_path(), "trainmark-csv-").value();
  const std::string name = write_start_up_csv(run(), folder.path()).value();
  const std::string text = core::read_file(folder.path() / name).value();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1 + 18 + 1);  // headings, trials, one warm start
  expect_golden("start-up.csv", text);
}

// Names of up to 40 characters, alike in their first and last letters, with everything that widens a cell.
store::RunData wide_run() {
  const std::string longest = "pytorch-cuda@2.4-with-cudnn-9:compile";
  auto data = tests::scripted_run(
      {{.platform = "cpu", .processes = 3, .step_ns = constantly(123'456'789)},
       {.platform = longest + "-01", .processes = 3, .step_ns = constantly(1'234'567)},
       {.platform = "pytorch-cuda@2.4-with-cudnn-8:compile-01", .processes = 3, .step_ns = constantly(1'234'999)},
       {.platform = "reference", .processes = 2, .step_ns = constantly(987'654'321), .share = 0.5, .rounds = 2},
       {.platform = "tensorflow-cpu", .step_ns = constantly(1'000), .verdict = "failed", .verdict_summary = "a long reason " + std::string(50, 'x')}},
      "cpu");
  data.run.study_json = {{"target_accuracy", 0.975}};
  data.trials[1].outcome->kind = trial::OutcomeKind::kInterrupted;
  return data;
}

TEST(Reports, TerminalIsNeverWiderThanItsWidth) {
  const auto wide = analysis::compare(wide_run()).value();
  for (const size_t width : {60u, 80u, 120u}) {
    const std::string text = render_terminal(wide, {width, false});
    for (size_t begin = 0; begin < text.size(); begin = text.find('\n', begin) + 1) {
      const std::string line = text.substr(begin, text.find('\n', begin) - begin);
      EXPECT_LE(line.size(), width) << line;
    }
    // Whatever was shortened is explained, and nothing has gone without a word.
    for (const auto& platform : wide.workloads[0].platforms) EXPECT_NE(text.find(platform.platform), std::string::npos) << text;
    for (const std::string& heading : headings(wide.workloads[0])) EXPECT_NE(text.find(heading), std::string::npos) << text;
    for (const char* must : {"verified", "time ratio", "not reached"}) EXPECT_NE(text.find(must), std::string::npos) << text;
    if (width == 120) {
      EXPECT_EQ(text.find("Left out"), std::string::npos) << text;
    }
  }
}

TEST(Reports, ShortenedNamesStayApart) {
  const auto table = fit({{"platform", "step", "verdict"},
                          {"a-name-of-one-kind-and-length-0", "1.00 ms", "verified"},
                          {"a-name-of-two-kind-and-length-0", "1.00 ms", "verified"},
                          {"short", "1.00 ms", "verified"}},
                         30);
  ASSERT_EQ(table.legend.size(), 2u);
  EXPECT_EQ(table.rows[1][0], table.legend[0].first);
  EXPECT_EQ(table.legend[0].second, "a-name-of-one-kind-and-length-0");
  EXPECT_NE(table.rows[1][0], table.rows[2][0]);
  EXPECT_EQ(table.rows[3][0], "short");
  for (const size_t i : {1u, 2u}) EXPECT_LE(table.rows[i][0].size(), 13u);
}

TEST(Reports, ShortenNamesInTheMiddle) {
  EXPECT_EQ(shortened("pytorch-cpu:compile", 19), "pytorch-cpu:compile");
  EXPECT_EQ(shortened("pytorch-cpu:compile", 12), "pytorc~mpile");
  EXPECT_EQ(shortened("pytorch-cpu:compile", 11), "pytor~mpile");
}

TEST(Reports, SkippedReasonsEndInOneFullStop) {
  auto data = tests::scripted_run({{.platform = "cpu", .step_ns = constantly(1'000'000)}}, "cpu");
  data.skips.push_back({data.run.id, "cuda", "there is no driver; install one."});
  const auto c = analysis::compare(data).value();
  for (const std::string& text : {render_terminal(c, {80, false}), render_markdown(c)}) {
    EXPECT_NE(text.find("install one.\n"), std::string::npos) << text;
    EXPECT_EQ(text.find(".."), text.find("..1")) << text;  // only that of an interval
  }
}

TEST(Reports, ShowTheTimeToTheAccuracyAskedFor) {
  auto data = run();
  data.run.study_json = {{"target_accuracy", 0.9}};
  const auto c = analysis::compare(data).value();
  expect_golden("terminal_target.txt", render_terminal(c, {100, false}));
  EXPECT_NE(render_markdown(c).find("| to 90 % |"), std::string::npos);
  const Json json = render_json(c, false);
  EXPECT_EQ(json["run"]["target_accuracy"], 0.9);
  const Json& cpu = json["workloads"][0]["platforms"][0]["time_to_target"];
  EXPECT_EQ(cpu["reached"], 5);
  EXPECT_EQ(cpu["trials"], 5);
  EXPECT_EQ(cpu["epochs"], 2);
  EXPECT_TRUE(render_json(comparison(), false)["run"]["target_accuracy"].is_null());
  EXPECT_TRUE(render_json(comparison(), false)["workloads"][0]["platforms"][0]["time_to_target"].is_null());
}

// What is no figure, or says itself how it was got.
TEST(Reports, JsonSaysOfEveryFigureHowItWasGot) {
  const std::set<std::string> plain = {"platform", "rank",      "unranked_reason", "verdict", "outcome",          "outcomes",
                                       "trials",   "processes", "steps",           "blocks",  "disturbed_blocks", "share_of_training"};
  const Json json = render_json(comparison(), false);
  for (const auto& [key, value] : json["workloads"][0]["platforms"][0].items()) {
    EXPECT_TRUE(plain.count(key) > 0 || json["provenance"].contains(key)) << key;
  }
}

TEST(Reports, JsonHasTheFiguresOfAPlatform) {
  const Json cpu = render_json(comparison(), false)["workloads"][0]["platforms"][0];
  const auto& p = comparison().workloads[0].platforms[0];
  EXPECT_EQ(cpu["platform"], "cpu");
  EXPECT_EQ(cpu["distinct_samples_per_s"], *p.distinct_samples_per_s);
  EXPECT_EQ(cpu["final_loss"], *p.final_loss);
  EXPECT_EQ(cpu["best_accuracy"], *p.best_accuracy);
  EXPECT_EQ(cpu["step_time_with_disturbed_ns"], *p.step_ns_with_disturbed);
  EXPECT_EQ(cpu["counted_flops_per_step"], comparison().workloads[0].flops_per_step);
  EXPECT_EQ(cpu["outcomes"], (Json{{"finished", 5}}));
}

TEST(Reports, JsonTellsOfAllExecutions) {
  auto data = run();
  data.ends.push_back(data.ends.front());
  const Json spent = render_json(analysis::compare(data).value(), false)["time_spent"];
  EXPECT_EQ(spent["executions"], 2);
  EXPECT_EQ(spent["total_ns"], 2 * data.ends[0].total_ns);
  EXPECT_EQ(spent["supervisor_ns"], 2'000'000'000);
}

TEST(Reports, CallSyntheticDataSynthetic) {
  for (const std::string& text : {render_terminal(comparison(), {80, false}), render_markdown(comparison())}) {
    EXPECT_NE(text.find("synthetic-digits (synthetic)"), std::string::npos);
  }
  EXPECT_TRUE(render_json(comparison(), false)["workloads"][0]["synthetic"].get<bool>());
}

TEST(Reports, UseNoColourUnlessAsked) {
  EXPECT_EQ(render_terminal(comparison(), {80, false}).find('\033'), std::string::npos);
  EXPECT_NE(render_terminal(comparison(), {80, true}).find('\033'), std::string::npos);
}

TEST(Reports, AnonymousJsonNamesNoHostNorCommandLine) {
  const std::string open = render_json(comparison(), false).dump(), anonymous = render_json(comparison(), true).dump();
  for (const char* secret : {"somebodys-machine", "/home/somebody"}) {
    EXPECT_NE(open.find(secret), std::string::npos) << secret;
    EXPECT_EQ(anonymous.find(secret), std::string::npos) << secret;
  }
  EXPECT_NE(anonymous.find("Scripted CPU"), std::string::npos);
}

TEST(Reports, JsonIsStrictWhereNumbersAreNot) {
  auto data = tests::scripted_run({{.platform = "cpu", .step_ns = constantly(1'000'000)}}, "cpu");
  for (auto& evaluation : data.trials[0].evaluations) evaluation.loss = std::numeric_limits<double>::quiet_NaN();
  const Json json = render_json(analysis::compare(data).value(), false);
  EXPECT_TRUE(json["workloads"][0]["platforms"][0]["final_loss"].is_null());
  EXPECT_EQ(Json::parse(json.dump()), json);
}

TEST(Reports, SayThatARunIsEmpty) {
  auto data = tests::scripted_run({}, "cpu");
  data.ends.clear();
  const auto empty = analysis::compare(data).value();
  EXPECT_NE(render_terminal(empty, {80, false}).find("no trial"), std::string::npos);
  EXPECT_TRUE(render_json(empty, false)["time_spent"].is_null());
}

// Nearest neighbours: words of a search, the time of fitting beside that of predicting, and no loss.
TEST(ReportOfNeighbours, SpeaksOfPredictingAndShowsTheFit) {
  auto workload = tests::scripted_workload();
  workload.network = network::find_network("mnist-knn").value();
  workload.neighbours = workload::Neighbours{};
  workload.dataset.test_count = 640;
  workload.dataset.train_count = 3000;
  auto data =
      tests::scripted_run({{.platform = "cpu", .step_ns = constantly(1'000'000)}, {.platform = "other", .step_ns = constantly(3'000'000)}}, "cpu", workload);
  data.run.study_json = {{"target_accuracy", 0.5}};
  for (auto& trial : data.trials) {
    trial.preparation->fit_ns = 44'000'000;
    for (auto& block : trial.blocks) block.losses.clear();
    for (auto& evaluation : trial.evaluations) evaluation.loss = std::numeric_limits<double>::quiet_NaN();
  }
  const auto comparison = analysis::compare(data).value();
  const std::string text = render_terminal(comparison, {120, false});
  for (const char* part :
       {"mnist-knn, k = 5, 3000 samples on synthetic-digits", " fit ", " predict ", "44.0 ms", "1.00 ms a batch of 64 queries",
        "other takes 3.00 times as long to predict as cpu", "Taking the 3000 training samples in comes once, before: cpu 44.0 ms and other 44.0 ms."})
    EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
  for (const char* part : {"train ", "training.", "a step", "loss", "to 50 %"}) EXPECT_EQ(text.find(part), std::string::npos) << part << "\n" << text;
  EXPECT_NE(render_markdown(comparison).find("| platform | fit | predict |"), std::string::npos);
  const Json platform = render_json(comparison, false)["workloads"][0]["platforms"][0];
  EXPECT_EQ(platform["fit_ns"], 44e6);
  EXPECT_TRUE(platform["final_loss"].is_null());
  EXPECT_EQ(platform["counted_flops_per_step"], 2 * 64 * 3000 * 784);

  const auto folder = core::TemporaryFolder::make(fs::temp_directory_path(), "trainmark-report").value();
  const auto names = write_epoch_csv(data, folder.path()).value();
  const std::string csv = core::read_file(folder.path() / names[0]).value();
  EXPECT_NE(csv.find(",fit_time_s\r\n"), std::string::npos);
  EXPECT_NE(csv.find(",0.044\r\n"), std::string::npos) << csv;
  EXPECT_NE(csv.find("cpu,1,0.01,,,"), std::string::npos) << csv;  // no loss, and no training accuracy
}

}  // namespace
}  // namespace trainmark::report

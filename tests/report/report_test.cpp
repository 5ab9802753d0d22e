// One scripted run, whole, in every form that reports have: terminal, Markdown, JSON and CSV, compared with the files in
// golden/. With TRAINMARK_UPDATE_GOLDEN=1 the files are written anew; read the difference before committing it.
#include "report/report.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <limits>

#include "core/file.hpp"
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

TEST(Reports, TerminalKeepsToItsWidthWhereNamesAllow) {
  auto data = tests::scripted_run(
      {{.platform = "cpu", .processes = 2, .step_ns = constantly(123'456'789)},
       {.platform = "pytorch-cuda", .processes = 2, .step_ns = constantly(1'234'567)},
       {.platform = "reference", .step_ns = constantly(1'000), .verdict = "failed", .verdict_summary = "a long reason " + std::string(60, 'x')}},
      "cpu");
  const std::string text = render_terminal(analysis::compare(data).value(), {80, false});
  size_t begin = 0;
  while (begin < text.size()) {
    const size_t end = text.find('\n', begin);
    EXPECT_LE(end - begin, 80u) << text.substr(begin, end - begin);
    begin = end + 1;
  }
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

}  // namespace
}  // namespace trainmark::report

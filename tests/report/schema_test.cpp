// JSON reports against docs/report.schema.json, by a checker of the part of JSON Schema 2020-12 that the file uses.
#include <gtest/gtest.h>

#include <regex>
#include <set>

#include "core/file.hpp"
#include "report/report.hpp"
#include "support/made_up_ceilings.hpp"
#include "support/scripted_energy.hpp"
#include "support/scripted_run.hpp"
#include "support/source_folder.hpp"
#include "support/two_machines.hpp"

namespace trainmark::report {
namespace {

using core::Json;

Json schema() {
  const auto path = tests::source_folder() / "docs" / "report.schema.json";
  return Json::parse(core::read_file(path).value());
}

bool is_type(const Json& value, const std::string& type) {
  if (type == "integer") return value.is_number_integer();
  if (type == "number") return value.is_number();
  return type == value.type_name();
}

// Appends a line to `faults` for everything that is wrong. Keywords that the checker does not know are faults too.
void check(const Json& value, const Json& rule, const Json& root, const std::string& where, std::vector<std::string>& faults);

bool passes(const Json& value, const Json& rule, const Json& root) {
  std::vector<std::string> faults;
  check(value, rule, root, "", faults);
  return faults.empty();
}

void check_object(const Json& value, const Json& rule, const Json& root, const std::string& where, std::vector<std::string>& faults) {
  const Json properties = rule.value("properties", Json::object());
  for (const Json& key : rule.value("required", Json::array())) {
    if (!value.contains(key.get<std::string>())) faults.push_back(where + ": lacks " + key.get<std::string>());
  }
  for (const auto& [key, member] : value.items()) {
    if (properties.contains(key)) {
      check(member, properties[key], root, where + "/" + key, faults);
    } else if (rule.contains("additionalProperties")) {
      if (rule["additionalProperties"].is_object()) {
        check(member, rule["additionalProperties"], root, where + "/" + key, faults);
      } else if (!rule["additionalProperties"].get<bool>()) {
        faults.push_back(where + ": has the unknown key " + key);
      }
    }
  }
}

void check_keyword(const std::string& keyword, const Json& value, const Json& rule, const Json& root, const std::string& where,
                   std::vector<std::string>& faults) {
  static const std::set<std::string> kSilent = {"$schema", "$id", "$defs", "title", "description", "properties", "required", "additionalProperties"};
  const Json& wanted = rule[keyword];
  const auto fault = [&] { faults.push_back(where + ": " + value.dump().substr(0, 80) + " breaks " + keyword + " " + wanted.dump()); };
  if (kSilent.count(keyword) > 0) return;
  if (keyword == "$ref") {
    check(value, root.at(Json::json_pointer(wanted.get<std::string>().substr(1))), root, where, faults);
  } else if (keyword == "type") {
    const Json types = wanted.is_array() ? wanted : Json::array({wanted});
    if (std::none_of(types.begin(), types.end(), [&](const Json& type) { return is_type(value, type.get<std::string>()); })) fault();
  } else if (keyword == "const") {
    if (value != wanted) fault();
  } else if (keyword == "enum") {
    if (std::find(wanted.begin(), wanted.end(), value) == wanted.end()) fault();
  } else if (keyword == "minimum") {
    if (value.is_number() && value < wanted) fault();
  } else if (keyword == "maximum") {
    if (value.is_number() && value > wanted) fault();
  } else if (keyword == "exclusiveMinimum") {
    if (value.is_number() && value <= wanted) fault();
  } else if (keyword == "pattern") {
    if (value.is_string() && !std::regex_search(value.get<std::string>(), std::regex(wanted.get<std::string>()))) fault();
  } else if (keyword == "items") {
    for (size_t i = 0; value.is_array() && i < value.size(); ++i) check(value[i], wanted, root, where + "/" + std::to_string(i), faults);
  } else if (keyword == "allOf") {
    for (const Json& part : wanted) check(value, part, root, where, faults);
  } else if (keyword == "anyOf") {
    if (std::none_of(wanted.begin(), wanted.end(), [&](const Json& part) { return passes(value, part, root); })) fault();
  } else {
    faults.push_back("the checker does not know the keyword " + keyword);
  }
}

void check(const Json& value, const Json& rule, const Json& root, const std::string& where, std::vector<std::string>& faults) {
  for (const auto& [keyword, wanted] : rule.items()) check_keyword(keyword, value, rule, root, where, faults);
  if (value.is_object()) check_object(value, rule, root, where, faults);
}

std::string faults_of(const Json& report) {
  std::vector<std::string> faults;
  const Json root = schema();
  check(report, root, root, "", faults);
  std::string text;
  for (const std::string& fault : faults) text += fault + "\n";
  return text;
}

constexpr const char* kStudy = R"(name = "jit-vs-gpu"
question = "Which is faster?"
flaws = ["none"]
[[workload]]
network = "mnist-mlp"
[[table]]
number = "table 1"
title = "Times"
columns = ["training_time_mean", "energy", "verdict"]
[[figure]]
number = "figure 1"
title = "Energy"
chart = "energy"
[[claim]]
text = "The slow one is faster"
kind = "faster"
platform = "slow"
than = "cpu"
[[missing]]
what = "the GPU"
reason = "none here"
)";

Json full_report(bool anonymous) {
  using tests::constantly;
  auto data = tests::scripted_run(
      {{.platform = "cpu", .processes = 2, .step_ns = constantly(1'000'000), .disturbed = [](int64_t, int64_t round) { return round == 0; }},
       {.platform = "slow", .processes = 2, .step_ns = constantly(2'000'000)},
       {.platform = "crasher", .step_ns = constantly(1'000), .verdict = "", .outcome = trial::OutcomeKind::kOutOfMemory, .message = "No memory."}},
      "cpu");
  data.skips.push_back({data.run.id, "cuda", "no driver"});
  data.run.study = "jit-vs-gpu";
  data.run.study_json = {{"target_accuracy", 0.9}, {"toml", kStudy}};
  data.trials[1].outcome.reset();
  return render_json(analysis::compare(data).value(), anonymous);
}

TEST(Schema, HoldsForFullAndAnonymousReports) {
  EXPECT_EQ(faults_of(full_report(false)), "");
  EXPECT_EQ(faults_of(full_report(true)), "");
}

TEST(Schema, HoldsForSweeps) {
  auto data = tests::scripted_run({{.platform = "cpu", .processes = 2, .step_ns = tests::constantly(1'000'000)},
                                   {.platform = "lost", .step_ns = tests::constantly(9'000), .verdict = "failed"}},
                                  "cpu");
  auto other = tests::scripted_workload();
  other.recipe.batch_size = 32;
  const auto more = tests::scripted_run({{.platform = "cpu", .processes = 2, .step_ns = tests::constantly(600'000)}}, "cpu", other);
  data.workloads.push_back(more.workloads[0]);
  data.trials.insert(data.trials.end(), more.trials.begin(), more.trials.end());
  const auto comparison = analysis::compare(data).value();
  for (const bool anonymous : {false, true}) {
    const Json report = render_json(comparison, anonymous);
    EXPECT_EQ(faults_of(report), "");
    EXPECT_EQ(report["sweeps"].at(0)["platforms"].at(0)["growth"]["sizes"], 2);
  }
}

TEST(Schema, HoldsForTheSameWorkOnSeveralMachines) {
  const auto comparison = tests::two_machines();
  ASSERT_EQ(comparison.machines.size(), 1u);
  for (const bool anonymous : {false, true}) EXPECT_EQ(faults_of(render_json(comparison, anonymous)), "");
}

TEST(Schema, HoldsForRunsThatMeasuredTheirCeilings) {
  using tests::constantly;
  auto data = tests::with_ceilings(
      tests::scripted_run({{.platform = "cpu", .step_ns = constantly(1'000'000)}, {.platform = "hasty", .step_ns = constantly(1'000)}}, "cpu"),
      {tests::made_up_ceilings(100)});
  data.trials[0].readings.push_back(tests::made_up_operations(data.trials[0].trial, 1'000'000));
  const Json report = render_json(analysis::compare(data).value(), false);
  EXPECT_EQ(faults_of(report), "");
  const Json& platforms = report["workloads"][0]["platforms"];
  EXPECT_EQ(platforms[0]["roofline"]["operations"].size(), 2u);
  EXPECT_EQ(platforms[1]["plausibility"]["value"], "invalid");
  EXPECT_EQ(platforms[1]["unranked_reason"], "INVALID");
}

TEST(Schema, HoldsForEmptyRunsAndSingleBlocks) {
  auto data = tests::scripted_run({}, "cpu");
  data.ends.clear();
  EXPECT_EQ(faults_of(render_json(analysis::compare(data).value(), false)), "");
  EXPECT_EQ(
      faults_of(render_json(analysis::compare(tests::scripted_run({{.platform = "cpu", .step_ns = tests::constantly(5), .rounds = 1}}, "cpu")).value(), false)),
      "");
}

TEST(Schema, HoldsForEnergyAndMemoryKnownAndUnknown) {
  const auto report = [](const std::vector<tests::ScriptedCounter>& counters, const std::vector<int64_t>& devices) {
    auto data = tests::scripted_run({{.platform = "cpu", .processes = 2, .step_ns = tests::constantly(1'000'000)},
                                     {.platform = "gpu", .processes = 2, .step_ns = tests::constantly(1'000'000)}},
                                    "cpu");
    tests::add_energy(data, counters, devices, {{{"what", "powercap"}, {"reason", "there is none"}, {"remedy", nullptr}}});
    const Json phase = {{"peak_rss_bytes", 70}, {"rss_anon_bytes", 30}, {"rss_file_bytes", 20}, {"pss_bytes", nullptr}};
    for (auto& t : data.trials) {
      t.readings.push_back({data.run.id, t.trial.id, "memory", 0, {{"phases", {{"train", phase}}}}});
      t.outcome->memory = {{"parameters", 5}};
    }
    return render_json(analysis::compare(data).value(), false);
  };
  const Json full = report({{}, {.name = "GPU 0", .domain = "device", .device = 0, .method = "integrated power", .period_ns = nullptr}}, {0});
  EXPECT_EQ(faults_of(full), "");
  EXPECT_TRUE(full["workloads"][0]["platforms"][1]["energy"]["device"]["joules_per_repetition"].is_number());
  const Json empty = report({}, {});
  EXPECT_EQ(faults_of(empty), "");
  EXPECT_TRUE(empty["workloads"][0]["platforms"][0]["energy"]["host"]["joules_per_repetition"].is_null());
  EXPECT_EQ(empty["workloads"][0]["platforms"][0]["energy"]["host"]["reason"], "there is none");
}

TEST(Schema, NoticesWhatIsMissingUnknownOrWrong) {
  const Json good = full_report(false);
  const auto broken = [&](const std::string& pointer, const Json& value) {
    Json report = good;
    report[Json::json_pointer(pointer)] = value;
    return faults_of(report);
  };
  EXPECT_NE(broken("/workloads/0/platforms/0/verdict/value", "perhaps"), "");
  EXPECT_NE(broken("/workloads/0/platforms/0/step_time_ns/median", "1.0"), "");
  EXPECT_NE(broken("/workloads/0/platforms/0/share_of_training", 0), "");
  EXPECT_NE(broken("/workloads/0/platforms/0/energy", 5), "");
  EXPECT_NE(broken("/schema_version", 2), "");
  EXPECT_NE(broken("/run/target_accuracy", 97), "");
  EXPECT_NE(broken("/workloads/0/platforms/0/time_to_target/epochs", "never"), "");
  EXPECT_NE(broken("/workloads/0/platforms/0/outcomes/finished", 0), "");
  EXPECT_NE(broken("/provenance/step_time_ns", "guessed"), "");
  Json report = good;
  report["workloads"][0]["platforms"][0].erase("peak_rss_bytes");
  EXPECT_NE(faults_of(report), "");
}

TEST(Schema, IsEmbeddedAsItIsPublished) { EXPECT_EQ(Json::parse(json_schema()), schema()); }

// Nothing of a platform is optional: what is unknown is null, not absent.
TEST(Schema, DescribesEveryKeyOfAPlatform) {
  const Json root = schema();
  const Json& properties = root["$defs"]["platform"]["properties"];
  std::set<std::string> required;
  for (const Json& key : root["$defs"]["platform"]["required"]) required.insert(key.get<std::string>());
  for (const auto& [key, rule] : properties.items()) EXPECT_EQ(required.count(key), 1u) << key;
  EXPECT_EQ(required.size(), properties.size());
}

}  // namespace
}  // namespace trainmark::report

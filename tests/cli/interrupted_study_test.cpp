// A study that is interrupted again and again ends as one that was not: the same trials, tables, figures and claims, other figures.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>

#include <chrono>
#include <thread>

#include "core/json.hpp"
#include "store/store.hpp"
#include "support/background_program.hpp"
#include "support/run_program.hpp"

namespace trainmark::tests {
namespace {

namespace fs = std::filesystem;
using core::Json;

constexpr int kInterruptions = 5;

const std::vector<std::string> kStudy = {
    "run", "jit-vs-gpu", "--platform", "cpu,reference", "--dataset", "synthetic-digits", "--scale", "small", "--max-batches",
    "30",  "--epochs",   "2",          "--repetitions", "3",         "--threads",        "1"};

/// Trials that the store has begun, those that were interrupted too.
size_t begun_trials(const fs::path& out) {
  if (!fs::exists(out / store::kFileName)) return 0;
  const auto opened = store::Store::open(out / store::kFileName, {store::Access::kReadOnly});
  if (!opened) return 0;
  const auto data = opened->load_run("");
  return data ? data->trials.size() : 0;
}

/// Names, kinds and lengths: all of a report that does not hang on the clock.
Json structure_of(const Json& json) {
  if (json.is_number()) return "a number";
  if (!json.is_structured()) return json;
  Json out = json.is_array() ? Json::array() : Json::object();
  if (json.is_array()) {
    for (const Json& member : json) out.push_back(structure_of(member));
    return out;
  }
  for (const auto& [key, member] : json.items()) {
    const bool is_cell = json.contains("text") && json.contains("value") && key == "text" && json["value"].is_number();
    const bool is_answer = json.contains("answer") && (key == "reason" || key == "answer");
    out[key] = is_cell ? "a number" : is_answer ? "an answer" : structure_of(member);
  }
  return out;
}

/// What was done, by platform: trials, steps and how they ended.
Json work_of(const Json& report) {
  Json work = Json::object();
  for (const Json& w : report["workloads"]) {
    for (const Json& p : w["platforms"]) {
      Json& one = work[w["title"].get<std::string>() + ", " + p["platform"].get<std::string>()];
      for (const char* key : {"trials", "processes", "steps", "outcomes", "share_of_training"}) one[key] = p[key];
      one["verdict"] = p["verdict"]["value"];
    }
  }
  return work;
}

class InterruptedStudySlow : public testing::Test {
 protected:
  core::TemporaryFolder folder_ = core::TemporaryFolder::make(fs::temp_directory_path(), "trainmark-interrupted").value();

  int run(std::vector<std::string> more, bool interrupt) {
    auto arguments = kStudy;
    arguments.insert(arguments.end(), more.begin(), more.end());
    const fs::path out = folder_.path() / more[1];
    const size_t before = begun_trials(out);
    const pid_t child = start_trainmark(arguments, folder_.path());
    int status = 0;
    pid_t ended = 0;
    while (interrupt && ended == 0 && begun_trials(out) == before) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
      ended = waitpid(child, &status, WNOHANG);
    }
    if (interrupt && ended == 0) kill(child, SIGINT);
    if (ended == 0) waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  Json report(const std::string& out) {
    const ProgramResult r = run_trainmark("report --out " + out + " --json " + out + ".json", folder_.path());
    EXPECT_EQ(r.exit_code, 0) << r.err;
    return core::parse_json(core::read_file(folder_.path() / (out + ".json")).value(), out).value();
  }
};

TEST_F(InterruptedStudySlow, EqualsInStructureOneThatWasNot) {
  ASSERT_EQ(run({"--out", "whole"}, false), 0);
  ASSERT_EQ(run({"--out", "cut"}, true), 130);
  for (int i = 1; i < kInterruptions; ++i) ASSERT_EQ(run({"--out", "cut", "--resume"}, true), 130);
  ASSERT_EQ(run({"--out", "cut", "--resume"}, false), 0);
  const Json whole = report("whole"), cut = report("cut");
  EXPECT_EQ(cut["time_spent"]["executions"], kInterruptions + 1);
  EXPECT_EQ(work_of(cut), work_of(whole));
  EXPECT_EQ(structure_of(cut["study"]), structure_of(whole["study"]));
  EXPECT_EQ(structure_of(cut["skipped"]), structure_of(whole["skipped"]));
  for (const Json* report : {&whole, &cut}) {
    ASSERT_GE((*report)["study"]["tables"].size(), 1u);
    EXPECT_EQ((*report)["workloads"][0]["platforms"][0]["processes"], 3);
  }
}

}  // namespace
}  // namespace trainmark::tests

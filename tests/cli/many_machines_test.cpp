// merge and compare as a user runs them, on stores that are made up: what is printed, what is written, how it ends.
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "core/json.hpp"
#include "support/run_program.hpp"
#include "support/scripted_run.hpp"
#include "support/write_run.hpp"

namespace trainmark::tests {
namespace {

class ManyMachines : public testing::Test {
 protected:
  core::TemporaryFolder folder_ = core::TemporaryFolder::make(std::filesystem::temp_directory_path(), "trainmark-machines").value();
  ProgramResult run(const std::string& arguments) { return run_trainmark(arguments, folder_.path()); }
  // One run in the folder `name`.
  void make(const std::string& name, const std::vector<Script>& scripts, const std::string& id, int64_t started = 1'700'000'000'000'000'000,
            const workload::Workload& workload = scripted_workload()) {
    write_run(folder_.path() / name, scripted_run(scripts, "cpu", workload), id, name, started);
  }
  static Script steps(int64_t step_ns, int64_t processes = 5) {
    return {.platform = "cpu", .processes = processes, .step_ns = [step_ns](int64_t repetition, int64_t) { return step_ns + 100 * repetition; }};
  }
  void expect_end(const std::string& arguments, int exit_code, const std::string& part) {
    const ProgramResult r = run(arguments);
    EXPECT_EQ(r.exit_code, exit_code) << arguments << "\n" << r.out << r.err;
    EXPECT_NE((r.out + r.err).find(part), std::string::npos) << arguments << "\n" << r.out << r.err;
  }
};

TEST_F(ManyMachines, MergedStoresListAndReportTheirMachines) {
  make("laptop", {steps(1'000'000)}, "aaaaaaaaaaaaaaaa");
  make("cloud", {steps(1'500'000)}, "bbbbbbbbbbbbbbbb", 1'700'000'001'000'000'000);
  expect_end("merge laptop cloud --out all", 0, "NEW");
  expect_end("merge cloud all --out all", 2, "leave it out of the list");
  expect_end("merge cloud laptop --out all", 0, "Merged into all/trainmark.sqlite");
  const std::string list = run("list runs --out all").out;
  for (const char* id : {"\naaaaaaaaaaaaaaaa ", "\nbbbbbbbbbbbbbbbb "}) EXPECT_EQ(list.find(id), list.rfind(id)) << list;
  EXPECT_NE(list.find("laptop"), std::string::npos);
  expect_end("report --out all", 0, "Run bbbbbbbbbbbbbbbb on cloud (Scripted CPU). The store also has 1 run of laptop (Scripted CPU).");
  expect_end("report aaaa --out all", 0, "on laptop");
  expect_end("report --out all", 0, "cloud, 2 threads");
  expect_end("report --out all", 0, "The shortest median step is that of cpu on laptop with 2 threads: 1.00 ms.");
  expect_end("report --out all", 0, "takes 1.5 times as long (95 %");
  expect_end("report --out laptop", 0, "cpu is the only verified platform");
  EXPECT_EQ(run("report --out laptop").out.find("on each machine"), std::string::npos);
  const ProgramResult page = run("report --out all --html - --anonymous");
  EXPECT_NE(page.out.find("The same work on other machines"), std::string::npos);
  EXPECT_NE(page.out.find("machine 2, 2 threads"), std::string::npos);
  EXPECT_EQ(page.out.find("laptop"), std::string::npos);
  expect_end("compare laptop cloud --out all", 0, "slower");
  expect_end("compare cloud all:aaaa", 0, "faster");
}

TEST_F(ManyMachines, ARegressionBeyondTheThresholdExitsWith6) {
  make("a", {steps(1'000'000)}, "aaaaaaaaaaaaaaaa");
  make("b", {steps(1'100'000)}, "bbbbbbbbbbbbbbbb");
  expect_end("compare a b", 0, "slower");
  expect_end("compare a b --threshold 5%", 6, "1 regression beyond 5 %.");
  expect_end("compare a b --threshold 0.05", 6, "slower, regression");
  expect_end("compare a b --threshold 15%", 0, "No interval carries a regression beyond 15 %.");
  expect_end("compare b a --threshold 5%", 0, "faster");
  expect_end("compare a a --threshold 0", 0, "no difference");
  expect_end("compare a b --threshold much", 2, "--threshold");
}

TEST_F(ManyMachines, MeasuringNothingIsNoSuccess) {
  auto other = scripted_workload();
  other.recipe.batch_size = 32;
  make("a", {steps(1'000'000)}, "aaaaaaaaaaaaaaaa");
  make("other", {steps(1'000'000)}, "bbbbbbbbbbbbbbbb", 1, other);
  make("few", {steps(1'000'000, 3)}, "cccccccccccccccc");
  Script failed = steps(500'000), unchecked = steps(1'000'000);
  failed.verdict = "failed";
  unchecked.verdict = "unchecked";
  make("failed", {failed}, "dddddddddddddddd");
  make("unchecked", {unchecked}, "eeeeeeeeeeeeeeee");
  expect_end("compare a other", 2, "Not the same work: recipe.batch_size is 64 in A, 32 in B.");
  expect_end("compare a few", 0, "undecided");
  expect_end("compare a few --threshold 5%", 2, "five processes on each side");
  expect_end("compare a failed", 4, "broke");
  expect_end("compare a unchecked", 4, "no platform is verified in both runs");
  expect_end("compare a nowhere", 2, "There is neither a results folder 'nowhere' nor a store at 'results'");
  expect_end("compare a no/where", 2, "There is no results folder 'no/where'.");
  expect_end("compare a:ffff a", 2, "'ffff' is neither");
}

TEST_F(ManyMachines, ComparisonsFit80ColumnsAndGoToFiles) {
  make("a", {steps(1'000'000), {.platform = "a-platform-with-a-very-long-name@3:mode", .processes = 5, .step_ns = constantly(7'000'000)}}, "aaaaaaaaaaaaaaaa");
  make("b", {steps(1'100'000)}, "bbbbbbbbbbbbbbbb");
  const ProgramResult r = run("compare a b --json c.json --markdown c.md");
  EXPECT_EQ(r.exit_code, 0) << r.err;
  std::istringstream lines(r.out);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 80u) << line;
  const auto json = core::parse_json(core::read_file(folder_.path() / "c.json").value(), "the file").value();
  for (const auto& p : json["workloads"][0]["platforms"]) EXPECT_EQ(p["change"], p["platform"] == "cpu" ? "slower" : "not comparable");
  EXPECT_EQ(json["on_purpose"][0]["field"], "machine");
  EXPECT_NE(core::read_file(folder_.path() / "c.md").value().find("| cpu | 1.00 ms | 1.10 ms | 1.100 |"), std::string::npos)
      << core::read_file(folder_.path() / "c.md").value();
  EXPECT_NO_THROW(core::parse_json(run("compare a b --json -").out, "stdout").value());
}

}  // namespace
}  // namespace trainmark::tests

// trainmark ceilings, the ceilings of a run, and the gate at its end, as a user sees them.
#include <gtest/gtest.h>

#include "core/json.hpp"
#include "store/store.hpp"
#include "support/run_program.hpp"

namespace trainmark::tests {
namespace {

class CeilingsProgram : public testing::Test {
 protected:
  core::TemporaryFolder folder_ = core::TemporaryFolder::make(std::filesystem::temp_directory_path(), "trainmark-ceilings").value();
  // With a cache of its own.
  ProgramResult run(const std::string& arguments) {
    return run_trainmark(arguments, folder_.path(), "TRAINMARK_CACHE='" + (folder_.path() / "cache").string() + "'");
  }
  // With the cache of the user, who has the samples.
  ProgramResult train(const std::string& arguments) { return run_trainmark(arguments, folder_.path(), "TRAINMARK_CEILINGS=1"); }
  store::RunData latest() { return store::Store::open(folder_.path() / "out" / store::kFileName, {store::Access::kReadOnly}).value().load_run("").value(); }
};

TEST_F(CeilingsProgram, MeasuresOnceAndShowsItAgain) {
  const ProgramResult first = run("ceilings --threads 1 --seconds 0.3");
  ASSERT_EQ(first.exit_code, 0) << first.err;
  for (const char* word : {"INSTRUCTION SET", "float64", "float32", "multiply-add", "LEVEL", "NT TRIAD", "1 THREAD", "THREADS"}) {
    EXPECT_NE(first.out.find(word), std::string::npos) << word << "\n" << first.out;
  }
  EXPECT_NE(first.err.find("Measuring for about"), std::string::npos) << first.err;
  const ProgramResult second = run("ceilings --threads 1");
  EXPECT_EQ(second.out, first.out);
  EXPECT_EQ(second.err, "") << "nothing has changed";
  const ProgramResult json = run("ceilings --threads 1 --json -");
  const auto parsed = core::parse_json(json.out, "stdout");
  ASSERT_TRUE(parsed.ok()) << parsed.error().message;
  EXPECT_EQ((*parsed)["form"], "full");
  EXPECT_GT((*parsed)["arithmetic"].size(), 1u);
  EXPECT_GT((*parsed)["sweep"].size(), (*parsed)["bandwidth"].size());
}

TEST_F(CeilingsProgram, RefusesMoreThreadsThanCpus) {
  const ProgramResult r = run("ceilings --threads 4096");
  EXPECT_EQ(r.exit_code, 2);
  EXPECT_NE(r.err.find("this process may use only"), std::string::npos) << r.err;
}

TEST_F(CeilingsProgram, EveryRunKeepsTheCeilingsOfItsThreads) {
  const ProgramResult r = train("run mnist-mlp --platform cpu --max-batches 60 --epochs 1 --batch-size 32 --threads 1 --out out --json report.json");
  ASSERT_EQ(r.exit_code, 0) << r.out << r.err;
  const store::RunData data = latest();
  ASSERT_GE(data.readings.size(), 1u);
  EXPECT_EQ(data.readings[0].kind, "ceilings");
  EXPECT_EQ(data.readings[0].figures["form"], "short");
  const auto json = core::parse_json(core::read_file(folder_.path() / "report.json").value(), "report.json").value();
  const core::Json& workload = json["workloads"][0];
  EXPECT_GT(workload["ceilings"]["gop_per_s"], 1);
  const core::Json& cpu = workload["platforms"][0];
  EXPECT_EQ(cpu["plausibility"]["value"].get<std::string>().find("invalid"), std::string::npos) << cpu["plausibility"].dump();
  EXPECT_GT(cpu["roofline"]["step"]["implementation"]["bytes"], 0);
  EXPECT_LE(cpu["roofline"]["step"]["gflop_per_s"], 1.05 * workload["ceilings"]["gop_per_s"].get<double>());
  const ProgramResult shown = train("report --out out --roofline");
  EXPECT_NE(shown.out.find("nearest ceiling"), std::string::npos) << shown.out;
  EXPECT_NE(shown.out.find("cpu: The step "), std::string::npos) << shown.out;
}

TEST_F(CeilingsProgram, AnImpossibleTimeIsMeasuredAgainAndEndsTheRunAsInvalid) {
  core::write_file(folder_.path() / "hasty.toml",
                   std::string_view("name = \"hasty\"\n[[workload]]\nnetwork = \"mnist-mlp\"\nepochs = 1\nmax_batches = 60\nbatch_size = 32\n"
                                    "[platform.cpu]\n[platform.hasty]\ncommand = [\"" HASTY_WORKER "\", \"" TRAINMARK_PROGRAM "\", \"1000\"]\n"))
      .value();
  const ProgramResult r = train("run hasty.toml --threads 1 --out out");
  EXPECT_EQ(r.exit_code, 4) << r.out << r.err;
  EXPECT_NE(r.err.find("hasty: INVALID: its step time would mean"), std::string::npos) << r.err;
  EXPECT_NE(r.out.find("INVALID\n"), std::string::npos) << r.out;
  EXPECT_NE(r.out.find("hasty is not ranked (INVALID: "), std::string::npos) << r.out;
  EXPECT_NE(r.out.find("cpu is the only verified platform"), std::string::npos) << r.out;
  store::RunData data = latest();
  std::erase_if(data.readings, [](const trial::ReadingRecord& reading) { return reading.kind != "ceilings"; });
  ASSERT_EQ(data.readings.size(), 2u) << "the ceiling was measured again";
  EXPECT_EQ(data.readings[1].figures["again"], true);
  EXPECT_EQ(data.trials.at(1).verdict->verdict, "verified") << "its work is right";
  EXPECT_EQ(train("report --out out").out, r.out);
}

}  // namespace
}  // namespace trainmark::tests

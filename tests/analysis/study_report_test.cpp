// What a run says to its study: cells against figures worked out by hand, printed numbers beside them, each rule of a claim.
#include "analysis/study_report.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "analysis/comparison.hpp"
#include "analysis/published.hpp"
#include "analysis/study_columns.hpp"
#include "core/philox.hpp"
#include "support/made_up_ceilings.hpp"
#include "support/scripted_run.hpp"
#include "workload/study.hpp"

namespace trainmark::analysis {
namespace {

using tests::constantly;
using tests::Script;
using Answer = ClaimResult::Answer;

constexpr const char* kStudy = R"(name = "jit-vs-gpu"
question = "Which?"
[[workload]]
network = "mnist-mlp"
[[platform]]
name = "numpy"
[[platform]]
name = "numba"
[[platform]]
name = "cupy"
)";

/// A scripted run as one of that study.
store::RunData run_of(const std::string& toml, const std::vector<Script>& scripts, const std::string& baseline = "numpy") {
  store::RunData data = tests::scripted_run(scripts, baseline);
  data.run.study = "jit-vs-gpu";
  data.run.study_json = {{"toml", toml}, {"experiments", {{{"workload", data.workloads[0].hash}, {"network", "mnist-mlp"}}}}};
  return data;
}

StudyReport report_of(const store::RunData& data) { return compare(data).value().study.value(); }

auto scattered(double factor, uint64_t seed, double deviation = 0.003) {
  return [=](int64_t repetition, int64_t) {
    core::Philox random(seed, static_cast<uint64_t>(repetition));
    return static_cast<int64_t>(1e6 * factor * (1 + deviation * random.normal()));
  };
}

TEST(StudyReport, ARunOfNoStudyHasNone) {
  EXPECT_FALSE(compare(tests::scripted_run({{.platform = "cpu", .step_ns = constantly(1'000'000)}}, "cpu")).value().study.has_value());
  EXPECT_FALSE(compare(run_of("rubbish = ", {{.platform = "numpy", .step_ns = constantly(1'000'000)}})).value().study.has_value());
}

TEST(StudyTables, HoldMeasuredFiguresWithThePrintedOnesBeside) {
  const std::string table = R"(
[[table]]
number = "table 1"
title = "Times"
columns = ["training_time_mean", "step_time", "accuracy", "speed_up", "verdict"]
)";
  const StudyReport report = report_of(run_of(kStudy + table, {{.platform = "numpy", .processes = 2, .step_ns = constantly(1'000'000)},
                                                               {.platform = "numba", .processes = 2, .step_ns = constantly(2'000'000)}}));
  const StudyTableResult& filled = report.tables.at(0);
  ASSERT_EQ(filled.rows.size(), 3u);  // two measured, CuPy printed only
  const StudyRow& numpy = filled.rows[0];
  EXPECT_EQ(numpy.platform, "numpy");
  EXPECT_NEAR(numpy.cells[0].value.value(), 0.02, 1e-12);  // 20 planned steps of 1 ms
  EXPECT_EQ(numpy.cells[0].text, "0.0200");
  EXPECT_EQ(numpy.cells[0].published, "37.22");
  EXPECT_EQ(numpy.cells[1].text, "1.00");
  EXPECT_EQ(numpy.cells[1].published, "");
  EXPECT_EQ(numpy.cells[2].text, "95.5");
  EXPECT_EQ(numpy.cells[2].published, "91.35");
  EXPECT_EQ(numpy.cells[3].text, "1.00");
  EXPECT_EQ(numpy.cells[4].text, "verified");
  EXPECT_EQ(filled.rows[1].cells[3].text, "0.500");
  EXPECT_FALSE(filled.rows[2].measured);
  EXPECT_EQ(filled.rows[2].platform, "cupy V100");
  EXPECT_EQ(filled.rows[2].cells[0].text, "-");
  EXPECT_EQ(filled.rows[2].cells[0].published, "0.35");
}

TEST(StudyTables, APlatformWithoutARankSaysSoInItsRow) {
  const std::string table = "[[table]]\nnumber = \"table 1\"\ntitle = \"Times\"\ncolumns = [\"step_time\"]\n";
  const auto rows = report_of(run_of(kStudy + table, {{.platform = "numpy", .step_ns = constantly(1'000'000)},
                                                      {.platform = "numba", .step_ns = constantly(500'000), .verdict = "failed"}}))
                        .tables.at(0)
                        .rows;
  EXPECT_EQ(rows.at(0).platform, "numpy");
  EXPECT_EQ(rows.at(0).unranked, "");
  EXPECT_EQ(rows.at(1).platform, "numba");
  EXPECT_EQ(rows.at(1).unranked, "failed");
}

// The same workload may be a point of two sweeps, and stands in the tables of both.
TEST(StudyTables, AWorkloadOfTwoLabelsIsInTheRowsOfBoth) {
  store::RunData data = run_of(std::string(kStudy) + R"(
[[workload]]
network = "mnist-mlp"
label = "width"
[[workload]]
network = "mnist-mlp"
label = "samples"
[[table]]
number = "table 1"
title = "Widths"
workloads = ["width"]
columns = ["step_time"]
[[table]]
number = "table 2"
title = "Samples"
workloads = ["samples"]
columns = ["step_time"]
[[table]]
number = "table 3"
title = "Others"
workloads = ["mnist-mlp"]
columns = ["step_time"]
)",
                               {{.platform = "numpy", .step_ns = constantly(1'000'000)}});
  data.run.study_json["experiments"][0]["labels"] = {"width", "samples"};
  const StudyReport report = report_of(data);
  ASSERT_EQ(report.tables.size(), 3u);
  ASSERT_FALSE(report.tables[0].rows.empty());
  EXPECT_EQ(report.tables[0].rows[0].workload, "width");
  ASSERT_FALSE(report.tables[1].rows.empty());
  EXPECT_EQ(report.tables[1].rows[0].workload, "samples");
  EXPECT_TRUE(report.tables[2].rows.empty());
}

TEST(StudyTables, RowsOfWorkloadsHoldWhatDependsOnTheNetworkAlone) {
  const std::string table = R"(
[[table]]
number = "table 9"
title = "Network"
rows = "workloads"
columns = ["parameters", "forward_macs", "model_size", "step_flops"]
)";
  const auto filled = report_of(run_of(kStudy + table, {{.platform = "numpy", .step_ns = constantly(1'000'000)}})).tables.at(0);
  ASSERT_EQ(filled.rows.size(), 1u);
  const auto& cells = filled.rows[0].cells;
  EXPECT_NEAR(cells[0].value.value(), 0.118282, 1e-9);  // 784 x 128 + 128 + 128 x 128 + 128 + 128 x 10 + 10
  EXPECT_NEAR(cells[1].value.value(), 118'016e-9, 1e-15);
  EXPECT_NEAR(cells[2].value.value(), 4 * 0.118282, 1e-9);
  EXPECT_NEAR(cells[3].value.value(), 64e-9 * (3 * 2 * 118'016 - 2 * 784 * 128), 1e-9);  // no gradient by the images
}

TEST(StudyColumns, EveryWordOfTheVocabularyHasOneInItsOrder) {
  ASSERT_EQ(study_columns().size(), workload::column_words().size());
  for (size_t i = 0; i < study_columns().size(); ++i) EXPECT_EQ(study_columns()[i].word, workload::column_words()[i]);
}

TEST(StudyColumns, FiguresHaveThreeDigits) {
  EXPECT_EQ(figure_text(12345.6), "12346");
  EXPECT_EQ(figure_text(999.4), "999");
  EXPECT_EQ(figure_text(42.25), "42.2");
  EXPECT_EQ(figure_text(0.012345), "0.0123");
  EXPECT_EQ(figure_text(-3.14159), "-3.14");
  EXPECT_EQ(figure_text(0), "0");
  EXPECT_EQ(figure_text(1.5e-9), "1.50e-09");
}

TEST(Published, PlatformsAreMatchedByNameWithTheirMachinesBehind) {
  EXPECT_TRUE(is_same_platform("numpy", "numpy"));
  EXPECT_TRUE(is_same_platform("pytorch-cuda T4", "pytorch-cuda"));
  EXPECT_TRUE(is_same_platform("pytorch", "pytorch-cpu"));
  EXPECT_TRUE(is_same_platform("tensorflow M1", "tensorflow-metal"));
  EXPECT_FALSE(is_same_platform("pytorch-cuda T4", "pytorch-cpu"));
  EXPECT_FALSE(is_same_platform("pytorch", "pytorch-cpu:compile"));
  EXPECT_FALSE(is_same_platform("T4 / M3 Pro", "pytorch-cuda"));
  EXPECT_FALSE(is_same_platform("", "cpu"));
}

// Every number that the studies printed in tables has a table with a column for it.
TEST(Published, EveryPrintedNumberHasAPlaceInItsStudy) {
  const std::set<std::string> not_repeated = {"validation TFLOP/s as printed"};  // of the same rule as the one of training
  for (const char* name : {"cpu-vs-cuda", "roofline", "jit-vs-gpu", "speed-and-power"}) {
    const auto study = workload::find_study(name).value();
    ASSERT_GT(published_of(name).size(), 5u) << name;
    for (const Published& row : published_of(name)) {
      bool found = not_repeated.count(row.quantity) > 0;
      for (const auto& table : study.page.tables) {
        if (std::find(table.published.begin(), table.published.end(), row.item) == table.published.end()) continue;
        for (const std::string& word : table.columns) {
          const auto& quantities = study_column(word).published;
          found = found || std::find(quantities.begin(), quantities.end(), row.quantity) != quantities.end();
        }
      }
      EXPECT_TRUE(found) << name << ": " << row.item << ", " << row.quantity;
    }
  }
}

TEST(StudyFigures, SayWhyThereIsNothingToDraw) {
  const std::string figures = R"(
[[figure]]
number = "figure 1"
title = "Losses"
chart = "losses"
[[figure]]
number = "figure 2"
title = "Energy"
chart = "energy"
[[figure]]
number = "figure 3"
title = "Sweep"
chart = "sweep"
)";
  const auto report = report_of(run_of(kStudy + figures, {{.platform = "numpy", .step_ns = constantly(1'000'000)}}));
  EXPECT_EQ(report.figures.at(0).missing, "");
  EXPECT_EQ(report.figures.at(0).workloads, std::vector<size_t>{0});
  EXPECT_EQ(report.figures.at(1).missing, "no counter of energy could be read");
  EXPECT_EQ(report.figures.at(2).missing, "only one point of the sweep ran");
}

class StudyClaims : public testing::Test {
 protected:
  static ClaimResult claim(const std::string& members, const std::vector<Script>& scripts) {
    return report_of(run_of(fmt::format("{}[[claim]]\ntext = \"t\"\n{}", kStudy, members), scripts)).claims.at(0);
  }
  static std::vector<Script> pair(double factor, int64_t processes = 5, const std::string& verdict = "verified") {
    return {{.platform = "numpy", .processes = processes, .step_ns = scattered(1, 1)},
            {.platform = "numba", .processes = processes, .step_ns = scattered(factor, 2), .verdict = verdict}};
  }
  static constexpr const char* kNumbaFaster = "kind = \"faster\"\nplatform = \"numba\"\nthan = \"numpy\"\n";
};

TEST_F(StudyClaims, FasterIsDecidedByTheInterval) {
  EXPECT_EQ(claim(kNumbaFaster, pair(0.5)).answer, Answer::kSupported);
  EXPECT_EQ(claim(kNumbaFaster, pair(2)).answer, Answer::kRefuted);
  EXPECT_EQ(claim(kNumbaFaster, pair(1)).answer, Answer::kUndecided);
  EXPECT_EQ(claim(kNumbaFaster, pair(0.995)).answer, Answer::kUndecided);   // below the machine's noise
  EXPECT_EQ(claim(kNumbaFaster, pair(0.5, 4)).answer, Answer::kUndecided);  // too few processes
  EXPECT_NE(claim(kNumbaFaster, pair(0.5)).reason.find("on mnist-mlp: numba is 2 times as fast as numpy (95 % interval 1.98 to 2.01)"), std::string::npos)
      << claim(kNumbaFaster, pair(0.5)).reason;
}

TEST_F(StudyClaims, WhatOnlyTheNoiseOfTheMachineForbidsIsSaid) {
  const auto answer = claim(kNumbaFaster, {{.platform = "numpy", .processes = 5, .step_ns = scattered(1, 1, 0.0001)},
                                           {.platform = "numba", .processes = 5, .step_ns = scattered(0.995, 2, 0.0001)}});
  EXPECT_EQ(answer.answer, Answer::kUndecided);
  EXPECT_NE(answer.reason.find("; differences below 1 % are noise in this run"), std::string::npos) << answer.reason;
}

TEST_F(StudyClaims, AFactorIsPartOfTheClaim) {
  const std::string hundred = std::string(kNumbaFaster) + "by = 100\n";
  EXPECT_EQ(claim(hundred, pair(0.5)).answer, Answer::kRefuted);
  EXPECT_EQ(claim(hundred, pair(0.005)).answer, Answer::kSupported);
  EXPECT_EQ(claim(hundred, pair(0.01)).answer, Answer::kUndecided);
}

TEST_F(StudyClaims, WhatIsNotVerifiedOrNotThereDecidesNothing) {
  EXPECT_EQ(claim(kNumbaFaster, pair(0.5, 5, "failed")).answer, Answer::kUndecided);
  EXPECT_EQ(claim(kNumbaFaster, pair(0.5, 5, "failed")).reason, "numba is failed on mnist-mlp");
  const auto absent = claim("kind = \"faster\"\nplatform = \"cupy\"\nthan = \"numpy\"\n", pair(1));
  EXPECT_EQ(absent.answer, Answer::kUndecided);
  EXPECT_EQ(absent.reason, "cupy has no time on mnist-mlp");
}

TEST_F(StudyClaims, ATimeThatCannotBeSupportsNothing) {
  const std::vector<Script> scripts = {{.platform = "numpy", .processes = 5, .step_ns = scattered(1, 1)},
                                       {.platform = "numba", .processes = 5, .step_ns = scattered(0.001, 2)}};
  const auto data = run_of(fmt::format("{}[[claim]]\ntext = \"t\"\n{}", kStudy, kNumbaFaster), scripts);
  EXPECT_EQ(report_of(data).claims.at(0).answer, Answer::kSupported);
  const auto answer = report_of(tests::with_ceilings(data, {tests::made_up_ceilings(100)})).claims.at(0);
  EXPECT_EQ(answer.answer, Answer::kUndecided);
  EXPECT_EQ(answer.reason, "numba is INVALID on mnist-mlp");
}

TEST_F(StudyClaims, EveryRepetitionMeansEvery) {
  const std::string every = "kind = \"faster_every_repetition\"\nplatform = \"numba\"\nthan = \"numpy\"\n";
  EXPECT_EQ(claim(every, pair(0.9)).answer, Answer::kSupported);
  const auto once_slower = [](int64_t repetition, int64_t) { return repetition == 3 ? 1'200'000 : 800'000; };
  const auto refuted =
      claim(every, {{.platform = "numpy", .processes = 5, .step_ns = constantly(1'000'000)}, {.platform = "numba", .processes = 5, .step_ns = once_slower}});
  EXPECT_EQ(refuted.answer, Answer::kRefuted);
  EXPECT_NE(refuted.reason.find("in 4 of 5 repetitions"), std::string::npos) << refuted.reason;
  EXPECT_EQ(claim(every, pair(0.9, 3)).answer, Answer::kUndecided);
}

TEST_F(StudyClaims, EqualAccuraciesNeedEnoughPairs) {
  EXPECT_EQ(claim("kind = \"same_accuracy\"\n", pair(1, 6)).answer, Answer::kSupported);
  EXPECT_EQ(claim("kind = \"same_accuracy\"\n", pair(1, 1)).answer, Answer::kUndecided);
}

TEST_F(StudyClaims, EnergyWithoutCountersIsUndecided) {
  const auto answer = claim("kind = \"less_energy\"\nplatform = \"numba\"\nthan = \"numpy\"\n", pair(1));
  EXPECT_EQ(answer.answer, Answer::kUndecided);
  EXPECT_EQ(answer.reason, "energy could not be measured here");
}

/// Two workloads of one label, which differ in batch size.
store::RunData sweep(const std::string& members, double small_factor, double large_factor) {
  store::RunData data =
      run_of(fmt::format("{}[[claim]]\ntext = \"t\"\n{}", kStudy, members),
             {{.platform = "numpy", .processes = 5, .step_ns = scattered(1, 1)}, {.platform = "numba", .processes = 5, .step_ns = scattered(small_factor, 2)}});
  workload::Workload large = tests::scripted_workload();
  large.recipe.batch_size = 320;
  const store::RunData other = tests::scripted_run(
      {{.platform = "numpy", .processes = 5, .step_ns = scattered(5, 3)}, {.platform = "numba", .processes = 5, .step_ns = scattered(5 * large_factor, 4)}},
      "numpy", large);
  data.workloads.push_back(other.workloads[0]);
  data.trials.insert(data.trials.end(), other.trials.begin(), other.trials.end());
  data.run.study_json["experiments"].push_back({{"workload", other.workloads[0].hash}, {"network", "mnist-mlp"}});
  return data;
}

TEST_F(StudyClaims, AReasonThatHoldsForEveryWorkloadIsSaidOnce) {
  const auto answer = report_of(sweep("kind = \"less_energy\"\nplatform = \"numba\"\nthan = \"numpy\"\n", 1, 1)).claims.at(0);
  EXPECT_EQ(answer.reason, "energy could not be measured here");
}

TEST_F(StudyClaims, RatesAndLeadsAreComparedBetweenTheEndsOfASweep) {
  const std::string rate = "kind = \"rate_grows_with_batch\"\nplatform = \"numba\"\n";
  EXPECT_EQ(report_of(sweep(rate, 1, 0.5)).claims.at(0).answer, Answer::kSupported);
  EXPECT_EQ(report_of(sweep(rate, 1, 2)).claims.at(0).answer, Answer::kRefuted);
  EXPECT_EQ(report_of(sweep(rate, 1, 1)).claims.at(0).answer, Answer::kUndecided);
  const std::string gap = "kind = \"gap_grows_with_size\"\nplatform = \"numba\"\nthan = \"numpy\"\n";
  const auto grows = report_of(sweep(gap, 0.5, 0.1)).claims.at(0);
  EXPECT_EQ(grows.answer, Answer::kSupported);
  EXPECT_NE(grows.reason.find("from 2 times on mnist-mlp, batch 64 to 9.97 times on mnist-mlp, batch 320"), std::string::npos) << grows.reason;
  EXPECT_EQ(report_of(sweep(gap, 0.5, 0.9)).claims.at(0).answer, Answer::kRefuted);
}

}  // namespace
}  // namespace trainmark::analysis

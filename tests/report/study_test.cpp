// The study's part of reports.
#include "report/study.hpp"

#include <gtest/gtest.h>

namespace trainmark::report {
namespace {

analysis::StudyTableResult table() {
  return {"table 3",
          "Times",
          "",
          {{"step", "ms"}, {"verdict", ""}},
          {{"mnist-mlp", "numpy", true, "", {{1.5, "1.50", "84.6"}, {std::nullopt, "verified", ""}}},
           {"mnist-nn", "cupy", false, "", {{std::nullopt, "-", "30.2"}, {std::nullopt, "-", ""}}}}};
}

TEST(StudyReportRows, PrintedFiguresStandBesideMeasuredOnesAndStarsMarkRowsOfTheStudyAlone) {
  const auto rows = study_table_rows(table());
  EXPECT_EQ(rows[0], (std::vector<std::string>{"platform", "workload", "step, ms", "printed", "verdict"}));
  EXPECT_EQ(rows[1], (std::vector<std::string>{"numpy", "mnist-mlp", "1.50", "84.6", "verified"}));
  EXPECT_EQ(rows[2], (std::vector<std::string>{"cupy*", "mnist-nn", "-", "30.2", "-"}));
}

TEST(StudyReportRows, InBracketsTheyNeedNoColumn) {
  const auto rows = study_table_rows(table(), PrintedFigures::kInBrackets);
  EXPECT_EQ(rows[0], (std::vector<std::string>{"platform", "workload", "step, ms", "verdict"}));
  EXPECT_EQ(rows[1], (std::vector<std::string>{"numpy", "mnist-mlp", "1.50 [84.6]", "verified"}));
  EXPECT_EQ(rows[2][2], "[30.2]");
}

TEST(StudyReportRows, ColumnsThatNoRowNeedsAreLeftOut) {
  auto machine = table();
  for (auto& row : machine.rows) {
    row.workload.clear();
    for (auto& cell : row.cells) cell.published.clear();
  }
  EXPECT_EQ(study_table_rows(machine)[0], (std::vector<std::string>{"platform", "step, ms", "verdict"}));
}

TEST(StudyReportSentences, AreClaimsFirstAndNothingEmpty) {
  analysis::StudyReport study;
  study.claims = {{"The GPU is faster.", analysis::ClaimResult::Answer::kUndecided, "cupy cannot run here"}};
  study.flaws = {"The table was empty."};
  const auto parts = study_sentences(study);
  ASSERT_EQ(parts.size(), 2u);
  EXPECT_EQ(parts[0].second.at(0), "The GPU is faster - undecided: cupy cannot run here.");
  EXPECT_EQ(parts[1].first, "Flaws of the published study");
}

TEST(StudyReportJson, HasNullForWhatIsNotKnown) {
  analysis::StudyReport study;
  study.name = "s";
  study.tables = {table()};
  const core::Json json = study_json(study);
  EXPECT_EQ(json["tables"][0]["rows"][0]["cells"][0]["value"], 1.5);
  EXPECT_TRUE(json["tables"][0]["rows"][1]["cells"][0]["value"].is_null());
  EXPECT_EQ(json["tables"][0]["rows"][1]["cells"][0]["published"], "30.2");
  EXPECT_TRUE(json["tables"][0]["note"].is_null());
  EXPECT_EQ(json["scale"], "full");
}

}  // namespace
}  // namespace trainmark::report

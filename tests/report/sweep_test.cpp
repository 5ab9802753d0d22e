// Sweeps and comparisons as text: within the width, with their causes, safe in CSV and Markdown.
#include "report/sweep.hpp"

#include <gtest/gtest.h>

#include <sstream>

#include "core/file.hpp"
#include "report/text_table.hpp"

namespace trainmark::report {
namespace {

std::vector<analysis::Sweep> made_up() {
  analysis::Sweep sweep;
  sweep.varied = "batch_size";
  sweep.name = "batch size";
  sweep.title = "mnist-mlp on \"mine\", 2 threads";
  analysis::SweepLine line;
  line.platform = "a-platform-with-a-long-name@2.4:compile-everything";
  line.points = {{32, "hash-a", 1e6, statistics::Interval{0.9e6, 1.1e6}, 31'250, statistics::Interval{28'125, 34'375}, 5, "", 0},
                 {64, "hash-b", {}, {}, {}, {}, 5, "failed: The loss of step 3 is nan, first in \"fc1.weight\", | said so", 1}};
  line.growth = analysis::Growth{0.8, statistics::Interval{0.7, 0.9}, 2};
  sweep.lines = {line};
  sweep.sentences = {"One sentence that is so long that it has to be broken somewhere, or it would not fit the terminal."};
  return {sweep};
}

TEST(SweepReport, FitsTheTerminal) {
  std::istringstream lines(sweeps_text(made_up(), 80));
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 80u) << line;
  EXPECT_NE(sweeps_text(made_up(), 120).find("1.00 ms"), std::string::npos);
  EXPECT_EQ(sweeps_text({}, 80), "");
  EXPECT_EQ(sweeps_markdown({}), "");
}

TEST(SweepReport, CsvHasARowForEachPointWithItsCause) {
  const auto folder = core::TemporaryFolder::make(std::filesystem::temp_directory_path(), "trainmark-sweep").value();
  EXPECT_EQ(write_sweep_csv({}, folder.path()).value(), "");
  EXPECT_EQ(write_sweep_csv(made_up(), folder.path()).value(), "sweep.csv");
  std::istringstream lines(core::read_file(folder.path() / "sweep.csv").value());
  std::string heading, first, second, end;
  std::getline(lines, heading);
  std::getline(lines, first);
  std::getline(lines, second);
  EXPECT_FALSE(std::getline(lines, end));
  EXPECT_EQ(first,
            "batch_size,\"mnist-mlp on \"\"mine\"\", 2 threads\",\"a-platform-with-a-long-name@2.4:compile-everything\",32,hash-a,5,1000000,900000,1100000,"
            "31250,28125,34375,0.8,0.7,0.9,");
  EXPECT_NE(second.find(",64,hash-b,5,,,,,,,0.8,0.7,0.9,\"failed: The loss of step 3 is nan, first in \"\"fc1.weight\"\", | said so\""), std::string::npos)
      << second;
}

TEST(SweepReport, AnonymousJsonKeepsTheKindOfTheCauseAlone) {
  EXPECT_EQ(sweeps_json(made_up(), true)[0]["platforms"][0]["points"][1]["cause"], "failed");
  EXPECT_TRUE(sweeps_json(made_up(), true)[0]["sentences"].empty());
}

TEST(TextTables, MarkdownCellsCannotEndTheirCell) {
  EXPECT_EQ(markdown_table({{"name", "note"}, {"a|b", "two\nlines"}}, {"note"}), "| name | note |\n|---|---|\n| a\\|b | two lines |\n\n");
}

}  // namespace
}  // namespace trainmark::report

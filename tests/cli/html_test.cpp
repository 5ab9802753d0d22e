// The page and the files of charts and tables, as a user asks for them.
#include <gtest/gtest.h>

#include "support/run_program.hpp"

namespace trainmark::tests {
namespace {

namespace fs = std::filesystem;

TEST(HtmlReport, IsWrittenByRunAndByReportWithChartsAndTablesAsFiles) {
  const auto folder = core::TemporaryFolder::make(fs::temp_directory_path(), "trainmark-html").value();
  const auto ran =
      run_trainmark("run mnist-mlp --platform cpu --max-batches 40 --epochs 1 --batch-size 32 --threads 1 --out out --html page.html", folder.path());
  ASSERT_EQ(ran.exit_code, 0) << ran.err;
  const std::string page = core::read_file(folder.path() / "page.html").value();
  EXPECT_EQ(page.find("<!DOCTYPE html>"), 0u);
  EXPECT_NE(page.find("--html page.html"), std::string::npos) << "the command to repeat it";

  const auto anonymous = run_trainmark("report --out out --html - --anonymous", folder.path());
  EXPECT_EQ(anonymous.exit_code, 0) << anonymous.err;
  EXPECT_EQ(anonymous.out.find("--html page.html"), std::string::npos);
  EXPECT_EQ(anonymous.out.find(folder.path().string()), std::string::npos);

  const auto tables = run_trainmark("report --out out --latex tex", folder.path());
  EXPECT_EQ(tables.exit_code, 0) << tables.err;
  EXPECT_NE(core::read_file(folder.path() / "tex" / "w1-results.tex").value().find("\\toprule"), std::string::npos);

  const auto drawn = run_trainmark("report --out out --figures figures", folder.path(), "PATH=/none TRAINMARK_CACHE='" + folder.path().string() + "'");
  EXPECT_EQ(drawn.exit_code, 2);
  EXPECT_NE(drawn.err.find("pip install vl-convert-python"), std::string::npos) << drawn.err;
  EXPECT_TRUE(fs::exists(folder.path() / "figures" / "w1-step-time.vl.json"));
}

}  // namespace
}  // namespace trainmark::tests

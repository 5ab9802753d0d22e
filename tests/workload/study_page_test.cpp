// Pages of studies: what their tables, figures and claims become, mistakes at their lines, and the small scale.
#include "workload/study_page.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "workload/study.hpp"

namespace trainmark::workload {
namespace {

constexpr const char* kHead = R"(name = "mine"
question = "Which is faster?"
flaws = ["none"]
small = { repetitions = 2, epochs = 1 }
[[workload]]
network = "mnist-mlp"
label = "short"
epochs = 9
platforms = ["cpu"]
[[workload]]
network = "mnist-mlp"
label = "long"
epochs = 90
small = { epochs = 3, train_count = 100 }
[[workload]]
network = "mnist-cnn"
small = { skip = true }
[[platform]]
name = "cpu"
[[platform]]
name = "numpy"
)";

Study study(const std::string& more) { return parse_study(kHead + more, "mine.toml").value(); }
std::string error(const std::string& more) { return parse_study(kHead + more, "mine.toml").error().message; }

TEST(StudyPage, HoldsTablesFiguresAndClaims) {
  const StudyPage page = study(R"(
[[table]]
number = "table 3"
title = "Times"
workloads = ["long"]
columns = ["step_time", "accuracy"]
[[table]]
number = "table 4"
title = "Roofs"
rows = "machine"
columns = ["peak_rate"]
published = ["table 7"]
[[figure]]
number = "figure 1"
title = "Losses"
chart = "losses"
[[claim]]
text = "The GPU is faster"
kind = "faster"
platform = "cupy"
than = "numpy"
by = 100
[[missing]]
what = "ResNet"
reason = "too large"
)")
                             .page;
  EXPECT_EQ(page.question, "Which is faster?");
  ASSERT_EQ(page.tables.size(), 2u);
  EXPECT_EQ(page.tables[0].columns, (std::vector<std::string>{"step_time", "accuracy"}));
  EXPECT_EQ(page.tables[0].published, std::vector<std::string>{"table 3"});
  EXPECT_EQ(page.tables[1].rows, StudyTable::Rows::kMachine);
  EXPECT_EQ(page.tables[1].published, std::vector<std::string>{"table 7"});
  EXPECT_EQ(page.figures.at(0).chart, "losses");
  EXPECT_EQ(page.claims.at(0).kind, StudyClaim::Kind::kFaster);
  EXPECT_EQ(page.claims.at(0).by, 100);
  EXPECT_EQ(page.missing.at(0).what, "ResNet");
}

TEST(StudyPage, MistakesAreErrorsAtTheirLinesWithTheNearestWord) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"[[table]]\nnumber = \"1\"\ntitle = \"t\"\ncolumns = [\"step_tim\"]\n",
       "mine.toml:25: 'columns': there is no column 'step_tim' (did you mean 'step_time'?)"},
      {"[[table]]\nnumber = \"1\"\ntitle = \"t\"\ncolumns = 3\n", "must be a list of strings"},
      {"[[table]]\nnumber = \"1\"\ncolumns = [\"rate\"]\n", "a table needs the key 'title'"},
      {"[[table]]\nnumber = \"1\"\ntitle = \"t\"\nrows = \"rows\"\ncolumns = [\"rate\"]\n", "'rows' of a table must be one of platforms, workloads, machine"},
      {"[[table]]\nnumber = \"1\"\ntitle = \"t\"\nworkloads = [\"shrt\"]\ncolumns = [\"rate\"]\n", "there is no workload 'shrt' (did you mean 'short'?)"},
      {"[[figure]]\nnumber = \"1\"\ntitle = \"t\"\nchart = \"loses\"\n", "there is no chart 'loses' (did you mean 'losses'?)"},
      {"[[claim]]\ntext = \"t\"\nkind = \"fastest\"\n", "there is no kind of claim 'fastest'"},
      {"[[claim]]\ntext = \"t\"\nkind = \"faster\"\nplatform = \"cpu\"\n", "a claim needs the key 'than'"},
      {"[[claim]]\ntext = \"t\"\nkind = \"faster\"\nplatform = \"cpu\"\nthan = \"numpy\"\nby = 0.5\n", "'by' of a claim must be from 1 to 1000000, not 0.5"},
      {"[[workload]]\nnetwork = \"mnist-nn\"\nplatforms = [\"numpi\"]\n",
       "names the platform 'numpi', which is not one of the study's (did you mean 'numpy'?)"},
      {"[[workload]]\nnetwork = \"mnist-nn\"\nsmall = { epochs = 0 }\n", "'epochs' of the small scale must be at least 1, not 0"},
      {"[[workload]]\nnetwork = \"mnist-nn\"\nsmall = { repetitions = 2 }\n", "the small scale has no key 'repetitions'"},
  };
  for (const auto& [text, message] : cases) EXPECT_NE(error(text).find(message), std::string::npos) << error(text) << "\nwanted: " << message;
}

TEST(StudyPage, SmallScaleReplacesWhatItNamesAndAWorkloadsOwnComesLast) {
  const Study small = at_small_scale(study("")).value();
  EXPECT_TRUE(small.is_small);
  EXPECT_EQ(small.repetitions, 2);
  ASSERT_EQ(small.workloads.size(), 2u);  // the third is left out
  EXPECT_EQ(small.workloads[0].epochs, 1);
  EXPECT_FALSE(small.workloads[0].train_count.has_value());
  EXPECT_EQ(small.workloads[1].epochs, 3);
  EXPECT_EQ(small.workloads[1].train_count, 100);
  const auto none = at_small_scale(parse_study("name = \"a\"\n[[workload]]\nnetwork = \"mnist-nn\"\n", "a.toml").value());
  ASSERT_FALSE(none.ok());
  EXPECT_NE(none.error().message.find("the study 'a' has no small scale"), std::string::npos);
}

TEST(BuiltInStudies, AreReadWithAPageAndASmallScale) {
  for (const char* name : {"five-platforms", "cpu-vs-cuda", "roofline", "jit-vs-gpu", "speed-and-power"}) {
    const auto found = find_study(name);
    ASSERT_TRUE(found.ok()) << found.error().message;
    EXPECT_FALSE(found->page.question.empty()) << name;
    EXPECT_FALSE(found->page.flaws.empty()) << name;
    EXPECT_GE(found->page.tables.size(), 1u) << name;
    EXPECT_GE(found->page.figures.size(), 2u) << name;
    EXPECT_GE(found->page.claims.size(), 3u) << name;
    EXPECT_TRUE(at_small_scale(*found).ok()) << name;
  }
}

}  // namespace
}  // namespace trainmark::workload

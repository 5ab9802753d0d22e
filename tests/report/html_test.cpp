// The HTML page as text: what its reader's safety and its independence hang on. How it looks and draws is tests/report/browser's.
#include "report/html.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <regex>
#include <set>

#include "report/latex.hpp"
#include "report/report.hpp"
#include "support/made_up_ceilings.hpp"
#include "support/scripted_energy.hpp"
#include "support/scripted_run.hpp"

namespace trainmark::report {
namespace {

using core::Json;
using tests::constantly;

constexpr const char* kHostile = "</script><script>alert(1)</script>\"'&\xF0\x9F\x90\x8D\xD7\xA9\xD7\x9C";

struct Page {
  Json report;
  std::vector<Chart> charts;
  std::string html;
};

Page page_of(const store::RunData& data, bool anonymous = false) {
  const auto comparison = analysis::compare(data).value();
  return {render_json(comparison, anonymous), charts_of(data, comparison, anonymous), html_of(data, comparison, anonymous)};
}

int64_t wave(int64_t step_ns, int64_t repetition, int64_t round) { return step_ns + step_ns / 1000 * ((repetition * 7 + round * 5) % 11); }

store::RunData run_of(const std::vector<std::string>& names) {
  std::vector<tests::Script> scripts;
  for (size_t i = 0; i < names.size(); ++i) {
    const int64_t step_ns = 1'000'000 * static_cast<int64_t>(1 + 2 * i);
    scripts.push_back({.platform = names[i], .processes = 5, .step_ns = [step_ns](int64_t r, int64_t round) { return wave(step_ns, r, round); }});
  }
  return tests::scripted_run(scripts, names.front());
}

size_t count(const std::string& text, const std::string& what) {
  size_t n = 0;
  for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + what.size())) ++n;
  return n;
}

TEST(HtmlText, NothingInATextIsMarkup) { EXPECT_EQ(html_escaped("<b a=\"1\" c='2'>&"), "&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;"); }

TEST(HtmlText, NothingInATextTurnsTheDirectionOfWhatFollows) {
  EXPECT_EQ(html_escaped("a\xE2\x80\xAE"
                         "b\xE2\x81\xA9"
                         "c\xE2\x80\xA6\xE2"),
            "abc\xE2\x80\xA6\xE2");
}

TEST(HtmlText, BackquotesAreCodeAndAnOpenOneIsItself) { EXPECT_EQ(html_sentence("`a<b` is fast, `c"), "<code><bdi>a&lt;b</bdi></code> is fast, `c"); }

TEST(HtmlText, DataOfScriptsCannotEndTheirElementAndStaysTheSame) {
  const Json json = {{"name", kHostile}, {"comment", "<!-- \xE2\x80\xA8"}};
  const std::string text = script_json(json);
  EXPECT_EQ(text.find('<'), std::string::npos);
  EXPECT_EQ(std::count_if(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) > 126; }), 0);
  EXPECT_EQ(Json::parse(text), json);
  EXPECT_NO_THROW(script_json({{"not UTF-8", "\xff\xfe"}}));
}

TEST(HtmlPage, HostileNamesStayText) {
  const Page page = page_of(run_of({"cpu", kHostile}));
  EXPECT_EQ(page.html.find("<script>alert"), std::string::npos);
  EXPECT_EQ(count(page.html, "</script>"), 4u);  // two of data, the bundle, the page's own
  EXPECT_NE(page.html.find("&lt;/script&gt;&lt;script&gt;alert(1)"), std::string::npos);
}

TEST(HtmlPage, NamesThatLookLikePlaceholdersStay) {
  const Page page = page_of(run_of({"cpu", "{shapes}", "{{bundle}}"}));
  EXPECT_NE(page.html.find("<bdi>{{bundle}}</bdi>"), std::string::npos);
  EXPECT_NE(page.charts.front().spec.dump().find("\"{shapes}\""), std::string::npos);
}

TEST(HtmlPage, HoldsEverythingThatItNeeds) {
  const std::string html = page_of(run_of({"cpu", "numpy"})).html;
  const std::string head = html.substr(0, html.find("<script"));
  EXPECT_FALSE(std::regex_search(head, std::regex("(src|href)=\"[^#\"]")));  // links lead into the page
  EXPECT_EQ(head.find("@import"), std::string::npos);
  EXPECT_EQ(head.find("url("), std::string::npos);
  EXPECT_NE(head.find("default-src 'none'"), std::string::npos);
  EXPECT_EQ(html.find("<link"), std::string::npos);
  EXPECT_EQ(html.find("<script src"), std::string::npos);
}

TEST(HtmlPage, EveryChartHasATableADescriptionAndData) {
  auto data = tests::with_ceilings(run_of({"cpu", "numpy"}), {tests::made_up_ceilings(1000)});
  for (auto& trial : data.trials) trial.readings.push_back(tests::made_up_operations(trial.trial, 2'000'000));
  tests::add_energy(data, {{}});
  for (auto& trial : data.trials) {
    for (auto& block : trial.blocks) block.started_wall_ns = 1'700'000'000'000'000'000 + block.index * 10'000'000;
    trial.outcome->memory = {{"parameters", 1 << 20}, {"gradients", 1 << 20}};
  }
  const Page page = page_of(data);
  std::set<std::string> names;
  for (const Chart& chart : page.charts) {
    names.insert(chart.name);
    EXPECT_FALSE(chart.table.rows.empty()) << chart.id;
    for (const auto& row : chart.table.rows) EXPECT_EQ(row.size(), chart.table.headings.size()) << chart.id;
    EXPECT_GT(chart.points, 0u) << chart.id;
    EXPECT_GT(chart.description.size(), 30u) << chart.id;
    EXPECT_EQ(chart.spec["description"], chart.description) << chart.id;
    EXPECT_FALSE(std::regex_search(chart.spec.dump(), std::regex("\"[^\"]*\\{[a-z_]+\\}"))) << chart.id << ": a placeholder was left";
    const size_t figure = page.html.find("<figure id=\"" + chart.id + "\"");
    ASSERT_NE(figure, std::string::npos) << chart.id;
    EXPECT_LT(page.html.find("<table>", figure), page.html.find("</figure>", figure)) << chart.id;
  }
  EXPECT_EQ(names, (std::set<std::string>{"step-time", "timeline", "throughput", "speed-up", "epoch-time", "epoch-throughput", "training-time", "train-loss",
                                          "test-accuracy", "accuracy-over-time", "start-up", "memory", "energy", "operations", "roofline", "network"}));
}

TEST(HtmlPage, ChartsWithoutDataAreLeftOut) {
  std::set<std::string> names;
  for (const Chart& chart : page_of(run_of({"cpu"})).charts) names.insert(chart.name);
  for (const char* absent : {"timeline", "speed-up", "energy", "operations", "roofline"}) EXPECT_EQ(names.count(absent), 0u) << absent;
}

TEST(HtmlPage, PlatformsThatFailedTheirProofAreInTheTableAndInNoChart) {
  auto data = run_of({"cpu", "cheat"});
  for (auto& trial : data.trials) {
    if (trial.trial.platform == "cheat") trial.verdict->verdict = "failed";
  }
  const Page page = page_of(data);
  EXPECT_NE(page.html.find("<bdi>cheat</bdi>"), std::string::npos);
  for (const Chart& chart : page.charts) EXPECT_EQ(chart.data.dump().find("cheat"), std::string::npos) << chart.id;
}

TEST(HtmlPage, AnonymousPagesHoldNoPathHostOrCommand) {
  const std::string html = page_of(run_of({"cpu", "/home/somebody/worker"}), true).html;
  EXPECT_EQ(html.find("somebody"), std::string::npos);
  EXPECT_NE(html.find("[path]"), std::string::npos);
}

TEST(HtmlPage, AStudyShowsPublishedFiguresBesideMeasuredOnes) {
  const Json study = {{"name", "five"},
                      {"tables",
                       {{{"number", "Table 1"},
                         {"title", "Times"},
                         {"columns", {{{"title", "time"}, {"unit", "s"}}}},
                         {"rows", {{{"label", "numpy"}, {"cells", {{{"text", "12.5"}, {"value", 12.5}, {"published", "37.2"}}}}}}}}}},
                      {"claims", {{{"text", "GPU is <fast>"}, {"answer", "supported"}, {"reason", "r"}}}},
                      {"figures",
                       {{{"number", "Figure 2"}, {"title", "Loss"}, {"chart", "train-loss"}, {"workloads", {0}}, {"missing", nullptr}},
                        {{"number", "figure 3"}, {"title", "Sweep"}, {"chart", "sweep"}},
                        {{"title", "Two"}, {"chart", "train-loss"}, {"workloads", {0, 1}}, {"labels", {"small net", "<large> net"}}},
                        {{"title", "All"}, {"chart", "four_panels"}}}},
                      {"missing", {{{"what", "cuda"}, {"reason", "no GPU"}}}},
                      {"flaws", {"it was not timed"}}};
  const Page page = page_of(run_of({"cpu"}));
  const std::string html = html_study(study, page.charts);
  EXPECT_NE(html.find("12.5</bdi><span class=\"published\">"), std::string::npos);
  EXPECT_NE(html.find("37.2"), std::string::npos);
  EXPECT_NE(html.find("GPU is &lt;fast&gt;"), std::string::npos);
  EXPECT_NE(html.find("href=\"#w1-train-loss\""), std::string::npos);
  EXPECT_NE(html.find("no GPU"), std::string::npos);
  EXPECT_NE(html.find("Not drawn: this page has no such chart."), std::string::npos);
  EXPECT_NE(html.find(": small net</a>"), std::string::npos) << "whose chart it is, where a figure is of several workloads";
  for (const char* panel : {"epoch-time", "epoch-throughput", "test-accuracy", "throughput"}) {
    EXPECT_NE(html.find(std::string("data-chart=\"w1-") + panel + "\""), std::string::npos) << panel;
  }
  EXPECT_EQ(html_study(nullptr, {}), "");
  EXPECT_NO_THROW(html_study({{"tables", 3}, {"claims", {1, "x", nullptr}}, {"figures", {{{"chart", 7}}}}}, page.charts));
}

TEST(Headline, SaysWhatTheIntervalCarries) {
  const Page page = page_of(run_of({"cpu", "numpy"}));
  EXPECT_NE(headline(page.report["workloads"][0]).find("`cpu` trains this 3 times as fast as the best framework, `numpy` (95 % interval "), std::string::npos)
      << headline(page.report["workloads"][0]);
  auto few = run_of({"cpu", "numpy"});
  few.trials.erase(std::remove_if(few.trials.begin(), few.trials.end(), [](const auto& t) { return t.trial.repetition > 2; }), few.trials.end());
  EXPECT_NE(headline(page_of(few).report["workloads"][0]).find(", within 3 processes each; 5 would carry a claim)"), std::string::npos)
      << headline(page_of(few).report["workloads"][0]);
  auto alike =
      tests::scripted_run({{.platform = "cpu", .processes = 5, .step_ns = [](int64_t r, int64_t round) { return wave(1'000'000, r, round); }},
                           {.platform = "numpy", .processes = 5, .step_ns = [](int64_t r, int64_t round) { return wave(1'000'000, r + 3, round + 1); }}},
                          "cpu");
  EXPECT_NE(headline(page_of(alike).report["workloads"][0]).find("cannot be told apart"), std::string::npos);
  EXPECT_EQ(headline(page_of(tests::scripted_run({{.platform = "cpu", .step_ns = constantly(5)}}, "cpu")).report["workloads"][0]), "");
}

double luminance(const std::string& colour) {
  double sum = 0;
  const double weights[] = {0.2126, 0.7152, 0.0722};
  for (size_t i = 0; i < 3; ++i) {
    const double c = std::stoi(colour.substr(1 + 2 * i, 2), nullptr, 16) / 255.0;
    sum += weights[i] * (c <= 0.04045 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4));
  }
  return sum;
}

double contrast(const std::string& a, const std::string& b) {
  const double x = luminance(a), y = luminance(b);
  return (std::max(x, y) + 0.05) / (std::min(x, y) + 0.05);
}

TEST(Styles, EveryPlatformHasItsOwnAndIsSeenOnBothPages) {
  std::vector<std::string> names = {"cpu", "numpy", "pytorch-cpu"};
  for (int i = 0; i < 29; ++i) names.push_back("platform-" + std::to_string(i));
  const auto styles = styles_of(names);
  std::set<std::pair<std::string, std::string>> seen;
  for (const auto& [name, style] : styles) {
    EXPECT_TRUE(seen.emplace(style.light, style.shape).second) << name;
    EXPECT_GE(contrast(style.light, "#ffffff"), 3) << style.light;
    EXPECT_GE(contrast(style.dark, "#15181c"), 3) << style.dark;
  }
  EXPECT_EQ(styles_of({"cpu", "x"}).at("cpu").light, styles_of({"numpy", "cpu", "jax-cpu"}).at("cpu").light);
}

TEST(Latex, NothingInATextIsACommand) {
  EXPECT_EQ(latex_escaped("a_b & 50 % \\x{y} #1 $^~"), "a\\_b \\& 50 \\% \\textbackslash{}x\\{y\\} \\#1 \\$\\textasciicircum{}\\textasciitilde{}");
  const std::string table = latex_table({"T", {"platform", "step"}, {{"cpu", "1.5 ms"}, {"[x]", "-"}}});
  EXPECT_NE(table.find("\\begin{tabular}{lr}\n\\toprule\nplatform & step \\\\\n\\midrule\ncpu & 1.5 ms \\\\\n{[x]} & - \\\\\n\\bottomrule"), std::string::npos)
      << table;
}

}  // namespace
}  // namespace trainmark::report

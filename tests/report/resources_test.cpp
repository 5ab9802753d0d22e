// Tables of energy and memory, memory.csv, warnings, and reports that name nobody.
#include <gtest/gtest.h>

#include "core/file.hpp"
#include "report/anonymous.hpp"
#include "report/energy_table.hpp"
#include "report/memory_table.hpp"
#include "report/report.hpp"
#include "support/scripted_energy.hpp"

namespace trainmark::report {
namespace {

using core::Json;
using tests::constantly;

constexpr int64_t kMiB = 1 << 20;

store::RunData run() {
  auto data = tests::scripted_run(
      {{.platform = "cpu", .processes = 2, .step_ns = constantly(1'000'000)}, {.platform = "gpu", .processes = 2, .step_ns = constantly(2'000'000)}}, "cpu");
  for (auto& t : data.trials) {
    t.outcome->memory = {{"parameters", 2 * kMiB}, {"activations", 300 * 1024}, {"gradients", 4 * kMiB}};
    t.preparation->input_bytes = 10 * kMiB;
    const Json phase = {{"peak_rss_bytes", 59 * kMiB}, {"rss_anon_bytes", 30 * kMiB}, {"rss_file_bytes", 20 * kMiB}, {"pss_bytes", 41 * kMiB}};
    t.readings.push_back({data.run.id, t.trial.id, "memory", 0, {{"phases", {{"start", phase}, {"train", phase}}}}});
  }
  return data;
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TEST(EnergyTable, StandsInTerminalAndMarkdownWhereThereIsSomething) {
  auto data = run();
  tests::add_energy(data, {{}});
  const auto comparison = analysis::compare(data).value();
  const std::string terminal = render_terminal(comparison, {120, false}), markdown = render_markdown(comparison);
  for (const std::string& text : {terminal, markdown}) {
    EXPECT_TRUE(has(text, "Energy of one training, by counters of the processor")) << text;
    EXPECT_TRUE(has(text, "600 mJ")) << text;
    EXPECT_TRUE(has(text, "1.20 J")) << "the set of two, and one of the slower";
    EXPECT_TRUE(has(text, "30 W"));
    EXPECT_FALSE(has(text, "host"));
  }
  EXPECT_TRUE(has(markdown, "| platform | energy | +- | net | whole set | per image | per point | power | idle |")) << markdown;
  EXPECT_TRUE(has(markdown, "| cpu | 600 mJ | 0.00 uJ | 400 mJ | 1.20 J |")) << markdown;
}

TEST(EnergyTable, IsMissingWithoutCountersAndOneLineSaysWhy) {
  auto data = run();
  tests::add_energy(data, {}, {}, {{{"what", "powercap"}, {"reason", "there are no counters in /sys/class/powercap"}, {"remedy", "a machine that has them"}}});
  const auto comparison = analysis::compare(data).value();
  EXPECT_TRUE(energy_rows(comparison.workloads[0]).empty());
  EXPECT_TRUE(has(render_terminal(comparison, {80, false}), "\nEnergy was not measured: there are no counters in /sys/class/powercap.\n"));
  EXPECT_FALSE(has(render_terminal(comparison, {80, false}), "Energy of one"));
}

TEST(EnergyTable, PlatformsOnDevicesHaveTheHostBeside) {
  auto data = run();
  tests::add_energy(data, {{}, {.name = "GPU 0", .domain = "device", .limit_w = 300, .watts = [](auto&&...) { return 200.0; }, .device = 0}}, {0});
  const auto rows = energy_rows(analysis::compare(data).value().workloads[0]);
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[0].back(), "host");
  EXPECT_EQ(rows[1].front(), "cpu");
  EXPECT_EQ(rows[1].back(), "-");
  EXPECT_EQ(rows[2][1], "8.00 J");
  EXPECT_EQ(rows[2].back(), "1.20 J");
}

TEST(JoulesText, HasThreeDigitsAndTheRightUnit) {
  EXPECT_EQ(joules_text(0.000'012'3), "12.3 uJ");
  EXPECT_EQ(joules_text(0.0456), "45.6 mJ");
  EXPECT_EQ(joules_text(1), "1.00 J");
  EXPECT_EQ(joules_text(999.6), "1.00 kJ");
  EXPECT_EQ(joules_text(45'993), "46.0 kJ");
  EXPECT_EQ(joules_text(2.5e6), "2.50 MJ");
  EXPECT_EQ(joules_text(-12.3), "-12.3 J");
}

TEST(MemoryTable, StandsInMarkdownAndInTheTerminalWhenAskedFor) {
  const auto comparison = analysis::compare(run()).value();
  const std::string markdown = render_markdown(comparison), terminal = render_terminal(comparison, {140, false, {.memory = true}});
  EXPECT_TRUE(has(markdown, "| cpu | 2.00 MiB | - | - | 300 KiB | 4.00 MiB | - | 10.0 MiB | 42.7 MiB | 59.0 MiB |")) << markdown;
  EXPECT_TRUE(has(markdown, "| cpu | 59.0 MiB | - | - | 59.0 MiB | - | 21.5 MiB | 10.0 MiB | 41.0 MiB |")) << markdown;
  EXPECT_TRUE(has(terminal, "Memory by component")) << terminal;
  EXPECT_TRUE(has(terminal, "42.7 MiB")) << terminal;
  EXPECT_FALSE(has(render_terminal(comparison, {140, false}), "Memory by component"));
}

TEST(MemoryTable, CsvHasARowForEveryPlatform) {
  const auto folder = core::TemporaryFolder::make(std::filesystem::temp_directory_path(), "trainmark-csv-").value();
  const auto comparison = analysis::compare(run()).value();
  EXPECT_EQ(write_memory_csv(comparison, folder.path()).value(), "memory.csv");
  const std::string text = core::read_file(folder.path() / "memory.csv").value();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 3);
  std::vector<std::vector<std::string>> rows;
  for (size_t begin = 0; begin < text.size(); begin = text.find('\n', begin) + 1) {
    rows.emplace_back(1);
    for (const char c : text.substr(begin, text.find('\r', begin) - begin)) {
      if (c == ',') {
        rows.back().emplace_back();
      } else {
        rows.back().back().push_back(c);
      }
    }
  }
  ASSERT_EQ(rows[0].size(), rows[1].size());
  const auto cell = [&](const std::string& column) {
    return rows[1].at(static_cast<size_t>(std::find(rows[0].begin(), rows[0].end(), column) - rows[0].begin()));
  };
  EXPECT_EQ(cell("platform"), "\"cpu\"");
  EXPECT_EQ(cell("parameters"), std::to_string(2 * kMiB));
  EXPECT_EQ(cell("input"), "");
  EXPECT_EQ(cell("total"), std::to_string(59 * kMiB));
  EXPECT_EQ(cell("framework_overhead"), std::to_string(43 * kMiB - 300 * 1024));
  EXPECT_EQ(cell("train_peak"), std::to_string(59 * kMiB));
  EXPECT_EQ(cell("compile_peak"), "");
  EXPECT_EQ(cell("pss"), std::to_string(41 * kMiB));
}

TEST(Warnings, StandInEveryForm) {
  auto data = run();
  data.run.environment["cpu"]["turbo"] = true;
  const auto comparison = analysis::compare(data).value();
  EXPECT_TRUE(has(render_terminal(comparison, {200, false}), "\nWarning: turbo is on"));
  EXPECT_TRUE(has(render_markdown(comparison), "\n- Warning: turbo is on"));
  EXPECT_EQ(render_json(comparison, false)["run"]["warnings"].size(), 1u);
}

TEST(Anonymous, PathsAndTheHostGoAndAllElseStays) {
  EXPECT_EQ(anonymous_text("python at /home/jane/venv/bin/python is too old", "box"), "python at [path] is too old");
  EXPECT_EQ(anonymous_text("'/home/jane doe/x y' and \"C:\\Users\\jane\"", "box"), "'[path]' and \"[path]\"");
  EXPECT_EQ(anonymous_text("--out=/tmp/a,~/b;c", ""), "--out=[path],[path];c");
  EXPECT_EQ(anonymous_text("/a", ""), "[path]");
  EXPECT_EQ(anonymous_text("-O3 -I/home/jane/include -10/s", ""), "-O3 -I[path] -10/s");
  for (const char* text : {"64 samples/s", "1 / 4 and 3/4", "sudo chmod a+r /sys/class/powercap", "a -> b: c", "/"})
    EXPECT_EQ(anonymous_text(text, "box"), text);
  EXPECT_EQ(anonymous_text("on box, box-2 and inbox", "box"), "on [host], box-2 and inbox");
}

TEST(Anonymous, ReportsNameNeitherHostNorPathsWhereverTheyStand) {
  auto data = run();
  data.run.environment["label"] = "somebodys-machine, 4 vCPU";
  data.run.environment["build"] = {{"type", "Release"}, {"flags", "-O3 -I/home/somebody/include"}};
  data.skips.push_back({data.run.id, "numpy", "the environment in /home/somebody/.cache/trainmark is broken; ask on somebodys-machine"});
  tests::add_energy(data, {{.watts = [](auto&&...) { return -1.0; }, .fault = "/home/somebody/tree/energy_uj may not be read by this user"}});
  const auto comparison = analysis::compare(data).value();
  const std::string open = render_json(comparison, false).dump(), anonymous = render_json(comparison, true).dump();
  EXPECT_TRUE(has(open, "/home/somebody/tree"));
  for (const char* secret : {"somebody", "/home"}) EXPECT_FALSE(has(anonymous, secret)) << anonymous.substr(anonymous.find(secret) - 40, 100);
  EXPECT_TRUE(has(anonymous, "4 vCPU"));
  EXPECT_TRUE(has(anonymous, "Scripted CPU"));
  EXPECT_TRUE(has(anonymous, "may not be read by this user"));
}

}  // namespace
}  // namespace trainmark::report

// The same work on two made-up machines, in every form of a report.
#include "report/machines.hpp"

#include <gtest/gtest.h>

#include <sstream>

#include "report/chart.hpp"
#include "report/report.hpp"
#include "support/two_machines.hpp"

namespace trainmark::report {
namespace {

using core::Json;

TEST(Machines, EachHasAColumnAndTheFastestOfEachIsCompared) {
  const auto machines = tests::two_machines().machines;
  ASSERT_EQ(machines.size(), 1u);
  const auto rows = machine_rows(machines[0], false);
  ASSERT_EQ(rows.size(), 4u);
  EXPECT_EQ(rows[0], (std::vector<std::string>{"platform", "laptop, 2 threads", "cloud, 2 threads"}));
  EXPECT_EQ(rows[1], (std::vector<std::string>{"cpu", "1.00 ms", "1.50 ms"}));
  EXPECT_EQ(rows[2], (std::vector<std::string>{"jax-cpu", "-", "1.00 us (failed)"}));
  EXPECT_EQ(rows[3], (std::vector<std::string>{"numpy", "3.01 ms", "-"}));
  ASSERT_EQ(machines[0].sentences.size(), 2u);
  EXPECT_EQ(machines[0].sentences[0], "The shortest median step is that of cpu on laptop with 2 threads: 1.00 ms.");
  EXPECT_EQ(machines[0].sentences[1].find("On cloud with 2 threads the fastest, cpu, takes 1.5 times as long (95 % interval 1.5 to 1.5"), 0u)
      << machines[0].sentences[1];
}

TEST(Machines, FewProcessesCarryNoClaim) {
  const auto machines = tests::two_machines(4).machines;
  EXPECT_EQ(machines.at(0).sentences.at(1), "On cloud with 2 threads the fastest, cpu, takes 1.5 times as long; a claim needs 5 processes of each.");
}

TEST(Machines, AreInEveryFormAndFitTheTerminal) {
  const auto comparison = tests::two_machines();
  std::istringstream lines(render_terminal(comparison, {80, false, {}}));
  bool found = false;
  for (std::string line; std::getline(lines, line);) {
    EXPECT_LE(line.size(), 80u) << line;
    found = found || line.find("Median step on each machine: mnist-mlp") == 0;
  }
  EXPECT_TRUE(found);
  EXPECT_NE(render_markdown(comparison).find("| platform | laptop, 2 threads | cloud, 2 threads |"), std::string::npos);
  const Json json = render_json(comparison, false)["machines"];
  EXPECT_EQ(json[0]["columns"][1]["machine"], "cloud");
  EXPECT_EQ(json[0]["rows"][1]["machines"][0], nullptr);
  EXPECT_EQ(json[0]["rows"][1]["machines"][1]["unranked_reason"], "failed");
}

TEST(Machines, OfOneNameAreToldApartAndWideTablesAreSplit) {
  auto machines = tests::two_machines().machines;
  machines[0].columns[0].run = "a";
  machines[0].columns[1].run = "b";
  machines[0].columns[1].machine = "laptop";
  EXPECT_EQ(machine_names(machines[0], false), (std::vector<std::string>{"laptop", "laptop (2)"}));
  for (const char* run : {"c", "d", "e"}) {
    machines[0].columns.push_back({"a machine with a long label", run, 2, {}, {}});
    for (auto& row : machines[0].rows) row.cells.push_back(analysis::MachineCell{1e6, {}, ""});
  }
  std::istringstream lines(machines_text(machines, 80));
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 80u) << line;
  EXPECT_NE(machines_text(machines, 80).find("a machine with a long label (5), 2 threads"), std::string::npos) << machines_text(machines, 80);
}

TEST(Machines, OfAnAnonymousReportHaveNumbers) {
  const auto comparison = tests::two_machines();
  const std::string json = render_json(comparison, true)["machines"].dump();
  EXPECT_EQ(json.find("cloud"), std::string::npos);
  EXPECT_NE(json.find("machine 2"), std::string::npos);
  for (const Chart& chart : machine_charts(comparison, true)) EXPECT_EQ((chart.data.dump() + chart.description).find("cloud"), std::string::npos);
}

TEST(Machines, StandOnTheRooflineBelowTheirOwnCeilings) {
  const auto charts = machine_charts(tests::two_machines(), false);
  ASSERT_EQ(charts.size(), 1u);
  std::set<std::string> roofs, named;
  for (const Json& point : charts[0].data["roofs"]) roofs.insert(point["roof"].get<std::string>());
  for (const Json& point : charts[0].data["points"]) named.insert(point["workload"].get<std::string>() + " " + point["platform"].get<std::string>());
  EXPECT_TRUE(roofs.count("laptop, 2 threads: arithmetic") > 0 && roofs.count("cloud, 2 threads: arithmetic") > 0) << charts[0].data["roofs"].dump();
  EXPECT_EQ(named, (std::set<std::string>{"laptop, 2 threads cpu", "laptop, 2 threads numpy", "cloud, 2 threads cpu"})) << "what failed is not placed";
}

}  // namespace
}  // namespace trainmark::report

// Charts of several workloads: drawings of networks and machine, and sweeps.
#include <gtest/gtest.h>

#include "report/chart.hpp"
#include "support/scripted_run.hpp"

namespace trainmark::report {
namespace {

using core::Json;
using tests::constantly;

analysis::Comparison comparison() {
  auto data = tests::scripted_run({{.platform = "cpu", .processes = 2, .step_ns = constantly(1'000'000)}}, "cpu");
  data.run.environment["cpu"] = {{"model", "Scripted CPU"},
                                 {"cores", 12},
                                 {"threads", 24},
                                 {"caches",
                                  {{{"level", 1}, {"bytes", 32768}, {"type", "Data"}, {"shared_by", 1}},
                                   {{"level", 1}, {"bytes", 1024}, {"type", "Instruction"}, {"shared_by", 1}},
                                   {{"level", 3}, {"bytes", 33554432}, {"type", "Unified"}, {"shared_by", 12}}}}};
  data.run.environment["memory"] = {{"total_bytes", int64_t{16} << 30}};
  return analysis::compare(data).value();
}

const Chart& named(const std::vector<Chart>& charts, const std::string& name) {
  for (const Chart& chart : charts) {
    if (chart.name == name) return chart;
  }
  throw std::runtime_error(name + " is missing");
}

TEST(Drawings, ANetworkHasABoxForEachLayerAndAnEdgeForEachInput) {
  const auto charts = drawings(comparison());
  const Chart& chart = named(charts, "network");
  const auto network = network::find_network("mnist-mlp").value();
  ASSERT_EQ(chart.data["boxes"].size(), network.layers.size() + 1);
  EXPECT_EQ(chart.data["edges"].size(), network.layers.size());
  EXPECT_EQ(chart.data["boxes"][0]["label"], "input");
  EXPECT_EQ(chart.data["boxes"][0]["detail"], "1 x 28 x 28");
  EXPECT_EQ(chart.data["boxes"].back()["label"], network.layers.back().name);
  EXPECT_EQ(chart.data["boxes"].back()["detail"], "dense, 10, 1290 parameters");
  for (const Json& edge : chart.data["edges"]) EXPECT_GT(edge["bottom"].get<double>(), edge["top"].get<double>());  // downwards
  EXPECT_EQ(chart.workloads, std::set<size_t>{0});
  EXPECT_EQ(chart.table.rows.size(), chart.data["boxes"].size());
}

TEST(Drawings, AMachineOfManyCoresIsDrawnWithTheRestInOneBox) {
  const auto charts = drawings(comparison());
  const Json boxes = named(charts, "machine").data["boxes"];
  ASSERT_EQ(boxes.size(), 10u);  // memory, processor, 8 cores
  EXPECT_EQ(boxes[0]["detail"], "16.0 GiB");
  EXPECT_EQ(boxes[1]["detail"], "12 cores, 24 threads, shared L3 32.0 MiB");
  EXPECT_EQ(boxes[2]["detail"], "L1 32.0 KiB");
  EXPECT_EQ(boxes.back()["label"], "5 more cores");
}

TEST(Drawings, WithoutAnEnvironmentThereIsNoMachine) {
  auto none = comparison();
  none.run.environment = Json();
  for (const Chart& chart : drawings(none)) EXPECT_NE(chart.name, "machine");
}

TEST(SweepCharts, HaveAPointForEachSizeThatCounts) {
  analysis::Comparison c;
  analysis::Sweep sweep;
  sweep.name = "batch size";
  sweep.title = "mnist-mlp";
  sweep.lines.push_back({"cpu",
                         {{32, "hash-a", 1e6, statistics::Interval{0.9e6, 1.1e6}, {}, {}, 5, "", 0},
                          {64, "hash-b", 1.8e6, {}, {}, {}, 5, "", 1},
                          {128, "hash-c", 9e6, {}, {}, {}, 5, "failed: the loss of step 3 is nan", 2}},
                         analysis::Growth{0.85, {}, 2}});
  c.sweeps = {sweep};
  const auto charts = sweep_charts(c);
  ASSERT_EQ(charts.size(), 1u);
  ASSERT_EQ(charts[0].data["points"].size(), 2u);
  EXPECT_DOUBLE_EQ(charts[0].data["points"][0]["value"].get<double>(), 1);
  EXPECT_TRUE(charts[0].data["points"][1]["low"].is_null());
  EXPECT_EQ(charts[0].workloads, (std::set<size_t>{0, 1, 2}));
  EXPECT_EQ(charts[0].table.rows.back()[2], "failed: the loss of step 3 is nan");
  EXPECT_NE(charts[0].description.find("cpu 0.85"), std::string::npos);
}

}  // namespace
}  // namespace trainmark::report

// The supervisor with counters: what it records of a tree that runs while workers train, and of devices.
#include <fstream>

#include "support/fake_powercap.hpp"
#include "trial/supervisor_testing.hpp"

namespace trainmark::trial {
namespace {

using tests::FakePowercap;
using tests::PowercapDriver;

class EnergyRunTest : public WithSupervisor {
 protected:
  void SetUp() override {
    WithSupervisor::SetUp();
    options_.powercap_root = tree_.root();
    options_.idle_s = 0.2;
    options_.lengths = {0.1, 0.005};
  }
  const ReadingRecord* reading(const std::string& kind, size_t number = 0) const {
    for (const auto& r : sink_.readings) {
      if (r.kind == kind && number-- == 0) return &r;
    }
    return nullptr;
  }
  /// Watts in each timed block by the first counter.
  std::vector<double> watts() const {
    std::vector<double> found;
    for (const auto& block : reading("energy")->figures.at("blocks")) {
      found.push_back(block.at("uj").at(0).get<double>() * 1e3 / block.at("window_ns").at(0).get<double>());
    }
    return found;
  }
  FakePowercap tree_;
};

TEST_F(EnergyRunTest, ReadsCountersAroundBlocksAndIdlePowerBeforeAndAfter) {
  tree_.add("intel-rapl:0", "package-0", "262143000000");
  std::atomic<bool> training = false;
  options_.on_progress = [&](const Progress& progress) { training = progress.phase == "train"; };
  const PowercapDriver driver(tree_, {{"intel-rapl:0", [&] { return training ? 50.0 : 8.0; }, 262'143'000'000}});
  add("a", {"--step-us", "1000"});
  ASSERT_TRUE(run().ok());
  const auto* before = reading("energy_counters", 0);
  const auto* after = reading("energy_counters", 1);
  ASSERT_TRUE(before != nullptr && after != nullptr);
  EXPECT_EQ(before->trial_id, "");
  EXPECT_EQ(before->figures["when"], "before");
  EXPECT_EQ(after->figures["when"], "after");
  for (const auto* record : {before, after}) {
    const auto& source = record->figures["sources"].at(0);
    EXPECT_EQ(source["name"], "package-0");
    EXPECT_EQ(source["limit_w"], 100.0);
    EXPECT_EQ(source["range_uj"], 262'143'328'850);
    EXPECT_NEAR(source["idle_w"].get<double>(), 8, 4);
    EXPECT_GT(source["period_ns"].get<int64_t>(), 900'000);
  }
  ASSERT_NE(reading("energy"), nullptr);
  EXPECT_EQ(reading("energy")->trial_id, sink_.trials[0].id);
  const auto timed = sink_.blocks_of("a", BlockKind::kTimed);
  const auto& blocks = reading("energy")->figures["blocks"];
  ASSERT_EQ(blocks.size(), timed.size());
  double sum = 0;
  for (size_t i = 0; i < timed.size(); ++i) {
    EXPECT_EQ(blocks[i]["block"], timed[i].index);
    EXPECT_GE(blocks[i]["window_ns"][0].get<int64_t>(), timed[i].elapsed_ns) << "read outside of the worker's clock";
    sum += watts()[i];
  }
  EXPECT_NEAR(sum / static_cast<double>(timed.size()), 50, 8);
  EXPECT_TRUE(reading("energy")->figures["faults"].empty());
}

TEST_F(EnergyRunTest, ZoneThatVanishesLeavesBlocksWithoutAFigureAndTheReason) {
  tree_.add("intel-rapl:0", "package-0", "5");
  int blocks = 0;
  options_.on_progress = [&](const Progress& progress) {
    if (progress.phase == "train" && ++blocks == 2) std::filesystem::remove_all(tree_.root() / "intel-rapl:0");
  };
  add("a", {"--step-us", "1000"});
  ASSERT_TRUE(run().ok());
  const auto& figures = reading("energy")->figures;
  EXPECT_EQ(figures["blocks"][0]["uj"][0], 0);
  EXPECT_TRUE(figures["blocks"].back()["uj"][0].is_null());
  EXPECT_NE(figures["faults"]["package-0"].get<std::string>().find("is not there any more"), std::string::npos);
}

TEST_F(EnergyRunTest, AMachineWithoutCountersIsNotMadeToWait) {
  options_.idle_s = 30;
  add("a", {});
  const auto summary = run();
  ASSERT_TRUE(summary.ok());
  EXPECT_LT(summary->end.total_ns, 10'000'000'000);
  ASSERT_NE(reading("energy_counters"), nullptr);
  EXPECT_EQ(reading("energy_counters", 1), nullptr);
  EXPECT_EQ(reading("energy"), nullptr);
  const auto& missing = reading("energy_counters")->figures["missing"].at(0);
  EXPECT_EQ(missing["what"], "powercap");
  EXPECT_NE(missing["reason"].get<std::string>().find("there are no counters in"), std::string::npos);
}

TEST_F(EnergyRunTest, DevicesAreReadForPlatformsThatMayHaveOneOnly) {
  tree_.add("intel-rapl:0", "package-0", "5");
  const auto shown = folder() / "nvml.txt";
  ::setenv("STUB_NVML_FILE", shown.c_str(), 1);
  std::ofstream(shown) << "devices 1\ndraws 0 120\nlimit 0 200000\nbusy 0 60\n";
  options_.nvml_library = STUB_NVML;
  options_.device_platforms = {"gpu"};
  options_.on_progress = [&](const Progress& progress) {
    if (progress.phase != "train" || progress.platform != "gpu") return;
    std::string text = "devices 1\ndraws 0 120\nlimit 0 200000\nbusy 0 60\n";
    for (const pid_t pid : left_over_processes()) text += "process 0 " + std::to_string(pid) + " 100\n";
    std::ofstream(folder() / "nvml.new") << text;
    std::filesystem::rename(folder() / "nvml.new", shown);
  };
  add("cpu", {"--step-us", "1000"});
  add("gpu", {"--step-us", "1000"});
  ASSERT_TRUE(run().ok());
  for (const auto& record : sink_.readings) {
    if (record.kind != "energy") continue;
    const bool gpu = record.trial_id == sink_.trial_of("gpu")->id;
    const auto& figures = record.figures;
    EXPECT_EQ(figures["may_have_device"], gpu);
    EXPECT_EQ(figures["sources"].size(), gpu ? 2u : 1u);
    EXPECT_EQ(figures["devices"].size(), gpu ? 1u : 0u);
    if (!gpu) continue;
    const auto& block = figures["blocks"][0];
    EXPECT_NEAR(block["uj"][1].get<double>() * 1e3 / block["window_ns"][1].get<double>(), 120, 12);
    EXPECT_NEAR(block["kernel_time_share"][0].get<double>(), 0.6, 1e-9);
  }
}

TEST_F(EnergyRunTest, PhasesOfMemoryAreRecordedOnceATrial) {
  add("a", {});
  ASSERT_TRUE(run().ok());
  ASSERT_NE(reading("memory"), nullptr);
  const auto& phases = reading("memory")->figures["phases"];
  for (const char* phase : {"start", "compile", "warm_up", "train", "evaluate"}) {
    ASSERT_TRUE(phases.contains(phase)) << phase;
    EXPECT_GT(phases[phase]["rss_anon_bytes"].get<int64_t>(), 1 << 16) << phase;
  }
  EXPECT_GT(phases["start"]["peak_rss_bytes"].get<int64_t>(), 1 << 20);
  EXPECT_EQ(reading("memory", 1), nullptr);
}

}  // namespace
}  // namespace trainmark::trial

// What counters give between two moments, on a tree whose counters run.
#include "instruments/energy_meter.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "instruments/nvml_energy.hpp"
#include "instruments/powercap.hpp"
#include "support/fake_powercap.hpp"

namespace trainmark::instruments {
namespace {

using tests::FakePowercap;
using tests::PowercapDriver;

void sleep_ms(int milliseconds) { std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds)); }

/// The only source of the tree, over so many milliseconds.
EnergyAmount measured(
    const FakePowercap& tree, int milliseconds, const std::function<void()>& meanwhile = [] {}) {
  const auto found = powercap_sources(tree.root());
  EnergyMeter meter(found.sources);
  meter.begin();
  sleep_ms(milliseconds / 2);
  meanwhile();
  sleep_ms(milliseconds / 2);
  return meter.end().at(0);
}

double watts(const EnergyAmount& amount) { return static_cast<double>(amount.uj.value()) * 1e3 / static_cast<double>(amount.window_ns); }

TEST(AdvanceOfCounter, GoesRoundOnceAtMost) {
  EXPECT_EQ(advance_of_counter(10, 30, 1000), 20);
  EXPECT_EQ(advance_of_counter(30, 30, 1000), 0);
  EXPECT_EQ(advance_of_counter(990, 5, 1000), 15);
  EXPECT_EQ(advance_of_counter(990, 5, 0), std::nullopt) << "nobody knows where it begins again";
  EXPECT_EQ(advance_of_counter(2000, 5, 1000), std::nullopt) << "it was above its own range";
}

TEST(EnergyMeter, MeasuresAConstantPower) {
  FakePowercap tree;
  tree.add("intel-rapl:0", "package-0", "0");
  const PowercapDriver driver(tree, {{"intel-rapl:0", [] { return 40.0; }}});
  EXPECT_NEAR(watts(measured(tree, 300)), 40, 4);
}

TEST(EnergyMeter, CounterThatWrapsLosesNothing) {
  constexpr int64_t kRange = 20'000'000;  // twenty joules: at 100 W once in 200 ms, and looked at three times in a round of 125 W
  FakePowercap tree;
  tree.add("intel-rapl:0", "package-0", "19000000", kRange);
  const PowercapDriver driver(tree, {{"intel-rapl:0", [] { return 100.0; }, 19'000'000, kRange}});
  EXPECT_NEAR(watts(measured(tree, 900)), 100, 10);
}

TEST(EnergyMeter, StuckCounterGivesNothingAndSaysHowMuch) {
  FakePowercap tree;
  tree.add("intel-rapl:0", "package-0", "123");
  const auto amount = measured(tree, 20);
  EXPECT_EQ(amount.uj, 0);  // a fact; that it is not believed is decided over the run
  EXPECT_GE(amount.window_ns, 20'000'000);
}

TEST(EnergyMeter, ZoneThatVanishesHasNoFigure) {
  FakePowercap tree;
  tree.add("intel-rapl:0", "package-0", "123");
  const auto amount = measured(tree, 20, [&] { std::filesystem::remove_all(tree.root() / "intel-rapl:0"); });
  EXPECT_EQ(amount.uj, std::nullopt);
  EXPECT_NE(amount.fault.find("is not there any more"), std::string::npos) << amount.fault;
}

TEST(EnergyMeter, CounterThatGoesBackWithoutARangeHasNoFigure) {
  FakePowercap tree;
  tree.add("intel-rapl:0", "package-0", "123000", 0);
  const auto amount = measured(tree, 20, [&] { tree.set("intel-rapl:0", "400"); });
  EXPECT_EQ(amount.uj, std::nullopt);
  EXPECT_NE(amount.fault.find("went back from 123000 to 400"), std::string::npos) << amount.fault;
}

TEST(EnergyMeter, FaultOfOneBlockIsForgottenInTheNext) {
  FakePowercap tree;
  tree.add("intel-rapl:0", "package-0", "-3");
  const auto found = powercap_sources(tree.root());
  EnergyMeter meter(found.sources);
  meter.begin();
  EXPECT_EQ(meter.end().at(0).uj, std::nullopt);
  tree.set("intel-rapl:0", "100");
  meter.begin();
  tree.set("intel-rapl:0", "350");
  EXPECT_EQ(meter.end().at(0).uj, 250);
}

TEST(EnergyMeter, IntegratesPowerWhereThereIsNoCounter) {
  EnergySource source;
  source.method = EnergyMethod::kPower;
  source.domain = EnergyDomain::kDevice;
  const int64_t begin_ns = core::now_ns();
  source.read = [begin_ns] { return core::Result<int64_t>((core::now_ns() - begin_ns) / 10); };  // microwatts: 100 W more each second
  const std::vector<EnergySource> sources = {source};
  EnergyMeter meter(sources);
  meter.begin();
  sleep_ms(600);
  const auto amount = meter.end().at(0);
  const double seconds = static_cast<double>(amount.window_ns) * 1e-9;
  EXPECT_NEAR(watts(amount), 100 * seconds / 2, 0.5) << "trapezoids are exact where power rises evenly";
}

TEST(UpdatePeriod, IsSeenOfACounterThatRuns) {
  FakePowercap tree;
  tree.add("intel-rapl:0", "package-0", "0");
  const auto found = powercap_sources(tree.root());
  EXPECT_EQ(update_period_ns(found.sources[0], 0.02), std::nullopt) << "it stands still";
  const PowercapDriver driver(tree, {{"intel-rapl:0", [] { return 40.0; }}});
  const auto period = update_period_ns(found.sources[0]);
  ASSERT_TRUE(period.has_value());
  EXPECT_GT(*period, 900'000);
  EXPECT_LT(*period, 20'000'000);
}

TEST(NvmlSources, PreferTheCounterAndSayWhenTheyIntegratePower) {
  const auto folder = core::TemporaryFolder::make(std::filesystem::temp_directory_path(), "trainmark-nvml-").value();
  const auto file = folder.path() / "nvml.txt";
  ::setenv("STUB_NVML_FILE", file.c_str(), 1);
  std::ofstream(file) << "devices 3\ndraws 0 250\nlimit 0 300000\npower 1 75000\n";
  const Nvml nvml = Nvml::open(STUB_NVML).value();
  const auto found = nvml_sources(nvml);
  ASSERT_EQ(found.sources.size(), 3u);
  EXPECT_EQ(found.sources[0].method, EnergyMethod::kCounter);
  EXPECT_EQ(found.sources[0].limit_w, 300);
  EXPECT_EQ(found.sources[0].name, "GPU 0");
  EXPECT_EQ(found.sources[1].method, EnergyMethod::kPower);
  EXPECT_EQ(found.sources[1].limit_w, std::nullopt);
  const std::string silent = found.sources[2].read().error().message;
  EXPECT_EQ(silent, "nvmlDeviceGetTotalEnergyConsumption gives error 3 (not supported by this device)");
  EnergyMeter meter(found.sources);
  meter.begin();
  sleep_ms(200);
  const auto amounts = meter.end();
  EXPECT_NEAR(watts(amounts[0]), 250, 10);
  EXPECT_NEAR(watts(amounts[1]), 75, 0.1);
  EXPECT_EQ(amounts[2].uj, std::nullopt);
}

}  // namespace
}  // namespace trainmark::instruments

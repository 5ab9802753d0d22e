// Joules of scripted counters, worked out by hand, and every reason not to believe one.
//
// A scripted trial runs 4 rounds of one re-warming and four timed steps: 20 planned steps of 1 ms are 20 ms, at 30 W 0.6 J.
#include "analysis/energy.hpp"

#include <gtest/gtest.h>

#include "analysis/comparison.hpp"
#include "support/scripted_energy.hpp"

namespace trainmark::analysis {
namespace {

using tests::constantly;
using tests::ScriptedCounter;

store::RunData two_platforms() {
  return tests::scripted_run(
      {{.platform = "cpu", .processes = 3, .step_ns = constantly(1'000'000)}, {.platform = "gpu", .processes = 3, .step_ns = constantly(2'000'000)}}, "cpu");
}

const PlatformResult& find(const Comparison& comparison, const std::string& platform) {
  for (const PlatformResult& p : comparison.workloads.at(0).platforms) {
    if (p.platform == platform) return p;
  }
  throw std::runtime_error("no such platform");
}

/// The host's figures of "cpu" with these counters.
EnergyFigures host_with(const std::vector<ScriptedCounter>& counters) {
  auto data = two_platforms();
  tests::add_energy(data, counters);
  return find(compare(data).value(), "cpu").energy.value().host;
}

TEST(Energy, IsMeanPowerTimesTheTimeOfTheTraining) {
  auto data = two_platforms();
  const auto watts = [](const std::string&, int64_t repetition, int64_t) { return 30.0 + static_cast<double>(repetition); };
  tests::add_energy(data,
                    {{.watts = watts}, {.name = "package-0/dram", .domain = "dram", .idle_w = 1, .limit_w = nullptr, .watts = [](auto&&...) { return 2.0; }}});
  const auto comparison = compare(data).value();
  const PlatformResult& cpu = find(comparison, "cpu");
  const EnergyFigures& f = cpu.energy.value().host;
  EXPECT_EQ(f.reason, "");
  EXPECT_EQ(f.repetitions, 3);
  EXPECT_NEAR(f.joules.value(), 33 * 0.020, 1e-5);
  EXPECT_NEAR(f.joules_deviation.value(), 1 * 0.020, 1e-5);
  EXPECT_NEAR(f.set_joules.value(), 3 * 33 * 0.020, 1e-4);
  EXPECT_NEAR(f.net_joules.value(), (33 - 11) * 0.020, 1e-5);
  EXPECT_NEAR(f.net_set_joules.value(), 3 * (33 - 11) * 0.020, 1e-4);
  EXPECT_NEAR(f.watts.value(), 33, 1e-3);
  EXPECT_NEAR(f.idle_watts.value(), 11, 1e-9);
  EXPECT_NEAR(f.joules_per_image.value(), 33 * 0.020 / (20 * 64), 1e-8);
  EXPECT_NEAR(f.joules_per_accuracy_point.value(), 33 * 0.020 / (100 * cpu.final_accuracy.value()), 1e-6);
  // Each counter's joules err by period / sqrt(6) of its power at each of 4 blocks of 4 ms, scaled to 20 ms; a third of the variance for the mean of 3.
  const double block = 4 * 4.004e-3, scale = std::sqrt(4.0 / 6) * 1e-3 / block * 0.020;
  EXPECT_NEAR(f.uncertainty_joules.value(), std::sqrt((30 * 30 + 31 * 31 + 32 * 32 + 3 * 2 * 2) / 9.0) * scale, 1e-4);
  ASSERT_EQ(f.zones.size(), 2u);
  EXPECT_TRUE(f.zones[0].summed && f.zones[1].summed);
  EXPECT_NEAR(f.zones[1].joules.value(), 2 * 0.020, 1e-5);
  EXPECT_FALSE(cpu.energy->device.has_value());
  EXPECT_NEAR(find(comparison, "gpu").energy->host.joules.value(), 33 * 0.040, 1e-5) << "twice as long";
  EXPECT_TRUE(comparison.energy_notes.empty());
}

TEST(Energy, PartsAndTheWholePlatformAreShownAndNotSummed) {
  const auto f = host_with({{}, {.name = "package-0/core", .domain = "part", .idle_w = 1}, {.name = "psys", .domain = "platform"}});
  EXPECT_NEAR(f.joules.value(), 0.6, 1e-5);
  ASSERT_EQ(f.zones.size(), 3u);
  EXPECT_FALSE(f.zones[1].summed);
  EXPECT_NEAR(f.zones[1].joules.value(), 0.6, 1e-5);
  EXPECT_FALSE(f.zones[2].summed);
}

TEST(Energy, TwoPackagesAreSummedAndOneAloneIsNoWhole) {
  EXPECT_NEAR(host_with({{}, {.name = "package-1"}}).joules.value(), 1.2, 1e-5);
  const auto f = host_with({{}, {.name = "package-1", .watts = [](auto&&...) { return 0.0; }}});
  EXPECT_FALSE(f.joules.has_value());
  EXPECT_EQ(f.reason, "package-1 did not advance during the training");
  EXPECT_FALSE(f.zones[0].summed);
}

TEST(Energy, DramThatIsNotBelievedIsLeftOutAndNamed) {
  const auto f = host_with({{}, {.name = "package-0/dram", .domain = "dram", .watts = [](auto&&...) { return 0.0; }}});
  EXPECT_NEAR(f.joules.value(), 0.6, 1e-5);
  EXPECT_EQ(f.note, "without package-0/dram: package-0/dram did not advance during the training");
}

TEST(Energy, EveryReasonNotToBelieveACounterIsSaid) {
  const auto reason = [](const ScriptedCounter& counter) {
    const auto f = host_with({counter});
    EXPECT_FALSE(f.joules || f.set_joules || f.net_joules || f.watts || f.joules_per_image) << f.reason;
    return f.reason;
  };
  const auto constant = [](double watts) { return [watts](const std::string&, int64_t, int64_t) { return watts; }; };
  EXPECT_EQ(reason({.watts = constant(0)}), "package-0 did not advance during the training");
  EXPECT_EQ(reason({.watts = constant(150)}), "package-0 implies 150 W, which is above 1.25 times its limit of 100 W");
  EXPECT_EQ(reason({.limit_w = nullptr, .watts = constant(1500)}), "package-0 implies 1500 W, which nothing draws; it tells no limit of its own");
  EXPECT_EQ(reason({.idle_w = 40}), "package-0 implies 30 W, which is below the 40 W of the idle machine");
  EXPECT_EQ(reason({.idle_w = 0}), "package-0 stood still while the machine was idle");
  EXPECT_EQ(reason({.idle_w = -1, .fault = "it may not be read"}), "package-0 has no idle power to be held against (it may not be read)");
  EXPECT_EQ(reason({.watts = constant(-1), .fault = "/sys/x is not there any more"}), "/sys/x is not there any more");
  const auto vanishing = [](const std::string&, int64_t, int64_t block) { return block > 4 ? -1.0 : 30.0; };
  EXPECT_EQ(reason({.watts = vanishing, .fault = "/sys/x is not there any more"}), "package-0 gave no figure in 6 of 12 blocks (/sys/x is not there any more)");
}

TEST(Energy, PowerUpToTheLimitAndAQuarterIsBelieved) {
  const auto constant = [](double watts) { return [watts](const std::string&, int64_t, int64_t) { return watts; }; };
  EXPECT_TRUE(host_with({{.watts = constant(124)}}).joules.has_value());
  EXPECT_TRUE(host_with({{.idle_w = 30.5}}).joules.has_value()) << "idle power is known to 5 %";
  EXPECT_TRUE(host_with({{.limit_w = nullptr, .watts = constant(400)}}).joules.has_value()) << "packages of AMD tell no limit";
}

TEST(Energy, OneBadBlockOfManyCostsOnlyItself) {
  auto data = tests::scripted_run({{.platform = "cpu", .step_ns = constantly(1'000'000), .rounds = 20}}, "cpu");
  const auto glitch = [](const std::string&, int64_t, int64_t block) { return block == 4 ? 90'000.0 : 30.0; };
  tests::add_energy(data, {{.watts = glitch}});
  EXPECT_NEAR(find(compare(data).value(), "cpu").energy->host.joules.value(), 30 * 0.100, 1e-4);
}

TEST(Energy, DisturbedRoundsAreLeftOutAsTheyAreOfTheTimes) {
  auto data = tests::scripted_run(
      {{.platform = "cpu", .processes = 2, .step_ns = constantly(1'000'000), .disturbed = [](int64_t, int64_t round) { return round == 1; }}}, "cpu");
  const auto watts = [](const std::string&, int64_t, int64_t block) { return block == 4 ? 90.0 : 30.0; };  // block 4 is that of round 1
  tests::add_energy(data, {{.watts = watts}});
  EXPECT_NEAR(find(compare(data).value(), "cpu").energy->host.watts.value(), 30, 1e-3);
}

TEST(Energy, DevicesHaveAColumnOfTheirOwnBesideTheHosts) {
  auto data = two_platforms();
  const auto draw = [](const std::string& platform, int64_t, int64_t) { return platform == "gpu" ? 200.0 : 20.0; };
  tests::add_energy(
      data, {{}, {.name = "GPU 0", .domain = "device", .limit_w = 300, .watts = draw, .device = 0}, {.name = "GPU 1", .domain = "device", .device = 1}}, {0});
  const auto comparison = compare(data).value();
  const auto& gpu = find(comparison, "gpu");
  ASSERT_TRUE(gpu.energy->device.has_value());
  EXPECT_NEAR(gpu.energy->device->joules.value(), 200 * 0.040, 1e-4);
  EXPECT_NEAR(gpu.energy->host.joules.value(), 30 * 0.040, 1e-4);
  ASSERT_EQ(gpu.energy->device->zones.size(), 1u);
  EXPECT_EQ(gpu.energy->device->zones[0].name, "GPU 0");
  EXPECT_DOUBLE_EQ(gpu.gpu_kernel_time_share.value(), 0.75);
  EXPECT_FALSE(find(comparison, "cpu").energy->device.has_value());
  EXPECT_FALSE(find(comparison, "cpu").gpu_kernel_time_share.has_value());
}

TEST(Energy, IntegratedPowerIsNamedSo) {
  auto data = two_platforms();
  tests::add_energy(data, {{}, {.name = "GPU 0", .domain = "device", .device = 0, .method = "integrated power", .period_ns = nullptr}}, {0});
  const auto comparison = compare(data).value();
  const auto& device = find(comparison, "gpu").energy->device.value();
  EXPECT_TRUE(device.joules.has_value());
  EXPECT_FALSE(device.uncertainty_joules.has_value());
  ASSERT_EQ(comparison.energy_notes.size(), 1u);
  EXPECT_EQ(comparison.energy_notes[0], "The energy of gpu's device is from its power, integrated: it has no counter of energy.");
}

TEST(Energy, AMachineWithoutCountersSaysSoInOneLine) {
  auto data = two_platforms();
  tests::add_energy(data, {}, {}, {{{"what", "powercap"}, {"reason", "there are no counters in /sys/class/powercap"}, {"remedy", "use another one"}}});
  const auto comparison = compare(data).value();
  EXPECT_EQ(comparison.energy_notes, std::vector<std::string>{"Energy was not measured: there are no counters in /sys/class/powercap."});
  EXPECT_FALSE(find(comparison, "cpu").energy->host.joules.has_value());
  EXPECT_EQ(find(comparison, "cpu").energy->host.remedy, "use another one");
}

TEST(Energy, ACounterThatMayNotBeReadSaysTheRemedy) {
  auto data = two_platforms();
  tests::add_energy(
      data, {{.idle_w = -1, .watts = [](auto&&...) { return -1.0; }, .fault = "/sys/x may not be read by this user", .remedy = "sudo chmod a+r /sys/x"}});
  EXPECT_EQ(compare(data).value().energy_notes,
            std::vector<std::string>{"Energy was not measured: /sys/x may not be read by this user; sudo chmod a+r /sys/x."});
}

TEST(Energy, RunsFromBeforeSayNothing) {
  const auto comparison = compare(two_platforms()).value();
  EXPECT_TRUE(comparison.energy_notes.empty());
  EXPECT_FALSE(find(comparison, "cpu").energy.has_value());
}

TEST(Energy, RubbishInTheStoreIsNoFigure) {
  auto data = two_platforms();
  data.readings.push_back(
      {data.run.id, "", "energy_counters", 0, {{"sources", {1, "a", {{"name", "package-0"}, {"domain", "package"}, {"idle_w", "x"}}}}, {"missing", 3}}});
  for (auto& t : data.trials)
    t.readings.push_back({data.run.id, t.trial.id, "energy", 0, {{"sources", {"package-0", 4}}, {"blocks", {7, {{"block", 2}, {"uj", {"x"}}}}}}});
  EXPECT_FALSE(find(compare(data).value(), "cpu").energy->host.joules.has_value());
}

}  // namespace
}  // namespace trainmark::analysis

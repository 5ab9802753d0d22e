// Energy through the real program: counters of a made-up tree that this test drives, and a library that plays NVIDIA's.
#include <gtest/gtest.h>

#include <fstream>

#include "core/json.hpp"
#include "support/fake_powercap.hpp"
#include "support/run_program.hpp"

namespace trainmark::tests {
namespace {

namespace fs = std::filesystem;

class EnergyOfARun : public testing::Test {
 protected:
  core::Json report() const { return core::Json::parse(core::read_file(folder_.path() / "report.json").value()); }
  ProgramResult run(const std::string& arguments, const std::string& environment) {
    return run_trainmark("run " + arguments + " --dataset synthetic-digits --epochs 2 --threads 1 --json report.json", folder_.path(), environment);
  }
  core::TemporaryFolder folder_ = core::TemporaryFolder::make(fs::temp_directory_path(), "trainmark-energy").value();
};

using EnergyOfARunSlow = EnergyOfARun;  // idle is measured for four seconds in each run

TEST_F(EnergyOfARunSlow, IsMeasuredWhereTheMachineHasCounters) {
  FakePowercap tree;
  tree.add("intel-rapl:0", "package-0", "262143000000");
  tree.add("intel-rapl:0:0", "dram", "0", 65'712'999'613, 0);
  tree.add("intel-rapl-mmio:0", "package-0", "0");
  const PowercapDriver driver(tree, {{"intel-rapl:0", [] { return 40.0; }, 262'143'000'000}, {"intel-rapl:0:0", [] { return 4.0; }}});
  const auto r = run("mnist-mlp --platform cpu --max-batches 300", "TRAINMARK_POWERCAP='" + tree.root().string() + "'");
  ASSERT_EQ(r.exit_code, 0) << r.out << r.err;
  EXPECT_NE(r.out.find("Energy of one training"), std::string::npos) << r.out;
  const auto json = report();
  const auto& platform = json["workloads"][0]["platforms"][0];
  const auto& host = platform["energy"]["host"];
  ASSERT_TRUE(host["joules_per_repetition"].is_number()) << host.dump(1);
  EXPECT_NEAR(host["mean_watts"].get<double>(), 44, 6);
  EXPECT_NEAR(host["joules_per_repetition"].get<double>(), 44 * 600e-9 * platform["step_time_ns"]["mean"].get<double>(),
              0.2 * host["joules_per_repetition"].get<double>());
  EXPECT_EQ(host["zones"].size(), 2u) << "the one by memory is the same package";
  EXPECT_TRUE(platform["energy"]["device"].is_null());
}

TEST_F(EnergyOfARun, IsSaidInOneLineToBeMissingWhereItHasNone) {
  const auto r = run("mnist-mlp --platform cpu --max-batches 30 --label 'cloud, 4 vCPU'", "TRAINMARK_POWERCAP=/none");
  ASSERT_EQ(r.exit_code, 0) << r.out << r.err;
  EXPECT_NE(r.out.find("\nEnergy was not measured: there are no counters in /none.\n"), std::string::npos) << r.out;
  const auto json = report();
  EXPECT_TRUE(json["workloads"][0]["platforms"][0]["energy"]["host"]["joules_per_repetition"].is_null());
  EXPECT_EQ(json["run"]["environment"]["label"], "cloud, 4 vCPU");
  const auto memory = run_trainmark("report --memory", folder_.path());
  EXPECT_NE(memory.out.find("Memory by component"), std::string::npos) << memory.out;
  ASSERT_EQ(run_trainmark("report --csv csv", folder_.path()).exit_code, 0);
  EXPECT_TRUE(fs::exists(folder_.path() / "csv" / "memory.csv"));
}

TEST_F(EnergyOfARunSlow, OfADeviceHasTheHostBeside) {
  FakePowercap tree;
  tree.add("intel-rapl:0", "package-0", "0");
  const PowercapDriver driver(tree, {{"intel-rapl:0", [] { return 40.0; }}});
  const fs::path shown = folder_.path() / "nvml.txt";
  std::ofstream(shown) << "devices 1\nname 0 T4\ndriver 550.54\ndraws 0 65\nlimit 0 70000\nbusy 0 80\n";
  std::ofstream(folder_.path() / "two.toml") << "name = \"two\"\n[[workload]]\nnetwork = \"mnist-mlp\"\nmax_batches = 300\n[platform.mine]\n"
                                                "command = [\"/bin/sh\", \"-c\", \"echo process 0 $$ 5000000 >> '"
                                             << shown.string() << "'; exec '" TRAINMARK_PROGRAM "' worker --platform cpu\"]\n";
  const auto r = run("two.toml", "TRAINMARK_POWERCAP='" + tree.root().string() + "' TRAINMARK_NVML='" STUB_NVML "' STUB_NVML_FILE='" + shown.string() + "'");
  ASSERT_EQ(r.exit_code, 0) << r.out << r.err;
  const auto json = report();
  const auto& mine = json["workloads"][0]["platforms"][0];
  ASSERT_TRUE(mine["energy"]["device"].is_object()) << mine["energy"].dump(1);
  EXPECT_NEAR(mine["energy"]["device"]["mean_watts"].get<double>(), 65, 5);
  EXPECT_NEAR(mine["energy"]["host"]["mean_watts"].get<double>(), 40, 6);
  EXPECT_NEAR(mine["gpu_kernel_time_share"].get<double>(), 0.8, 1e-9);
  EXPECT_EQ(mine["memory_bytes"]["device_process"], 5000000);
  EXPECT_EQ(json["run"]["environment"]["gpus"][0]["name"], "T4");
  EXPECT_EQ(json["run"]["environment"]["gpu_driver"], "550.54");
  EXPECT_NE(r.out.find(" host"), std::string::npos) << r.out;
}

}  // namespace
}  // namespace trainmark::tests

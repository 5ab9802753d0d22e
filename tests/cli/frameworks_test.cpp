// Every framework that is set up on this machine, for real: `./dev test --python` sets them up and runs these. What is not set up is
// skipped, by name, by the supervisor itself.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>

#include "core/json.hpp"
#include "platforms/readiness.hpp"
#include "support/run_program.hpp"
#include "support/source_folder.hpp"

namespace trainmark::tests {
namespace {

namespace fs = std::filesystem;

constexpr const char* kNetworks[] = {"mnist-mlp", "mnist-nn", "mnist-cnn", "mnist-cnn-lenet", "mnist-mlp-10"};

/// Platforms of frameworks that are ready here, with every mode when asked for.
std::vector<std::string> ready_platforms(bool all_modes) {
  std::vector<std::string> ready;
  for (const platforms::FrameworkPlatform& p : platforms::framework_platforms()) {
    if (!p.trains) continue;
    for (const std::string& mode : p.modes) {
      if (!all_modes && mode != p.modes.front()) continue;
      const platforms::PlatformName name{p.name, "", mode == p.modes.front() ? "" : mode};
      if (platforms::readiness(name, p).state != platforms::State::kReady) continue;
      ready.push_back(name.mode.empty() ? p.name : p.name + ":" + mode);
    }
  }
  return ready;
}

class FrameworksPython : public testing::Test {
 protected:
  void SetUp() override {
    if (ready_platforms(false).empty()) GTEST_SKIP() << "no framework is set up; './dev test --python' does it";
  }
  std::string study_of(const std::string& workloads, const std::vector<std::string>& platforms) {
    std::string text = "name = \"frameworks\"\n" + workloads;
    for (const std::string& platform : platforms) text += fmt::format("[platform.\"{}\"]\n", platform);
    const fs::path path = folder_.path() / "study.toml";
    std::ofstream(path) << text;
    return path.string();
  }
  /// The report of a run, as JSON; an empty object when there is none.
  core::Json run(const std::string& study, const std::string& more) {
    const ProgramResult r = run_trainmark("run '" + study + "' --out out --json report.json --timeout 600 " + more, folder_.path());
    last_ = r.out + r.err;
    const auto text = core::read_file(folder_.path() / "report.json");
    const auto json = text ? core::parse_json(*text, "the report") : core::Result<core::Json>(core::Json::object());
    return json ? *json : core::Json::object();
  }
  /// Every platform of every workload has one of the verdicts.
  void expect_verdicts(const core::Json& report, size_t platforms, std::initializer_list<std::string_view> allowed) {
    ASSERT_TRUE(report.contains("workloads")) << last_;
    for (const core::Json& comparison : report["workloads"]) {
      EXPECT_EQ(comparison["platforms"].size(), platforms) << last_;
      for (const core::Json& platform : comparison["platforms"]) {
        const std::string verdict = platform["verdict"]["value"];
        EXPECT_NE(std::find(allowed.begin(), allowed.end(), verdict), allowed.end())
            << comparison["network"] << ", " << platform["platform"] << ": " << verdict << "\n"
            << last_;
      }
    }
  }

  core::TemporaryFolder folder_ = core::TemporaryFolder::make(fs::temp_directory_path(), "trainmark-frameworks").value();
  std::string last_;
};

std::string workload(const std::string& network, const std::string& recipe) {
  return fmt::format("[[workload]]\nnetwork = \"{}\"\ndataset = \"synthetic-digits\"\nepochs = 1\nmax_batches = 40\n{}\n", network, recipe);
}

// Full batches of 5,900 images instead of 59,000: the same code in a tenth of the time.
TEST_F(FrameworksPython, EachDoesTheSameWorkOnTheSmallNetworks) {
  std::string workloads;
  for (const char* network : kNetworks) workloads += workload(network, network == std::string("mnist-mlp-10") ? "train_count = 5900" : "batch_size = 32");
  const auto platforms = ready_platforms(false);
  expect_verdicts(run(study_of(workloads, platforms), ""), platforms.size(), {"verified"});
}

TEST_F(FrameworksPython, SoDoesEveryMode) {
  const auto platforms = ready_platforms(true);
  expect_verdicts(run(study_of(workload("mnist-cnn-lenet", "batch_size = 32"), platforms), ""), platforms.size(), {"verified"});
}

TEST_F(FrameworksPython, TheSameCodeIsRightInFloat64) {
  const auto platforms = ready_platforms(false);
  const std::string workloads = workload("mnist-mlp", "batch_size = 32") + workload("mnist-cnn-lenet", "batch_size = 32");
  expect_verdicts(run(study_of(workloads, platforms), "--dtype float64"), platforms.size(), {"verified", "unchecked"});
}

TEST_F(FrameworksPython, RecipesAreFollowedOrRefused) {
  std::string workloads;
  for (const char* recipe :
       {"optimiser = \"adam\"\nlearning_rate = 0.001", "optimiser = \"adamw\"\nlearning_rate = 0.001\nweight_decay = 0.01",
        "optimiser = \"rmsprop\"\nlearning_rate = 0.001\nmomentum = 0.5", "momentum = 0.9\nnesterov = true\nweight_decay = 0.001",
        "clip_norm = 0.1\nlabel_smoothing = 0.1", "passes = 2\nloss = \"mean_squared_error\"", "schedule = \"cosine\"\nschedule_period = 30\nwarm_up = 5"}) {
    workloads += workload("mnist-cnn-lenet", fmt::format("batch_size = 32\n{}", recipe));
  }
  const auto platforms = ready_platforms(false);
  expect_verdicts(run(study_of(workloads, platforms), ""), platforms.size(), {"verified", "unchecked"});
}

// Those that only train say so, and the study goes on.
TEST_F(FrameworksPython, EachFindsTheSameNeighboursOrSaysThatItDoesNot) {
  const auto scikit = platforms::readiness({"scikit-learn", "", ""}, *platforms::find_framework({"scikit-learn", "", ""}));
  if (scikit.state != platforms::State::kReady) GTEST_SKIP() << "scikit-learn is not set up";
  const std::vector<std::string> searching = {"cpu", "reference", "scikit-learn"};
  const std::string search = "[[workload]]\nnetwork = \"mnist-knn\"\ndataset = \"synthetic-digits\"\ntrain_count = 3000\nmax_batches = 6\n";
  expect_verdicts(run(study_of(search + "seed = 3\n", searching), ""), searching.size(), {"verified"});
  const core::Json mixed = run(study_of(search + workload("mnist-mlp", "batch_size = 32"), {"cpu", "scikit-learn", ready_platforms(false).front()}), "");
  ASSERT_EQ(mixed["workloads"].size(), 2u) << last_;
  for (const core::Json& comparison : mixed["workloads"]) {
    const bool searches = comparison["network"] == "mnist-knn";
    for (const core::Json& platform : comparison["platforms"]) {
      const std::string name = platform["platform"], verdict = platform["verdict"]["value"], outcome = platform["outcome"]["value"];
      const bool able = name == "cpu" || (name == "scikit-learn") == searches;
      EXPECT_EQ(verdict, able ? "verified" : "unchecked") << name << "\n" << last_;
      EXPECT_EQ(outcome, able ? "finished" : "unsupported") << name;
      EXPECT_EQ(platform["fit_ns"].is_number(), searches && able) << name;
    }
  }
}

TEST_F(FrameworksPython, TheExampleAdapterIsVerified) {
  const auto numpy = platforms::readiness({"numpy", "", ""}, *platforms::find_framework({"numpy", "", ""}));
  if (numpy.state != platforms::State::kReady) GTEST_SKIP() << "numpy is not set up";
  for (const char* network : {"mnist-mlp", "mnist-mlp-10"}) {
    const ProgramResult r = run_trainmark(fmt::format("verify {} --dataset synthetic-digits --worker \"'{}' '{}'\"", network,
                                                      numpy.environment->python.string(), (source_folder() / "examples" / "dense_adapter.py").string()),
                                          folder_.path());
    EXPECT_EQ(r.exit_code, 0) << r.out << r.err;
    EXPECT_NE(r.out.find("worker: verified"), std::string::npos) << r.out;
  }
}

}  // namespace
}  // namespace trainmark::tests

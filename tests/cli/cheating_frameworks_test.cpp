// Every shortcut of tests/adapters/cheats.py, in every framework that is set up here, must fail the proof; the same worker without one must pass.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>

#include "platforms/readiness.hpp"
#include "support/run_program.hpp"
#include "support/source_folder.hpp"

namespace trainmark::tests {
namespace {

namespace fs = std::filesystem;

constexpr int kVerdictFailed = 4;  // exit code

constexpr const char* kCheats[] = {"no-convolution-update", "no-bias",       "half-batch",      "repeated-batch",    "other-learning-rate",
                                   "other-momentum",        "other-order",   "lower-precision", "no-normalisation",  "skipped-update",
                                   "weights-restored",      "constant-loss", "undivided-loss",  "part-of-evaluation"};

// A convolution and a momentum, for the cheats that need one; small, so that a process takes little more than its start.
constexpr const char* kStudy = R"(name = "cheats"

[network.small]
layers = [{conv2d = 4, kernel = 5, stride = 2}, "relu", {max_pool2d = 2}, "flatten", {dense = 10}]

[[workload]]
network = "small"
dataset = "synthetic-digits"
train_count = 960
validation_count = 256
batch_size = 16
learning_rate = 0.05
momentum = 0.9
)";

class CheatingFrameworksPython : public testing::Test {
 protected:
  void SetUp() override { std::ofstream(folder_.path() / "study.toml") << kStudy; }

  ProgramResult verify(const std::string& python, const std::string& script, const std::string& cheat) {
    const fs::path path = source_folder() / "tests" / "adapters" / script;
    return run_trainmark(fmt::format("verify study.toml --threads 1 --worker \"'{}' -E -s -B '{}' --cheat {} --threads 1\"", python, path.string(), cheat),
                         folder_.path(), fmt::format("TRAINMARK_ADAPTERS='{}'", (source_folder() / "adapters").string()));
  }

  /// The honest worker passes; each cheat, and each of `own`, ends with the exit code of a failed verdict.
  void expect_caught(const std::string& platform, const std::string& script, const std::vector<std::string>& own = {}) {
    const platforms::PlatformName name{platform, "", ""};
    const auto ready = platforms::readiness(name, *platforms::find_framework(name));
    if (ready.state != platforms::State::kReady) GTEST_SKIP() << platform << " is not set up; './dev test --python' does it";
    const std::string python = ready.environment->python.string();
    const ProgramResult honest = verify(python, script, "none");
    ASSERT_EQ(honest.exit_code, 0) << honest.out << honest.err;
    ASSERT_NE(honest.out.find("worker: verified"), std::string::npos) << honest.out;
    std::vector<std::string> cheats(std::begin(kCheats), std::end(kCheats));
    cheats.insert(cheats.end(), own.begin(), own.end());
    for (const std::string& cheat : cheats) {
      const ProgramResult r = verify(python, script, cheat);
      EXPECT_EQ(r.exit_code, kVerdictFailed) << platform << ", " << cheat << "\n" << r.out << r.err;
      EXPECT_NE(r.out.find("worker: failed"), std::string::npos) << platform << ", " << cheat << "\n" << r.out;
    }
  }

  core::TemporaryFolder folder_ = core::TemporaryFolder::make(fs::temp_directory_path(), "trainmark-cheats").value();
};

TEST_F(CheatingFrameworksPython, EveryCheatInNumpyIsCaught) { expect_caught("numpy", "cheating_numpy.py"); }
TEST_F(CheatingFrameworksPython, EveryCheatInNumbaIsCaught) { expect_caught("numba", "cheating_numba.py"); }
TEST_F(CheatingFrameworksPython, EveryCheatInJaxIsCaught) { expect_caught("jax-cpu", "cheating_jax.py"); }
TEST_F(CheatingFrameworksPython, EveryCheatInPytorchIsCaught) { expect_caught("pytorch-cpu", "cheating_pytorch.py", {"autocast"}); }
TEST_F(CheatingFrameworksPython, EveryCheatInTensorflowIsCaught) { expect_caught("tensorflow-cpu", "cheating_tensorflow.py", {"frozen-layers"}); }

}  // namespace
}  // namespace trainmark::tests

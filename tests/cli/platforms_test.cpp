// Platforms of frameworks as a user meets them, on a machine where none is set up.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>

#include "core/json.hpp"
#include "support/run_program.hpp"

namespace trainmark::tests {
namespace {

namespace fs = std::filesystem;

class Platforms : public testing::Test {
 protected:
  core::TemporaryFolder folder_ = core::TemporaryFolder::make(fs::temp_directory_path(), "trainmark-platforms").value();
  ProgramResult run(const std::string& arguments, const std::string& environment = "") {
    return run_trainmark(arguments, folder_.path(), fmt::format("TRAINMARK_CACHE='{}' {}", (folder_.path() / "cache").string(), environment));
  }
  static bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }
};

TEST_F(Platforms, TheListSaysHowToGetEach) {
  const ProgramResult r = run("list platforms", "LD_LIBRARY_PATH=/nowhere");
  EXPECT_EQ(r.exit_code, 0) << r.err;
  EXPECT_TRUE(has(r.out, "trainmark setup numpy")) << r.out;
  const ProgramResult doctor = run("doctor");
  EXPECT_TRUE(has(doctor.out, "platform jax-cpu")) << doctor.out;
  EXPECT_TRUE(has(doctor.out, "trainmark setup jax-cpu")) << doctor.out;
}

// The stand-in for NVIDIA's driver shows one device: platforms of CUDA are then possible, and only not set up.
TEST_F(Platforms, ADriverWithADeviceMakesCudaPossible) {
  const ProgramResult without = run("run mnist-mlp --platform numba-cuda", "LD_LIBRARY_PATH=/nowhere");
  EXPECT_EQ(without.exit_code, 2);
  const ProgramResult with = run("run mnist-mlp --platform numba-cuda", "LD_LIBRARY_PATH='" STUB_CUDA_FOLDER "' STUB_CUDA_DEVICES=1");
  EXPECT_EQ(with.exit_code, 2);
  EXPECT_TRUE(has(with.err, "not set up; to get it: trainmark setup numba-cuda")) << with.err;
  const ProgramResult none = run("run mnist-mlp --platform numba-cuda", "LD_LIBRARY_PATH='" STUB_CUDA_FOLDER "' STUB_CUDA_DEVICES=0");
  EXPECT_TRUE(has(none.err, "the CUDA driver shows no device")) << none.err;
  const ProgramResult broken = run("run mnist-mlp --platform numba-cuda", "LD_LIBRARY_PATH='" STUB_CUDA_FOLDER "' STUB_CUDA_ERROR=100");
  EXPECT_TRUE(has(broken.err, "cuInit gives error 100")) << broken.err;
}

TEST_F(Platforms, OneNamedByHandMustBeThere) {
  const ProgramResult missing = run("run mnist-mlp --platform cpu,numpy");
  EXPECT_EQ(missing.exit_code, 2) << missing.out;
  EXPECT_TRUE(has(missing.err, "trainmark setup numpy")) << missing.err;
  const ProgramResult wrong = run("run mnist-mlp --platform nunpy");
  EXPECT_EQ(wrong.exit_code, 2);
  EXPECT_TRUE(has(wrong.err, "did you mean 'numpy'?")) << wrong.err;
  const ProgramResult mode = run("run mnist-mlp --platform pytorch-cpu:compil");
  EXPECT_EQ(mode.exit_code, 2);
  EXPECT_TRUE(has(mode.err, "did you mean 'compile'?")) << mode.err;
  const ProgramResult python = run("run mnist-mlp --platform numpy --python /no/such/python");
  EXPECT_EQ(python.exit_code, 2);
  EXPECT_TRUE(has(python.err, "there is no Python '/no/such/python'")) << python.err;
}

TEST_F(Platforms, OneThatAStudyNamesIsSkippedWithItsReason) {
  std::ofstream(folder_.path() / "study.toml") << R"(name = "two"
[[workload]]
network = "mnist-mlp"
dataset = "synthetic-digits"
batch_size = 64
max_batches = 8
epochs = 1
[platform.cpu]
[platform.numpy]
)";
  const ProgramResult r = run("run study.toml --threads 1 --json r.json");
  EXPECT_EQ(r.exit_code, 0) << r.err;
  EXPECT_TRUE(has(r.out, "Skipped numpy: not set up; to get it: trainmark setup numpy.")) << r.out;
  EXPECT_EQ(run("run study.toml --threads 1 --platform numpy").exit_code, 2);
}

TEST_F(Platforms, APythonOfAStudyIsOnlyForFrameworks) {
  const auto expect_error = [&](const char* platform, std::string_view words) {
    std::ofstream(folder_.path() / "study.toml") << "name = \"two\"\n[[workload]]\nnetwork = \"mnist-mlp\"\n" << platform;
    const ProgramResult r = run("run study.toml --dry-run");
    EXPECT_EQ(r.exit_code, 2);
    EXPECT_TRUE(has(r.err, words)) << r.err;
  };
  expect_error("[platform.cpu]\npython = \"p\"\n", "study.toml:5: 'cpu' is no platform of a Python framework");
  expect_error("[platform.numpy]\npython = \"p\"\ncommand = \"sh\"\n", "either a 'command'");
}

// A worker that writes down how it was started, and then says nothing.
TEST_F(Platforms, TheWordThreadsInACommandIsTheirNumber) {
  std::ofstream(folder_.path() / "worker.sh") << "echo \"$@\" > started.txt\n";
  std::ofstream(folder_.path() / "study.toml") << "name = \"mine\"\n[[workload]]\nnetwork = \"mnist-mlp\"\ndataset = \"synthetic-digits\"\nbatch_size = 64\n"
                                                  "[platform.mine]\ncommand = [\"sh\", \"worker.sh\", \"--threads\", \"{threads}\"]\n";
  EXPECT_EQ(run("run study.toml --threads 1").exit_code, 3);
  EXPECT_EQ(core::read_file(folder_.path() / "started.txt").value(), "--threads 1\n");
}

TEST_F(Platforms, SetupSaysItsSizeAndDoesNothingYetInADryRun) {
  const ProgramResult r = run("setup numpy --dry-run");
  EXPECT_EQ(r.exit_code, 0) << r.err;
  EXPECT_TRUE(has(r.out, "downloads about")) << r.out;
  EXPECT_FALSE(fs::exists(folder_.path() / "cache" / "environments"));
  const ProgramResult wrong = run("setup cpu");
  EXPECT_EQ(wrong.exit_code, 2);
  EXPECT_TRUE(has(wrong.err, "native ones need no setup")) << wrong.err;
}

TEST_F(Platforms, AdaptersOfTheUsersAreTakenFromTheirFolder) {
  const ProgramResult r = run("setup numpy --dry-run", "TRAINMARK_ADAPTERS=/no/such/folder");
  EXPECT_EQ(r.exit_code, 2);
  EXPECT_TRUE(has(r.err, "/no/such/folder")) << r.err;
}

}  // namespace
}  // namespace trainmark::tests

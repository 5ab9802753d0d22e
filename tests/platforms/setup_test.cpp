// Environments made by a stand-in for Python: a script that answers to `-m venv` and `-m pip` as the real one does, so that no test
// needs the network, and that fails when the test wants it to.
#include "platforms/setup.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "core/file.hpp"
#include "core/file_lock.hpp"
#include "platforms/programs.hpp"
#include "platforms/readiness.hpp"

namespace trainmark::platforms {
namespace {

namespace fs = std::filesystem;

// $FAKE_PIP: what `-m pip install` does besides writing its arguments to $FAKE_LOG.
// clang-format off
constexpr const char* kFakePython = R"sh(#!/bin/sh
case "$*" in
  *"import sys; print"*) echo "${FAKE_MINOR:-11}" ;;
  "-m venv "*)
    if [ -n "$FAKE_VENV_FAILS" ]; then echo "ensurepip is not available"; exit 1; fi
    mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;
  *"pip --version"*) echo "pip 23" ;;
  *"pip install"*)
    echo "$*" >> "$FAKE_LOG"
    echo "  Downloading numpy-2.4.6-cp311-cp311-manylinux_2_28_x86_64.whl (16.9 MB)"
    echo "Installing collected packages: numpy"
    if [ -n "$FAKE_PIP_FAILS" ]; then echo "ERROR: no route to host"; exit 1; fi ;;
esac
)sh";
// clang-format on

class SetupTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto folder = core::TemporaryFolder::make(fs::temp_directory_path(), "trainmark-test");
    ASSERT_TRUE(folder.ok());
    folder_ = std::move(*folder);
    fs::create_directories(folder_.path() / "bin");
    write_python("python3");
    old_path_ = std::getenv("PATH");
    // Nothing but the stand-in and what it uses: the machine's own Python must neither help nor be touched.
    for (const char* tool : {"cp", "mkdir"}) fs::create_symlink(find_program(tool), folder_.path() / "bin" / tool);
    set("PATH", (folder_.path() / "bin").string());
    set("TRAINMARK_CACHE", (folder_.path() / "cache").string());
    set("FAKE_LOG", log().string());
  }
  void TearDown() override {
    for (const char* name : {"TRAINMARK_CACHE", "FAKE_LOG", "FAKE_MINOR", "FAKE_VENV_FAILS", "FAKE_PIP_FAILS"}) ::unsetenv(name);
    set("PATH", old_path_);
  }
  static void set(const char* name, const std::string& value) { ::setenv(name, value.c_str(), 1); }
  void write_python(const std::string& name) const {
    const fs::path path = folder_.path() / "bin" / name;
    std::ofstream(path) << kFakePython;
    fs::permissions(path, fs::perms::owner_all);
  }
  fs::path log() const { return folder_.path() / "pip.log"; }
  std::string logged() const {
    const auto text = core::read_file(log());
    return text ? *text : "";
  }
  core::Result<Environment> set_up_numpy(const std::string& version = "", const std::string& index_url = "") {
    const auto plan = plan_setup(numpy_, version);
    if (!plan) return plan.error();
    steps_.clear();
    return set_up(*plan, {index_url, [this](std::string_view step) { steps_ += std::string(step) + "\n"; }});
  }

  const FrameworkPlatform& numpy_ = *find_framework({"numpy", "", ""});
  core::TemporaryFolder folder_;
  std::string steps_, old_path_;
};

TEST_F(SetupTest, MakesAnEnvironmentThatCountsOnlyWhenItIsRecorded) {
  const auto environment = set_up_numpy();
  ASSERT_TRUE(environment.ok()) << environment.error().message;
  EXPECT_TRUE(fs::exists(environment->python));
  EXPECT_NE(steps_.find("Downloading numpy-2.4.6 (16.9 MB)"), std::string::npos) << steps_;
  EXPECT_EQ(readiness({"numpy", "", ""}, numpy_).state, State::kNotSetUp);
  ASSERT_TRUE(write_environment("numpy", *environment).ok());
  const Readiness ready = readiness({"numpy", "", ""}, numpy_);
  EXPECT_EQ(ready.state, State::kReady);
  EXPECT_EQ(ready.environment->python, environment->python);
  EXPECT_TRUE(plan_setup(numpy_, "")->complete);
}

TEST_F(SetupTest, InstallsPinnedRequirementsFromTheIndexThatIsGiven) {
  ASSERT_TRUE(set_up_numpy("", "https://example.org/simple").ok());
  EXPECT_NE(logged().find("--index-url https://example.org/simple"), std::string::npos) << logged();
  const auto list = core::read_file(*environment_folder("numpy") / "requirements.txt");
  ASSERT_TRUE(list.ok());
  EXPECT_NE(list->find("numpy=="), std::string::npos);
}

TEST_F(SetupTest, AnotherVersionStandsBesideThePinnedOne) {
  const auto pinned = set_up_numpy(), other = set_up_numpy("2.1");
  ASSERT_TRUE(pinned.ok() && other.ok());
  EXPECT_NE(pinned->python, other->python);
  const auto list = core::read_file(*environment_folder("numpy@2.1") / "requirements.txt");
  ASSERT_TRUE(list.ok());
  EXPECT_NE(list->find("numpy==2.1.*\n"), std::string::npos) << *list;
  EXPECT_EQ(list->find("numpy==2.4"), std::string::npos) << *list;
}

TEST_F(SetupTest, AFailureOfPipIsToldAndRepeatingGoesOn) {
  set("FAKE_PIP_FAILS", "1");
  const auto failed = set_up_numpy();
  ASSERT_FALSE(failed.ok());
  EXPECT_NE(failed.error().message.find("no route to host"), std::string::npos) << failed.error().message;
  EXPECT_EQ(readiness({"numpy", "", ""}, numpy_).state, State::kNotSetUp);
  ::unsetenv("FAKE_PIP_FAILS");
  const auto again = set_up_numpy();
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(steps_.find("virtual environment"), std::string::npos) << "the Python that was there should be kept: " << steps_;
}

TEST_F(SetupTest, AnEnvironmentWhosePythonDoesNotStartIsMadeAnew) {
  const auto environment = set_up_numpy();
  ASSERT_TRUE(environment.ok());
  fs::remove(environment->python);  // were it a link, writing would go through it to the machine's own Python
  std::ofstream(environment->python) << "#!/bin/sh\nexit 3\n";
  fs::permissions(environment->python, fs::perms::owner_all);
  ASSERT_TRUE(set_up_numpy().ok());
  EXPECT_NE(steps_.find("virtual environment"), std::string::npos) << steps_;
}

TEST_F(SetupTest, ADamagedRecordMeansNotSetUp) {
  const auto environment = set_up_numpy();
  ASSERT_TRUE(environment.ok()) << environment.error().message;
  ASSERT_TRUE(write_environment("numpy", *environment).ok());
  for (const char* text : {"", "{", "[]", R"({"format": 2})", R"({"format": 1, "python": 3})"}) {
    std::ofstream(*environment_folder("numpy") / "environment.json") << text;
    EXPECT_EQ(readiness({"numpy", "", ""}, numpy_).state, State::kNotSetUp) << text;
  }
}

TEST_F(SetupTest, OnlyPythonsThatRequirementsArePinnedForAreTaken) {
  set("FAKE_MINOR", "8");
  const auto old = set_up_numpy();
  ASSERT_FALSE(old.ok());
  EXPECT_NE(old.error().message.find("is 3.8"), std::string::npos) << old.error().message;
}

TEST_F(SetupTest, AMissingVenvModuleNamesItsPackage) {
  set("FAKE_VENV_FAILS", "1");
  const auto failed = set_up_numpy();
  ASSERT_FALSE(failed.ok());
  EXPECT_NE(failed.error().message.find("python3-venv"), std::string::npos) << failed.error().message;
}

TEST_F(SetupTest, TooLittleRoomIsSaidBeforeAnythingIsDone) {
  auto plan = plan_setup(numpy_, "");
  ASSERT_TRUE(plan.ok());
  ASSERT_TRUE(plan->size.has_value());
  plan->free_bytes = plan->size->installed_bytes - 1;
  const auto failed = set_up(*plan, {"", [](std::string_view) {}});
  ASSERT_FALSE(failed.ok());
  EXPECT_NE(failed.error().message.find("make room"), std::string::npos) << failed.error().message;
  EXPECT_FALSE(fs::exists(plan->folder));
}

TEST_F(SetupTest, TwoAtOnceDoNotMeet) {
  const auto plan = plan_setup(numpy_, "");
  fs::create_directories(plan->folder);
  const auto lock = core::FileLock::try_take(plan->folder / "lock");
  ASSERT_TRUE(lock.ok() && lock->has_value());
  const auto second = set_up(*plan, {"", [](std::string_view) {}});
  ASSERT_FALSE(second.ok());
  EXPECT_NE(second.error().message.find("another 'trainmark setup'"), std::string::npos) << second.error().message;
}

TEST_F(SetupTest, AnOwnPythonNeedsNoEnvironment) {
  const fs::path python = folder_.path() / "bin" / "python3";
  const Readiness ready = readiness({"numpy", "", ""}, numpy_, python);
  EXPECT_EQ(ready.state, State::kReady);
  const auto command = worker_command({"numpy", "", ""}, numpy_, ready.environment->python);
  ASSERT_TRUE(command.ok());
  EXPECT_EQ(command->front(), python.string());
  EXPECT_NE(std::find(command->begin(), command->end(), "{threads}"), command->end());
  EXPECT_EQ(readiness({"numpy", "", ""}, numpy_, "/no/such/python").state, State::kImpossible);
}

TEST_F(SetupTest, CompilingNeedsACompiler) {
  const PlatformName compiled{"pytorch-cpu", "", "compile"};
  const Readiness none = readiness(compiled, *find_framework(compiled));
  EXPECT_EQ(none.state, State::kImpossible);
  EXPECT_NE(none.reason.find("C++ compiler"), std::string::npos) << none.reason;
}

}  // namespace
}  // namespace trainmark::platforms

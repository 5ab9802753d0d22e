// Platforms of a study: the ways to write them, commands of workers of the user's own, and where their paths begin.
#include "workload/platform_toml.hpp"

#include <gtest/gtest.h>

#include "core/file.hpp"

namespace trainmark::workload {
namespace {

const std::string kHead = "name = 'mine'\n[[workload]]\nnetwork = 'mnist-mlp'\ndataset = 'mnist'\n";  // 4 lines

std::vector<std::string> names(const core::Result<Study>& study) {
  std::vector<std::string> all;
  EXPECT_TRUE(study.ok()) << study.error().message;
  for (const PlatformChoice& p : study->platforms) all.push_back(p.name);
  return all;
}

TEST(PlatformToml, TakesNamedTablesInTheFilesOrder) {
  const auto study = parse_study(kHead + "[platform.zebra]\ncommand = 'zebra --fast'\nshare = 0.5\n[platform.cpu]\n", "s.toml");
  EXPECT_EQ(names(study), (std::vector<std::string>{"zebra", "cpu"}));
  EXPECT_EQ(study->platforms[0].command, (std::vector<std::string>{"zebra", "--fast"}));
  EXPECT_EQ(study->platforms[0].command_place, "s.toml:6");
  EXPECT_EQ(study->platforms[0].share, 0.5);
  EXPECT_TRUE(study->platforms[1].command.empty());
}

TEST(PlatformToml, ANamedTableMayFollowAList) {
  const auto study = parse_study(kHead + "[[platform]]\nname = 'cpu'\n[platform.mine]\ncommand = ['mine']\n[[platform]]\nname = 'reference'\n", "s.toml");
  EXPECT_EQ(names(study), (std::vector<std::string>{"cpu", "mine", "reference"}));
}

TEST(PlatformToml, PathsBeginAtTheStudysFolder) {
  const auto folder = core::TemporaryFolder::make(std::filesystem::temp_directory_path(), "trainmark-platform").value();
  core::write_file(folder.path() / "worker.py", std::string_view("x")).value();
  const std::string file = (folder.path() / "s.toml").string();
  const auto command = [&](const std::string& toml) { return parse_study(kHead + "[platform.mine]\ncommand = " + toml, file)->platforms.at(0).command; };
  const std::string worker = (folder.path() / "worker.py").string();
  EXPECT_EQ(command("['python3', 'worker.py', 'other.py']"), (std::vector<std::string>{"python3", worker, "other.py"}));
  EXPECT_EQ(command("'./worker.py --with worker.py'"), (std::vector<std::string>{worker, "--with", worker}));
  EXPECT_EQ(command("['/bin/sh', '-c', 'exit']"), (std::vector<std::string>{"/bin/sh", "-c", "exit"}));
}

TEST(PlatformToml, SplitsACommandAsAShellWould) {
  EXPECT_EQ(split_command("  a  b\tc ").value(), (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(split_command(R"(a 'b c' "d \"e\" \n" f\ g '' h"i"j)").value(), (std::vector<std::string>{"a", "b c", "d \"e\" \\n", "f g", "", "hij"}));
  EXPECT_EQ(split_command("").value(), (std::vector<std::string>{}));
  EXPECT_FALSE(split_command("a 'b").ok());
}

TEST(PlatformToml, NamesLineAndRemedyOfEveryMistake) {
  struct Case {
    const char* toml;
    std::vector<const char*> said;
  };
  for (const Case& c : std::vector<Case>{
           {"[platform.cpu]\ncommand = 'x'", {"s.toml:6:", "'cpu'", "another name"}},
           {"[platform.mine]\ncomand = 'x'", {"s.toml:6:", "did you mean 'command'?"}},
           {"[platform.mine]\ncommand = 3", {"s.toml:6:", "a string or a list of strings"}},
           {"[platform.mine]\ncommand = ['a', 3]", {"s.toml:6:", "a string or a list of strings"}},
           {"[platform.mine]\ncommand = ''", {"s.toml:6:", "empty"}},
           {"[platform.mine]\ncommand = \"a 'b\"", {"s.toml:6:", "never closed"}},
           {"[platform.mine]\nname = 'other'", {"s.toml:6:", "no key 'name'"}},
           {"[platform]\nname = 'other'", {"s.toml:6:", "[platform.NAME]"}},
           {"[platform.mine]\ncommand='x'\n[platform.\"mine\"]", {"s.toml:7", "not valid TOML"}},
           {"[[platform]]\nname = 'mine'\n[platform.mine]\ncommand='x'", {"s.toml:7:", "there twice"}},
       }) {
    const auto study = parse_study(kHead + c.toml, "s.toml");
    ASSERT_FALSE(study.ok()) << c.toml;
    for (const char* said : c.said) EXPECT_NE(study.error().message.find(said), std::string::npos) << said << " not in: " << study.error().message;
  }
}

TEST(PlatformToml, ACommandThatIsNotThereIsAUsageErrorAtItsLine) {
  const auto missing = [](const std::string& command) {
    return check_command(parse_study(kHead + "[platform.mine]\ncommand = '" + command + "'", "/nowhere/s.toml")->platforms.at(0));
  };
  EXPECT_TRUE(missing("sh -c x").ok());
  EXPECT_EQ(missing("./w.py").error().message.find("/nowhere/s.toml:6: the command of the platform 'mine' begins with '/nowhere/w.py'"), 0u);
  EXPECT_NE(missing("no-such-program-here").error().message.find("in no folder of PATH"), std::string::npos);
  EXPECT_EQ(missing("./w.py").error().kind, core::ErrorKind::kUsage);
}

}  // namespace
}  // namespace trainmark::workload

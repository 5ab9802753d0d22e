// Help and completions: made from the parser, so both are held against each other.
#include <gtest/gtest.h>

#include <regex>
#include <set>
#include <sstream>

#include "support/run_program.hpp"

namespace trainmark::tests {
namespace {

class Help : public testing::Test {
 protected:
  core::TemporaryFolder folder_ = core::TemporaryFolder::make(std::filesystem::temp_directory_path(), "trainmark-help").value();
  std::string out(const std::string& arguments) {
    const ProgramResult r = run_trainmark(arguments, folder_.path());
    EXPECT_EQ(r.exit_code, 0) << arguments << r.err;
    return r.out;
  }
  std::set<std::string> options_of(const std::string& command) {
    std::set<std::string> options;
    const std::string help = out(command + " --help");
    const std::string text = help.substr(0, help.find("Examples:"));
    const std::regex pattern("(?:^|\n| |,)(--[a-z-]+)");
    for (std::sregex_iterator it(text.begin(), text.end(), pattern), end; it != end; ++it) options.insert((*it)[1]);
    return options;
  }
  // What bash offers after these words.
  std::string bash(const std::string& words) {
    core::write_file(folder_.path() / "c.bash", std::string_view(out("completions bash"))).value();
    core::write_file(folder_.path() / "try.bash", std::string_view("source ./c.bash\nCOMP_WORDS=(trainmark " + words +
                                                                   ")\nCOMP_CWORD=$((${#COMP_WORDS[@]}-1))\n_trainmark\necho \"${COMPREPLY[*]}\"\n"))
        .value();
    const std::string command = "cd '" + folder_.path().string() + "' && bash try.bash > offered.txt 2>&1";
    EXPECT_EQ(std::system(command.c_str()), 0);
    std::string text = core::read_file(folder_.path() / "offered.txt").value();
    return text.substr(0, text.size() - 1);
  }
};

const char* const kCommands[] = {"run",  "verify",  "report", "compare",     "merge",  "slurm", "list",
                                 "plan", "profile", "doctor", "completions", "manual", "worker"};

TEST_F(Help, EveryCommandHasExamplesWithOptionsThatItHas) {
  for (const std::string command : kCommands) {
    const std::string help = out(command + " --help");
    const size_t at = help.find("Examples:\n");
    ASSERT_NE(at, std::string::npos) << command;
    std::istringstream lines(help.substr(at));
    const std::set<std::string> options = options_of(command);
    for (std::string line; std::getline(lines, line);) {
      line = line.substr(0, line.find(" -- "));  // what follows are another command's
      const std::regex pattern(" (--[a-z-]+)");
      for (std::sregex_iterator it(line.begin(), line.end(), pattern), end; it != end; ++it) EXPECT_TRUE(options.count((*it)[1])) << command << ": " << line;
    }
  }
}

TEST_F(Help, CompletionsKnowEveryCommandAndOptionOfTheHelp) {
  for (const std::string shell : {"bash", "zsh", "fish"}) {
    const std::string script = out("completions " + shell);
    for (const std::string command : kCommands) {
      if (command == "worker") continue;
      EXPECT_NE(script.find(command), std::string::npos) << shell << command;
      for (const std::string& option : options_of(command)) {
        const std::string written = shell == "fish" ? "from " + command + "' -l " + option.substr(2) + " " : option;
        EXPECT_NE(script.find(written), std::string::npos) << shell << " " << command << " " << option;
      }
    }
  }
  EXPECT_EQ(run_trainmark("completions tcsh", folder_.path()).exit_code, 2);
}

TEST_F(Help, TheManualPageHasEveryCommandAndOptionAndIsGoodRoff) {
  const std::string page = out("manual");
  for (const std::string command : kCommands) {
    if (command == "worker") continue;
    EXPECT_NE(page.find(".SS " + command + "\n"), std::string::npos) << command;
    for (const std::string& option : options_of(command)) {
      const std::string written = std::regex_replace(option, std::regex("-"), "\\-");
      EXPECT_NE(page.find("\\fB" + written + "\\fR"), std::string::npos) << command << " " << option;
    }
  }
  if (std::system("command -v groff >/dev/null 2>&1") != 0) GTEST_SKIP() << "there is no groff to read it";
  core::write_file(folder_.path() / "trainmark.1", std::string_view(page)).value();
  const std::string complaints = (folder_.path() / "groff.txt").string();
  EXPECT_EQ(std::system(("groff -man -ww -z '" + (folder_.path() / "trainmark.1").string() + "' 2>'" + complaints + "'").c_str()), 0);
  EXPECT_EQ(core::read_file(complaints).value(), "");
}

TEST_F(Help, BashCompletesCommandsOptionsNamesAndLists) {
  EXPECT_EQ(bash("ver"), "verify");
  EXPECT_EQ(bash("run --dt"), "--dtype");
  EXPECT_EQ(bash("run --dtype \"\""), "float32 float64");
  EXPECT_EQ(bash("run --platform ref"), "reference");
  EXPECT_EQ(bash("run --platform cpu,ref"), "cpu,reference");
  EXPECT_EQ(bash("run qu"), "quick");
  EXPECT_EQ(bash("plan mnist-c"), "mnist-cnn mnist-cnn-lenet");
  EXPECT_EQ(bash("run --file c.b"), "c.bash");
  EXPECT_EQ(bash("run --seed \"\""), "");
}

}  // namespace
}  // namespace trainmark::tests

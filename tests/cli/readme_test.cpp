// The commands that README.md shows are commands that work.
#include <gtest/gtest.h>

#include <sstream>

#include "support/run_program.hpp"
#include "support/source_folder.hpp"

namespace trainmark::tests {
namespace {

constexpr std::string_view kProgram = "build/trainmark ";

std::vector<std::string> commands_of_readme() {
  std::istringstream readme(core::read_file(source_folder() / "README.md").value());
  std::vector<std::string> commands;
  for (std::string line; std::getline(readme, line);) {
    if (line.starts_with(kProgram)) commands.push_back(line.substr(kProgram.size()));
  }
  return commands;
}

// Runs are only planned; what needs files of the reader's own ends with a sentence about them.
TEST(ReadmeSlow, CommandsWork) {
  const auto folder = core::TemporaryFolder::make(std::filesystem::temp_directory_path(), "trainmark-readme-").value();
  const auto commands = commands_of_readme();
  EXPECT_GE(commands.size(), 5u);
  for (const std::string& command : commands) {
    const ProgramResult r = run_trainmark(command + (command.starts_with("run ") ? " --dry-run" : ""), folder.path());
    const bool needs_files = command.find(" DIR") != std::string::npos || command.find("my_worker.py") != std::string::npos;
    if (!needs_files) {
      EXPECT_EQ(r.exit_code, 0) << command << "\n" << r.err;
    } else {
      EXPECT_NE(r.exit_code, 0) << command;
      EXPECT_EQ(r.err.find("Run with --help"), std::string::npos) << "a flag is not known: " << command << "\n" << r.err;
      EXPECT_TRUE(r.err.find("DIR") != std::string::npos || r.err.find("worker") != std::string::npos || r.out.find("worker") != std::string::npos)
          << r.err << r.out;
    }
  }
}

}  // namespace
}  // namespace trainmark::tests

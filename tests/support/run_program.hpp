// Runs the built program as a user would and gives back what it printed and how it ended.
#pragma once

#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "core/file.hpp"

namespace trainmark::tests {

struct ProgramResult {
  int exit_code = -1;
  std::string out, err;
};

/// `arguments` is a piece of shell; `folder` is where output is caught and the command runs. TRAINMARK_PROGRAM is the
/// path of the binary, set by CMake.
inline ProgramResult run_trainmark(const std::string& arguments, const std::filesystem::path& folder, const std::string& environment = "") {
  const auto out = folder / "stdout.txt";
  const auto err = folder / "stderr.txt";
  // On machines with counters of energy every run would wait for the idle power to be measured.
  const std::string command = "cd '" + folder.string() + "' && TRAINMARK_POWERCAP=/none TRAINMARK_CEILINGS=0 " + environment + " '" TRAINMARK_PROGRAM "' " +
                              arguments + " >'" + out.string() + "' 2>'" + err.string() + "' </dev/null";
  const int status = std::system(command.c_str());
  ProgramResult result;
  result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  result.out = core::read_file(out).value();
  result.err = core::read_file(err).value();
  return result;
}

}  // namespace trainmark::tests

// The command line of this process as text, for the record, and the path of this program, to start workers with.
#pragma once

#include <filesystem>
#include <string>

namespace trainmark::cli {

/// Arguments quoted where a shell would need it; the program is called "trainmark".
std::string command_line();

/// Path of the running binary.
std::filesystem::path program_path();

/// main() hands its arguments over before anything else.
void remember_command_line(int argc, char** argv);

}  // namespace trainmark::cli

// Other programs: where they are, and running one while its output is read line by line.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace trainmark::platforms {

/// The program of that name in PATH, or "".
std::filesystem::path find_program(std::string_view name);

/// The first of $CXX, c++, g++, clang++ that is there, or "".
std::filesystem::path find_cpp_compiler();

/// Runs `words` without standard input until it ends, and calls `on_line` for each line of its output and error output. Returns its
/// exit code; 128 + number of the signal that ended it. Error: it cannot be started.
core::Result<int> run_program(const std::vector<std::string>& words, const std::function<void(std::string_view line)>& on_line);

}  // namespace trainmark::platforms

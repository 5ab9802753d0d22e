// What a wrong command line is answered with: one sentence, the nearest right spelling, and where to read on.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace trainmark::cli {

/// `arguments` are those of the program, without its name.
std::string usage_sentence(const CLI::App& app, const CLI::ParseError& failure, const std::vector<std::string>& arguments);

}  // namespace trainmark::cli

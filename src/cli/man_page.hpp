// The manual page, made from the parser itself like the completions: it cannot know other commands and options.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace trainmark::cli {

/// trainmark(1) in man(7)'s macros; `version` stands in its frame.
std::string man_page(const CLI::App& app, const std::string& version);

}  // namespace trainmark::cli

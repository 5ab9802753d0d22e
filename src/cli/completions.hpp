// Shell completions, made from the parser itself, so that they cannot know other commands and options than it does.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace trainmark::cli {

/// The script for "bash", "zsh" or "fish". Options are completed by their type names: PLATFORM, DATASET, NETWORK, SUBJECT
/// (study or network) by the names that the program knows, FILE and DIR by paths, {a,b} by its members.
std::string completion_script(const CLI::App& app, const std::string& shell);

}  // namespace trainmark::cli

// Sentences for wrong command lines: CLI11 says what it did not expect; this finds what was probably meant.
#include "cli/usage_error.hpp"

#include <fmt/format.h>

#include "core/suggest.hpp"

namespace trainmark::cli {
namespace {

// The subcommand that the arguments name, or the program itself.
const CLI::App* chosen(const CLI::App& app, const std::vector<std::string>& arguments) {
  for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; })) {
    if (!arguments.empty() && sub->get_name() == arguments[0]) return sub;
  }
  return &app;
}

std::vector<std::string> known_words(const CLI::App& app) {
  std::vector<std::string> words;
  for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; })) {
    if (!sub->get_group().empty()) words.push_back(sub->get_name());
  }
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) words.push_back("--" + name);
  }
  return words;
}

// The argument that no option and no subcommand takes.
std::string unexpected(const CLI::App& app, const CLI::App& command, const std::vector<std::string>& arguments) {
  if (&command == &app) return arguments.empty() ? "" : arguments[0];
  const std::vector<std::string> words = known_words(command);
  for (const std::string& argument : arguments) {
    const std::string name = argument.substr(0, argument.find('='));
    if (name.rfind("--", 0) == 0 && std::find(words.begin(), words.end(), name) == words.end()) return name;
  }
  return "";
}

}  // namespace

std::string usage_sentence(const CLI::App& app, const CLI::ParseError& failure, const std::vector<std::string>& arguments) {
  const CLI::App* command = chosen(app, arguments);
  const std::string help = command == &app ? "trainmark --help" : fmt::format("trainmark {} --help", command->get_name());
  const std::string word = unexpected(app, *command, arguments);
  const bool extra = dynamic_cast<const CLI::ExtrasError*>(&failure) != nullptr || dynamic_cast<const CLI::RequiredError*>(&failure) != nullptr;
  if (arguments.empty()) return fmt::format("name a command; '{}' lists them, 'trainmark run quick' is a good start", help);
  if (extra && !word.empty()) {
    return fmt::format("{} has no {} '{}'{}; see '{}'", command == &app ? "trainmark" : fmt::format("'trainmark {}'", command->get_name()),
                       command == &app && word[0] != '-' ? "command" : "option", word, core::did_you_mean(word, known_words(*command)), help);
  }
  return fmt::format("{}; see '{}'", failure.what(), help);
}

}  // namespace trainmark::cli

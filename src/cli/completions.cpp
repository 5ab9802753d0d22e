// One description of commands and options, read off the parser; then a printer for each shell.
#include "cli/completions.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <vector>

#include "data/dataset.hpp"
#include "network/zoo.hpp"
#include "platforms/catalogue.hpp"
#include "workload/study.hpp"

namespace trainmark::cli {
namespace {

/// An option or a positional argument.
struct Argument {
  std::string name;  ///< "--platform", or "" of a positional one
  std::string description;
  bool takes_value = true;
  bool files = false;              ///< paths are values
  std::vector<std::string> words;  ///< that are values
};

struct Command {
  std::string name, description;
  std::vector<Argument> options, positionals;
};

std::vector<std::string> words_of(const std::string& type) {
  std::vector<std::string> names;
  if (type == "PLATFORM") return platforms::all_platform_names();
  if (type == "NETWORK") return network::network_names();
  if (type == "SUBJECT") {
    for (const auto& [name, text] : workload::built_in_studies()) names.push_back(name);
    for (const std::string& name : network::network_names()) names.push_back(name);
  }
  if (type == "DATASET") {
    for (const data::DatasetInfo& d : data::known_datasets()) names.push_back(d.name);
  }
  const size_t open = type.find('{'), close = type.find('}');
  if (open == std::string::npos || close == std::string::npos) return names;
  for (size_t at = open + 1; at <= close;) {  // the parser's own text of a set: "TEXT:{float32,float64}"
    const size_t end = std::min(type.find(',', at), close);
    names.push_back(type.substr(at, end - at));
    at = end + 1;
  }
  return names;
}

Argument argument_of(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  Argument argument;
  argument.name = option.get_positional() ? "" : "--" + option.get_lnames().front();
  argument.description = option.get_description();
  argument.takes_value = option.get_items_expected_max() > 0;
  argument.files = type == "FILE" || type == "DIR" || type == "SUBJECT" || type == "NETWORK";
  argument.words = words_of(type);
  return argument;
}

std::vector<Command> commands_of(const CLI::App& app) {
  std::vector<Command> commands;
  for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; })) {
    Command command{sub->get_name(), sub->get_description(), {}, {}};
    for (const CLI::Option* option : sub->get_options()) {
      if (!option->get_positional() && option->get_lnames().empty()) continue;
      (option->get_positional() ? command.positionals : command.options).push_back(argument_of(*option));
    }
    commands.push_back(std::move(command));
  }
  return commands;
}

std::string joined(const std::vector<std::string>& words) { return fmt::format("{}", fmt::join(words, " ")); }

std::vector<std::string> words_after(const Command& command) {
  std::vector<std::string> words;
  for (const Argument& positional : command.positionals) words.insert(words.end(), positional.words.begin(), positional.words.end());
  for (const Argument& option : command.options) words.push_back(option.name);
  return words;
}

bool takes_files(const Command& command) {
  return std::any_of(command.positionals.begin(), command.positionals.end(), [](const Argument& a) { return a.files; });
}

// ---- bash: https://www.gnu.org/software/bash/manual/html_node/Programmable-Completion.html

std::string bash_script(const std::vector<Command>& commands) {
  std::vector<std::string> names;
  std::string values, words;
  for (const Command& command : commands) {
    names.push_back(command.name);
    for (const Argument& option : command.options) {
      if (!option.takes_value) continue;
      values += fmt::format("    '{} {}') words='{}' files={} ;;\n", command.name, option.name, joined(option.words), option.files ? "yes" : "");
    }
    words += fmt::format("    '{} '*) words='{}' files={} ;;\n", command.name, joined(words_after(command)), takes_files(command) ? "yes" : "");
  }
  return fmt::format(
      R"(# Completion of trainmark for bash. Load it with: source <(trainmark completions bash)
_trainmark() {{
  local current=${{COMP_WORDS[COMP_CWORD]}} previous=${{COMP_WORDS[COMP_CWORD-1]}} words='' files='' list=''
  COMPREPLY=()
  case "${{COMP_WORDS[1]}} $previous" in
{}{}  esac
  if [ "$COMP_CWORD" -eq 1 ]; then words='{} --help --version' files=''; fi
  case "$current" in *,*) list="${{current%,*}}," ;; esac
  while IFS= read -r word; do COMPREPLY+=("$list$word"); done < <(compgen -W "$words" -- "${{current##*,}}")
  if [ -n "$files" ]; then
    while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -f -- "$current")
    compopt -o filenames 2>/dev/null
  fi
}}
complete -F _trainmark trainmark
)",
      values, words, joined(names));
}

// ---- zsh: https://zsh.sourceforge.io/Doc/Release/Completion-System.html, _arguments

// Inside '...', and without a meaning for _arguments.
std::string zsh_text(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '\'') out += "'\\''";
    else if (std::string_view("[]:\\").find(c) != std::string_view::npos) out += std::string("\\") + c;
    else out += c;
  }
  return out;
}

std::string zsh_values(const Argument& argument) {
  if (argument.files) return argument.words.empty() ? "_files" : fmt::format("{{compadd {}; _files}}", joined(argument.words));
  return argument.words.empty() ? " " : fmt::format("{{_values -s , value {}}}", joined(argument.words));
}

std::string zsh_script(const std::vector<Command>& commands) {
  std::string names, cases;
  for (const Command& command : commands) {
    names += fmt::format("    '{}:{}'\n", command.name, zsh_text(command.description));
    cases += fmt::format("    {})\n      _arguments", command.name);
    for (const Argument& option : command.options) {
      const std::string value = option.takes_value ? fmt::format(":value:{}", zsh_values(option)) : "";
      cases += fmt::format(" \\\n        '{}[{}]{}'", option.name, zsh_text(option.description), value);
    }
    for (const Argument& positional : command.positionals) cases += fmt::format(" \\\n        ':argument:{}'", zsh_values(positional));
    cases += "\n      ;;\n";
  }
  return fmt::format(
      R"(#compdef trainmark
# Completion of trainmark for zsh. Load it with: source <(trainmark completions zsh)
_trainmark() {{
  local -a commands
  commands=(
{}  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local name=$words[2]
  shift words
  (( CURRENT-- ))
  case $name in
{}  esac
}}
if [ "$funcstack[1]" = _trainmark ]; then _trainmark "$@"; else compdef _trainmark trainmark; fi
)",
      names, cases);
}

// ---- fish: https://fishshell.com/docs/current/completions.html

std::string fish_text(const std::string& text) {
  std::string out;
  for (const char c : text) out += c == '\'' || c == '\\' ? std::string("\\") + c : std::string(1, c);
  return out;
}

std::string fish_script(const std::vector<Command>& commands) {
  std::string text = "# Completion of trainmark for fish. Load it with: trainmark completions fish | source\ncomplete -c trainmark -f\n";
  for (const Command& command : commands) {
    text += fmt::format("complete -c trainmark -n __fish_use_subcommand -a {} -d '{}'\n", command.name, fish_text(command.description));
    const std::string here = fmt::format("complete -c trainmark -n '__fish_seen_subcommand_from {}'", command.name);
    for (const Argument& option : command.options) {
      text += fmt::format("{} -l {} -d '{}'", here, option.name.substr(2), fish_text(option.description));
      if (option.takes_value) text += option.files ? " -r -F" : " -x";
      if (!option.words.empty()) text += fmt::format(" -a '{}'", joined(option.words));
      text += "\n";
    }
    for (const Argument& positional : command.positionals) {
      if (positional.files) text += here + " -F\n";
      if (!positional.words.empty()) text += fmt::format("{} -a '{}'\n", here, joined(positional.words));
    }
  }
  return text;
}

}  // namespace

std::string completion_script(const CLI::App& app, const std::string& shell) {
  std::vector<Command> commands = commands_of(app);
  std::erase_if(commands, [](const Command& command) { return command.name == "worker"; });  // started by the supervisor, not by people
  return shell == "bash" ? bash_script(commands) : shell == "zsh" ? zsh_script(commands) : fish_script(commands);
}

}  // namespace trainmark::cli

// trainmark completions SHELL: prints the script that completes this program's command line.
#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/completions.hpp"

namespace trainmark::cli {

void add_completions(CLI::App& app, Action& action) {
  auto shell = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand("completions", "Print the completion script of a shell");
  command->add_option("shell", *shell, "bash, zsh or fish")->required()->check(CLI::IsMember({"bash", "zsh", "fish"}));
  command->footer(
      "Examples:\n"
      "  source <(trainmark completions bash)        for this shell; in ~/.bashrc for all\n"
      "  source <(trainmark completions zsh)         in ~/.zshrc, after compinit\n"
      "  trainmark completions fish > ~/.config/fish/completions/trainmark.fish");
  command->callback([shell, &app, &action] {
    action = [shell, &app]() -> core::Result<ExitCode> {
      fmt::print("{}", completion_script(app, *shell));
      return ExitCode::kOk;
    };
  });
}

}  // namespace trainmark::cli

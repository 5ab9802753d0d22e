// trainmark manual: prints the manual page.
#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/man_page.hpp"
#include "core/build_info.hpp"

namespace trainmark::cli {

void add_manual(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand("manual", "Print the manual page, in roff");
  command->footer(
      "Examples:\n"
      "  trainmark manual | man -l -\n"
      "  trainmark manual > ~/.local/share/man/man1/trainmark.1");
  command->callback([&app, &action] {
    action = [&app]() -> core::Result<ExitCode> {
      fmt::print("{}", man_page(app, std::string(core::build_info().version)));
      return ExitCode::kOk;
    };
  });
}

}  // namespace trainmark::cli

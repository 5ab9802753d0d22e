// trainmark: the command line. Parses, runs the chosen command, prints its error once, and turns it into the exit code.
#include <fmt/format.h>

#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "cli/command_line.hpp"
#include "cli/commands.hpp"
#include "cli/cut_off_file.hpp"
#include "cli/usage_error.hpp"
#include "core/build_info.hpp"
#include "trial/launcher.hpp"

int main(int argc, char** argv) {
  using namespace trainmark;
  cli::remember_command_line(argc, argv);
  // Hidden, and not parsed here: what follows belongs to the worker that the launcher starts.
  if (argc > 1 && std::string_view(argv[1]) == "launch") return trial::run_launcher(argc, argv);

  cli::explain_cut_off_files();
  CLI::App app(
      "Trains the same network on many platforms, proves that each did the same work, measures and compares them.\n"
      "Start with 'trainmark run quick'.",
      "trainmark");
  app.set_version_flag("--version", fmt::format("trainmark {} (commit {})", core::build_info().version, core::build_info().commit));
  app.require_subcommand(1);
  app.get_formatter()->column_width(34);
  app.footer("'trainmark COMMAND --help' explains a command, with examples. Documentation: docs/ of the sources.");

  cli::Action action;
  cli::add_run(app, action);
  cli::add_verify(app, action);
  cli::add_report(app, action);
  cli::add_compare(app, action);
  cli::add_merge(app, action);
  cli::add_slurm(app, action);
  cli::add_list(app, action);
  cli::add_data(app, action);
  cli::add_plan(app, action);
  cli::add_profile(app, action);
  cli::add_ceilings(app, action);
  cli::add_setup(app, action);
  cli::add_doctor(app, action);
  cli::add_completions(app, action);
  cli::add_manual(app, action);
  cli::add_worker(app, action);

  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& success) {
    return app.exit(success);  // --help and --version
  } catch (const CLI::ParseError& failure) {
    fmt::print(stderr, "trainmark: {}\n", cli::usage_sentence(app, failure, std::vector<std::string>(argv + 1, argv + argc)));
    return static_cast<int>(cli::ExitCode::kUsage);
  }

  const core::Result<cli::ExitCode> result = action();
  if (result) return static_cast<int>(*result);
  fmt::print(stderr, "trainmark: {}\n", result.error().message);
  return static_cast<int>(cli::exit_code(result.error().kind));
}

// trainmark worker --platform P: a native engine behind the worker protocol, on stdin and stdout.
#include <fmt/format.h>

#include "cli/commands.hpp"
#include "worker/native_worker.hpp"

namespace trainmark::cli {

void add_worker(CLI::App& app, Action& action) {
  struct Arguments {
    std::string platform, isa;
  };
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command = app.add_subcommand("worker", "Speak the worker protocol on stdin and stdout (docs/protocol.md)");
  command->add_option("--platform", arguments->platform, "Native engine")->required()->type_name("PLATFORM");
  command->add_option("--isa", arguments->isa, "Instruction set (default: the best of the machine)");
  command->footer("Examples:\n  echo '{\"id\": 1, \"request\": \"hello\", \"protocol\": 1}' | trainmark worker --platform cpu");
  command->callback([arguments, &action] {
    action = [arguments]() -> core::Result<ExitCode> { return static_cast<ExitCode>(worker::run_native_worker(arguments->platform, arguments->isa)); };
  });
}

}  // namespace trainmark::cli

// Only what a signal handler may do: write() and _exit().
#include "cli/cut_off_file.hpp"

#include <unistd.h>

#include <csignal>
#include <string_view>

#include "cli/exit_code.hpp"

namespace trainmark::cli {
namespace {

constexpr std::string_view kSentence =
    "trainmark: a file that was in use became shorter, or could not be read from its disk; leave the files of a data set alone while it is trained on, and "
    "go on with 'trainmark run --resume'.\n";

void on_bus_error(int) {
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, kSentence.data(), kSentence.size());
  ::_exit(static_cast<int>(ExitCode::kTool));
}

}  // namespace

void explain_cut_off_files() {
  struct sigaction action {};
  action.sa_handler = on_bus_error;
  sigemptyset(&action.sa_mask);
  sigaction(SIGBUS, &action, nullptr);
}

}  // namespace trainmark::cli

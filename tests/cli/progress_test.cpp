// Progress as a user sees it: the live line on terminals of several widths, plain lines elsewhere.
#include <gtest/gtest.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <regex>

#include "support/run_program.hpp"

namespace trainmark::tests {
namespace {

class ProgressLine : public testing::Test {
 protected:
  core::TemporaryFolder folder_ = core::TemporaryFolder::make(std::filesystem::temp_directory_path(), "trainmark-progress").value();

  // Everything that the program writes to a terminal of that width.
  std::string on_terminal(int columns, const std::string& arguments, const std::string& environment = "") {
    const std::string command = "cd '" + folder_.path().string() + "' && " + environment + " '" TRAINMARK_PROGRAM "' " + arguments;
    winsize size{};
    size.ws_col = static_cast<unsigned short>(columns);
    size.ws_row = 24;
    int terminal = -1;
    const pid_t child = forkpty(&terminal, nullptr, nullptr, &size);
    if (child == 0) {
      setenv("TERM", "xterm", 1);
      execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
      _exit(127);
    }
    std::string text;
    char buffer[4096];
    for (ssize_t n = 0; (n = read(terminal, buffer, sizeof buffer)) > 0;) text.append(buffer, static_cast<size_t>(n));
    close(terminal);
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_EQ(WEXITSTATUS(status), 0) << text;
    return text;
  }

  // The states of the live line: what stands between one "carriage return, clear" and the next.
  static std::vector<std::string> drawn(const std::string& text) {
    const std::string redraw = "\r\033[K";
    std::vector<std::string> lines;
    for (size_t at = text.find(redraw); at != std::string::npos;) {
      const size_t begin = at + redraw.size();
      at = text.find(redraw, begin);
      if (at != std::string::npos) lines.push_back(text.substr(begin, at - begin));
    }
    return lines;
  }
};

const std::string kRun = "run mnist-mlp --platform cpu,reference --dataset synthetic-digits --batch-size 64 --threads 1 --out out";
const std::string kLong = kRun + " --epochs 14 --max-batches 20 2>&1 >/dev/null";  // an evaluation after each epoch makes many short blocks
const std::string kShort = kRun + " --epochs 2 --max-batches 20";

TEST_F(ProgressLine, FitsTheTerminalAndShowsRoundsTimeLeftAndIntervals) {
  for (const int columns : {60, 80, 120}) {
    const std::string text = on_terminal(columns, kLong);
    const auto lines = drawn(text);
    ASSERT_GT(lines.size(), 5u) << text;
    bool round = false, left = false, interval = false, both = false;
    for (const std::string& line : lines) {
      EXPECT_LT(static_cast<int>(line.size()), columns) << line;
      EXPECT_EQ(line.find('\n'), std::string::npos) << line;
      EXPECT_TRUE(line.empty() || line.find(" %") != std::string::npos) << line;
      round = round || std::regex_search(line, std::regex("round [0-9]+"));
      left = left || std::regex_search(line, std::regex("[0-9]+ s left"));
      interval = interval || std::regex_search(line, std::regex("(cpu|reference) [0-9.]+ [um]s [0-9.]+\\.\\.[0-9.]+"));
      both = both || std::regex_search(line, std::regex("cpu [0-9.]+ [um]s.*reference [0-9.]+ [um]s"));
    }
    EXPECT_TRUE(round && left) << columns << "\n" << text;
    EXPECT_TRUE(columns < 80 || both) << columns << "\n" << text;
    EXPECT_TRUE(columns < 100 || interval) << "80 columns have room for some, as digits fall\n" << text;
  }
}

TEST_F(ProgressLine, HasNoColourWhereNoneIsWanted) {
  const std::string text = on_terminal(80, kShort, "NO_COLOR=1");
  EXPECT_FALSE(std::regex_search(text, std::regex("\033\\[[0-9;]*m"))) << text;
}

TEST_F(ProgressLine, ATerminalThatCannotMoveItsCursorGetsPlainLines) {
  const std::string text = on_terminal(80, kShort, "TERM=dumb NO_COLOR=1");
  EXPECT_EQ(text.find('\033'), std::string::npos) << text;
  EXPECT_NE(text.find("repetition 1 of 1"), std::string::npos) << text;
}

TEST_F(ProgressLine, IsPlainLinesWhenPiped) {
  const ProgramResult r = run_trainmark(kRun + " --epochs 14 --max-batches 20", folder_.path());
  ASSERT_EQ(r.exit_code, 0) << r.err;
  EXPECT_EQ(r.err.find('\033'), std::string::npos) << r.err;
  EXPECT_EQ(r.err.find('\r'), std::string::npos) << r.err;
  EXPECT_EQ(r.err.rfind("0 %, repetition 1 of 1, after ", 0), 0u) << r.err;
  EXPECT_TRUE(std::regex_search(r.err, std::regex("\n[1-9]0 %, repetition 1 of 1, round [0-9]+, cpu [0-9.]+ [um]s.*, reference .*, about [0-9a-z ]+ left\n")))
      << r.err;
  EXPECT_LT(std::count(r.err.begin(), r.err.end(), '\n'), 16) << r.err;    // a line for each tenth, not for each block
  EXPECT_EQ(r.out.find("repetition 1 of 1"), std::string::npos) << r.out;  // stdout is for data
}

}  // namespace
}  // namespace trainmark::tests

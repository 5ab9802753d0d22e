// The live line is redrawn at most ten times a second, so that drawing costs nothing beside a block.
#include "cli/progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

#include "core/clock.hpp"

namespace trainmark::cli {
namespace {

std::string duration(double seconds) {
  if (seconds < 60) return fmt::format("{:.0f} s", seconds);
  if (seconds < 3600)
    return fmt::format("{:.0f} min {:02.0f} s", static_cast<double>(static_cast<int>(seconds / 60)), seconds - 60.0 * static_cast<int>(seconds / 60));
  return fmt::format("{:.1f} h", seconds / 3600);
}

std::string bar(double part) {
  constexpr int kWidth = 20;
  const int filled = static_cast<int>(part * kWidth);
  return "[" + std::string(static_cast<size_t>(filled), '#') + std::string(static_cast<size_t>(kWidth - filled), '.') + "]";
}

}  // namespace

ProgressPrinter::ProgressPrinter() : live_(isatty(STDERR_FILENO) == 1) {}
ProgressPrinter::~ProgressPrinter() { clear(); }

void ProgressPrinter::clear() {
  if (live_) fmt::print(stderr, "\r\033[K");
}

void ProgressPrinter::show(const trial::Progress& p) {
  const double part = p.total_steps > 0 ? std::min(1.0, static_cast<double>(p.done_steps) / static_cast<double>(p.total_steps)) : 0.0;
  if (live_) {
    const int64_t now = core::now_ns();
    if (now - shown_ns_ < 100'000'000) return;
    shown_ns_ = now;
    fmt::print(stderr, "\r\033[K{} {:3.0f} %  {:<10} {:<9}{}", bar(part), 100 * part, p.platform, p.phase,
               p.left_s >= 0 ? "  " + duration(p.left_s) + " left" : "");
    std::fflush(stderr);
    return;
  }
  // One line per repetition, and for each further tenth of the work.
  const std::string line = fmt::format("repetition {} of {}, {} %", p.repetition + 1, p.repetitions, static_cast<int>(10 * part) * 10);
  if (line == last_line_) return;
  last_line_ = line;
  fmt::print(stderr, "{} after {}\n", line, duration(p.elapsed_s));
}

}  // namespace trainmark::cli

// The live line holds what fits: first what is at work and the time left, then figures of platforms, then the bar. It is
// redrawn at most ten times a second and between blocks, so that drawing costs nothing beside a block.
#include "cli/progress.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "cli/columns.hpp"
#include "core/clock.hpp"
#include "statistics/median_interval.hpp"
#include "statistics/summary.hpp"

namespace trainmark::cli {
namespace {

std::string duration(double seconds) {
  if (seconds < 60) return fmt::format("{:.0f} s", seconds);
  const auto whole = static_cast<int64_t>(seconds);
  if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  return fmt::format("{:.1f} h", seconds / 3600);
}

double part_of(const trial::Progress& p) {
  return p.total_steps > 0 ? std::min(1.0, static_cast<double>(p.done_steps) / static_cast<double>(p.total_steps)) : 0.0;
}

std::string bar(double part, size_t width) {
  const auto filled = static_cast<size_t>(part * static_cast<double>(width));
  return "[" + std::string(filled, '#') + std::string(width - filled, '.') + "]";
}

struct Unit {
  double ns = 1;
  const char* name = "ns";
};

Unit unit_of(double ns) {
  if (ns < 1e3) return {1, "ns"};
  if (ns < 1e6) return {1e3, "us"};
  if (ns < 1e9) return {1e6, "ms"};
  return {1e9, "s"};
}

// "426 us 378..568": the median step so far, and its 95 % interval where there are blocks enough. "": no block yet.
std::string figure(const trial::PlatformProgress& platform, bool with_interval) {
  if (platform.step_ns.empty()) return "";
  const double median = statistics::quantile_of_sorted(platform.step_ns, 0.5);
  const Unit unit = unit_of(median);
  const auto number = [&](double ns) { return ns / unit.ns >= 99.95 ? fmt::format("{:.0f}", ns / unit.ns) : fmt::format("{:.3g}", ns / unit.ns); };
  const std::string text = fmt::format("{} {} {}", platform.name, number(median), unit.name);
  const auto interval = statistics::median_interval_of_sorted(platform.step_ns);
  if (!with_interval || !interval) return text;
  return fmt::format("{} {}..{}", text, number(interval->low), number(interval->high));
}

// The figures of all platforms that fit into `room`, the one at work first in importance, in the order of the study.
std::vector<std::string> figures_within(const trial::Progress& p, size_t room) {
  std::vector<std::string> chosen(p.platforms.size());
  std::vector<size_t> by_importance;
  for (size_t i = 0; i < p.platforms.size(); ++i) by_importance.push_back(i);
  std::stable_partition(by_importance.begin(), by_importance.end(), [&](size_t i) { return p.platforms[i].name == p.platform; });
  const auto take = [&](size_t i, bool with_interval) {
    const std::string text = figure(p.platforms[i], with_interval);
    const size_t had = chosen[i].empty() ? 0 : chosen[i].size() + 2;
    if (text.empty() || text.size() + 2 > room + had) return;
    room = room + had - text.size() - 2;
    chosen[i] = text;
  };
  for (const size_t i : by_importance) take(i, false);  // every platform, before any interval
  for (const size_t i : by_importance) take(i, true);
  std::erase(chosen, "");
  return chosen;
}

// One line of at most `width` characters.
std::string live_line(const trial::Progress& p, size_t width) {
  const double part = part_of(p);
  std::string head = fmt::format("{:3.0f} %", 100 * part);
  if (p.experiments > 1) head += fmt::format("  {} {}/{}", p.network, p.experiment + 1, p.experiments);
  if (p.repetitions > 1) head += fmt::format("  repetition {}/{}", p.repetition + 1, p.repetitions);
  if (p.round > 0) head += fmt::format("  round {}", p.round);
  const std::string tail = p.left_s >= 0 ? "  " + duration(p.left_s) + " left" : "";
  const std::string work = fmt::format("  {} {}", p.platform, p.phase);
  const size_t fixed = head.size() + work.size() + tail.size();
  if (fixed > width) return (head + tail).substr(0, width);
  std::string middle;
  for (const std::string& text : figures_within(p, width - fixed)) middle += "  " + text;
  const size_t room = width - fixed - middle.size();
  const std::string front = room >= 13 ? bar(part, std::min<size_t>(20, room - 3)) + " " : "";
  return front + head + work + middle + tail;
}

std::string plain_line(const trial::Progress& p) {
  std::vector<std::string> parts = {fmt::format("{:.0f} %", std::floor(10 * part_of(p)) * 10)};
  if (p.experiments > 1) parts.push_back(fmt::format("{} {}/{}", p.network, p.experiment + 1, p.experiments));
  parts.push_back(fmt::format("repetition {} of {}", p.repetition + 1, p.repetitions));
  if (p.round > 0) parts.push_back(fmt::format("round {}", p.round));
  for (const trial::PlatformProgress& platform : p.platforms) {
    if (!platform.step_ns.empty()) parts.push_back(figure(platform, true));
  }
  parts.push_back(fmt::format("after {}", duration(p.elapsed_s)));
  if (p.left_s >= 0 && part_of(p) < 1) parts.push_back(fmt::format("about {} left", duration(p.left_s)));
  return fmt::format("{}", fmt::join(parts, ", "));
}

bool is_terminal() {
  const char* kind = std::getenv("TERM");
  return isatty(STDERR_FILENO) == 1 && (kind == nullptr || std::string_view(kind) != "dumb");
}

}  // namespace

ProgressPrinter::ProgressPrinter() : live_(is_terminal()) {}
ProgressPrinter::~ProgressPrinter() { clear(); }

void ProgressPrinter::clear() {
  if (live_) fmt::print(stderr, "\r\033[K");
}

void ProgressPrinter::show(const trial::Progress& p) {
  if (live_) {
    const int64_t now = core::now_ns();
    if (now - shown_ns_ < 100'000'000) return;
    shown_ns_ = now;
    // The last column stays free: some terminals begin a new line when it is written.
    fmt::print(stderr, "\r\033[K{}", live_line(p, terminal_width(80, STDERR_FILENO) - 1));
    std::fflush(stderr);
    return;
  }
  // One line per repetition, and for each further tenth of the work.
  const int64_t tenth = static_cast<int64_t>(10 * part_of(p));
  const std::string what = fmt::format("{}/{}/{}", p.experiment, p.repetition, tenth);
  if (what == last_line_) return;
  last_line_ = what;
  fmt::print(stderr, "{}\n", plain_line(p));
}

}  // namespace trainmark::cli

// One column for each thread count or pattern, so that what scales and what does not lies side by side.
#include "cli/ceilings_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "cli/columns.hpp"
#include "statistics/summary.hpp"

namespace trainmark::cli {
namespace {

using ceilings::Bandwidth;
using ceilings::Ceilings;
using ceilings::Peak;
using Rows = std::vector<std::vector<std::string>>;

constexpr size_t kNoWrap = 1'000;

std::string threads_text(int threads) { return fmt::format("{} THREAD{}", threads, threads == 1 ? "" : "S"); }
std::string rate_text(double rate) { return rate >= 99.95 ? fmt::format("{:.0f}", rate) : fmt::format("{:.1f}", rate); }
std::string size_text(int64_t bytes) { return bytes >= 10 << 20 ? fmt::format("{} MiB", bytes >> 20) : fmt::format("{} KiB", bytes >> 10); }

std::set<int> thread_counts(const Ceilings& c) {
  std::set<int> counts;
  for (const Peak& p : c.peaks) counts.insert(p.threads);
  return counts;
}

std::string arithmetic_table(const Ceilings& c) {
  Rows rows = {{"INSTRUCTION SET", "NUMBERS", "INSTRUCTION"}};
  for (const int threads : thread_counts(c)) rows[0].push_back(threads_text(threads));
  for (const Peak& p : c.peaks) {
    auto row = std::find_if(rows.begin() + 1, rows.end(), [&](const auto& r) { return r[0] == p.isa && r[1] == p.type && r[2] == p.instruction; });
    if (row == rows.end()) row = rows.insert(rows.end(), {p.isa, p.type, p.instruction});
    row->push_back(rate_text(p.gops));
  }
  return "Arithmetic, 1e9 operations a second, a multiply-add is two\n" + columns(rows, kNoWrap);
}

const std::vector<std::string>& patterns() {
  static const std::vector<std::string> names = {"load", "triad", "non_temporal_triad", "update"};
  return names;
}

/// Rows of working sets, a column for each pattern.
std::string bandwidth_table(const std::vector<Bandwidth>& points, const char* title, const char* first) {
  Rows rows = {{first, "THREADS", "SET OF EACH", "LOAD", "TRIAD", "NT TRIAD", "UPDATE"}};
  for (const Bandwidth& b : points) {
    const std::string threads = std::to_string(b.threads), set = size_text(b.bytes_per_thread);
    auto row =
        std::find_if(rows.begin() + 1, rows.end(), [&](const auto& r) { return r[0] == b.level && r[1] == threads && (!b.level.empty() || r[2] == set); });
    if (row == rows.end()) row = rows.insert(rows.end(), {b.level, threads, set, "", "", "", ""});
    const auto pattern = std::find(patterns().begin(), patterns().end(), b.pattern) - patterns().begin();
    if (pattern < std::ssize(patterns())) (*row)[static_cast<size_t>(3 + pattern)] = rate_text(b.gbs);
  }
  return fmt::format("{}\n{}", title, columns(rows, kNoWrap));
}

std::string latency_text(const Ceilings& c) {
  if (c.latencies.empty()) return "";
  std::vector<double> all;
  for (const ceilings::Latency& l : c.latencies) all.push_back(l.ns);
  const auto [least, most] = std::minmax_element(all.begin(), all.end());
  if (all.size() == 1) {
    const ceilings::Latency& only = c.latencies.front();
    return fmt::format("A cache line takes {:.0f} ns from CPU {} to CPU {} (median {:.0f}).\n", only.ns, only.first_cpu, only.second_cpu, only.median_ns);
  }
  return fmt::format("A cache line takes {:.0f} to {:.0f} ns from core to core, median of {} pairs of CPUs {:.0f}.\n", *least, *most, all.size(),
                     statistics::median(all));
}

}  // namespace

std::string ceilings_text(const Ceilings& c) {
  std::string text = arithmetic_table(c) + "\n" + bandwidth_table(c.levels, "Bandwidth, 1e9 bytes a second of all threads together", "LEVEL") + "\n";
  if (!c.sweep.empty()) text += bandwidth_table(c.sweep, "The whole sweep of working sets", "") + "\n";
  text += latency_text(c);
  for (const ceilings::Missing& m : c.missing) text += fmt::format("No figure for {}: {}.\n", m.figure, m.reason);
  return text + "Figures are upper quantiles (90 %) of interleaved bursts on bound threads.\n";
}

}  // namespace trainmark::cli

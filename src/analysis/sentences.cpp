// Sentences: no claim beyond what the intervals carry. A difference is called one when its widened interval excludes 1
// and it exceeds one per cent; with fewer than five processes of each side the sentence says how far it reaches.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "analysis/comparison.hpp"

namespace trainmark::analysis {
namespace {

std::string factor_text(double factor) {
  if (factor >= 100) return fmt::format("{:.0f}", factor);
  if (factor >= 10) return fmt::format("{:.1f}", factor);
  return fmt::format("{:.2f}", factor);
}

std::string reach(const PlatformResult& a, const PlatformResult& b) {
  const int64_t least = std::min(a.processes, b.processes);
  if (least >= kClaimProcesses) return "";
  if (least <= 1) return ", within one process each";
  return fmt::format(", within {} processes each ({} would carry a claim)", least, kClaimProcesses);
}

// How `slow` compares with the baseline `fast`, or the other way round.
std::string compared(const PlatformResult& platform, const PlatformResult& baseline) {
  const Ratio& ratio = *platform.ratio;
  const bool slower = ratio.value > 1;
  const double factor = slower ? ratio.value : 1 / ratio.value;
  if (!ratio.claim) return fmt::format("{} was compared with {} in too few blocks for an interval", platform.platform, baseline.platform);
  const bool different = (ratio.claim->low > 1 || ratio.claim->high < 1) && factor > 1 + kSmallestDifference;
  if (!different) {
    return fmt::format("{} and {} cannot be told apart: time ratio {:.3f}, 95 % interval {:.3f} to {:.3f}", platform.platform, baseline.platform, ratio.value,
                       ratio.interval->low, ratio.interval->high);
  }
  const double low = slower ? ratio.interval->low : 1 / ratio.interval->high;
  const double high = slower ? ratio.interval->high : 1 / ratio.interval->low;
  return fmt::format("{} takes {} times as long a step as {} (95 % interval {} to {})", slower ? platform.platform : baseline.platform, factor_text(factor),
                     slower ? baseline.platform : platform.platform, factor_text(low), factor_text(high));
}

std::string disturbed(const PlatformResult& r) {
  if (r.disturbed_blocks == r.blocks)
    return fmt::format("All {} blocks of {} were disturbed by something else on this machine: trust its times less, and repeat the run.", r.blocks, r.platform);
  return fmt::format("{} of {} blocks of {} were disturbed and are left out; with them the median is {}.", r.disturbed_blocks, r.blocks, r.platform,
                     duration_text(r.step_ns_with_disturbed.value_or(std::nan(""))));
}

}  // namespace

std::string duration_text(double ns) {
  if (!std::isfinite(ns)) return "-";
  const double units[] = {1e9, 1e6, 1e3, 1};
  static constexpr const char* kNames[] = {"s", "ms", "us", "ns"};
  int unit = 0;
  while (unit < 3 && ns < units[unit] * 0.9995) ++unit;
  const double value = ns / units[unit];
  const int decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
  return fmt::format("{:.{}f} {}", value, decimals, kNames[unit]);
}

std::vector<std::string> sentences(const WorkloadResult& result) {
  std::vector<std::string> out;
  if (result.platforms.empty()) return out;
  const PlatformResult& first = result.platforms.front();
  const auto ranked = std::count_if(result.platforms.begin(), result.platforms.end(), [](const PlatformResult& r) { return r.rank > 0; });
  if (ranked == 0) {
    out.push_back("No platform is verified and measured here, so none is ranked.");
  } else {
    out.push_back(
        fmt::format("{} is the {} verified platform: {} a step.", first.platform, ranked > 1 ? "fastest" : "only", duration_text(first.step_ns.median)));
  }
  for (const PlatformResult& r : result.platforms) {
    if (r.rank == 0) {
      const std::string reason = r.outcome != "finished" ? r.outcome + (r.outcome_reason.empty() ? "" : ": " + r.outcome_reason) : r.verdict_reason;
      out.push_back(fmt::format("{} is not ranked ({}{}).", r.platform, r.outcome != "finished" ? "" : r.verdict + ": ", reason));
      continue;
    }
    const auto base = std::find_if(result.platforms.begin(), result.platforms.end(), [&](const PlatformResult& b) { return b.platform == result.baseline; });
    if (r.ratio && base->rank > 0) out.push_back(compared(r, *base) + reach(r, *base) + ".");
  }
  for (const PlatformResult& r : result.platforms) {
    if (r.share < 1)
      out.push_back(fmt::format("{} ran {:.3g} % of the training, {} steps; its accuracy is not comparable.", r.platform, 100 * r.share, r.steps));
    if (r.disturbed_blocks > 0) out.push_back(disturbed(r));
  }
  return out;
}

}  // namespace trainmark::analysis

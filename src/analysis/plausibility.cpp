#include "analysis/plausibility.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace trainmark::analysis {
namespace {

std::string claimed(const ArithmeticClaim& claim) {
  return fmt::format("{:.0f} GFLOP/s {}, {:.{}f} times the {:.0f} that {} thread{} of this machine reach{}", claim.gops,
                     claim.executed ? "executed" : "counted", claim.gops / claim.ceiling_gops, claim.gops < 10 * claim.ceiling_gops ? 2 : 0, claim.ceiling_gops,
                     claim.threads, claim.threads == 1 ? "" : "s", claim.threads == 1 ? "es" : "");
}

}  // namespace

const char* plausibility_name(Plausibility plausibility) {
  static constexpr const char* kNames[] = {"plausible", "cache_resident", "less_arithmetic", "invalid"};
  return kNames[static_cast<size_t>(plausibility)];
}

Finding judge(const ArithmeticClaim& claim) {
  if (claim.ceiling_gops <= 0) return {};
  const double ratio = claim.gops / claim.ceiling_gops;
  if (ratio <= kCeilingTolerance) return {Plausibility::kPlausible, ratio, ""};
  if (!claim.executed && claim.verified && claim.may_save && ratio <= kMostSavedArithmetic) {
    return {Plausibility::kLessArithmetic, ratio, fmt::format("less arithmetic than counted: {}", claimed(claim))};
  }
  return {Plausibility::kInvalid, ratio, fmt::format("its step time would mean {}", claimed(claim))};
}

Finding judge(const BandwidthClaim& claim) {
  if (claim.memory_gbs <= 0 || claim.time_ns <= 0) return {};
  const double gbs = claim.bytes / claim.time_ns, ratio = gbs / claim.memory_gbs;
  if (ratio <= 1) return {Plausibility::kPlausible, ratio, ""};
  const bool fits = claim.last_level_bytes <= 0 || claim.working_set_bytes <= claim.last_level_bytes;
  const double from_memory = fits ? 0 : 1 - claim.last_level_bytes / claim.working_set_bytes;
  if (ratio * from_memory <= kCeilingTolerance) {
    return {Plausibility::kCacheResident, ratio * from_memory,
            fmt::format("its {} are cache-resident: {:.0f} GB/s, and memory gives {:.0f}", claim.what, gbs, claim.memory_gbs)};
  }
  return {Plausibility::kInvalid, ratio * from_memory,
          fmt::format("its step time would mean {:.0f} GB/s of {} from memory, which gives {:.0f}: {:.0f} MiB do not fit into {:.0f} MiB of cache",
                      gbs * from_memory, claim.what, claim.memory_gbs, claim.working_set_bytes / (1 << 20), claim.last_level_bytes / (1 << 20))};
}

Finding gravest(const std::vector<Finding>& findings) {
  if (findings.empty()) return {};
  return *std::max_element(findings.begin(), findings.end(), [](const Finding& a, const Finding& b) { return a.plausibility < b.plausibility; });
}

}  // namespace trainmark::analysis

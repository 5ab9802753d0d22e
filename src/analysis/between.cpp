// Workloads find their counterparts first, exact ones before those that differ in few fields; then each platform is compared.
#include "analysis/between.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "analysis/independent.hpp"
#include "analysis/ratios.hpp"
#include "analysis/times.hpp"
#include "platforms/twin.hpp"
#include "statistics/estimate.hpp"
#include "statistics/holm.hpp"

namespace trainmark::analysis {
namespace {

std::string dtype_of(const store::RunData& data) {
  const auto dtype = core::get_or<std::string>(data.run.study_json, "dtype", "float32", "the request of the run");
  return dtype ? *dtype : "float32";
}

// Greedy: the pair with the fewest differences first, another network counting for many.
void pair_workloads(RunsBetween& runs, const std::string& a_dtype, const std::string& b_dtype) {
  using Pair = std::tuple<size_t, size_t, size_t>;  // cost, place in A, place in B
  std::vector<Pair> pairs;
  for (size_t a = 0; a < runs.a.workloads.size(); ++a) {
    for (size_t b = 0; b < runs.b.workloads.size(); ++b) {
      const auto& first = runs.a.workloads[a];
      const auto& second = runs.b.workloads[b];
      const size_t other_network = first.workload.network.name == second.workload.network.name ? 0 : 100;
      pairs.emplace_back(differing_fields(first, a_dtype, second, b_dtype).size() + other_network, a, b);
    }
  }
  std::sort(pairs.begin(), pairs.end());
  std::vector<bool> taken_a(runs.a.workloads.size()), taken_b(runs.b.workloads.size());
  for (const auto& [cost, a, b] : pairs) {
    if (taken_a[a] || taken_b[b]) continue;
    taken_a[a] = taken_b[b] = true;
    runs.workloads.push_back({a, b, differing_fields(runs.a.workloads[a], a_dtype, runs.b.workloads[b], b_dtype), kSmallestDifference, {}});
  }
  std::sort(runs.workloads.begin(), runs.workloads.end(), [](const auto& x, const auto& y) { return x.a < y.a; });
  for (size_t a = 0; a < taken_a.size(); ++a) {
    if (!taken_a[a]) runs.only_a.push_back(a);
  }
  for (size_t b = 0; b < taken_b.size(); ++b) {
    if (!taken_b[b]) runs.only_b.push_back(b);
  }
}

const PlatformResult* find_platform(const WorkloadResult& result, const std::string& name) {
  const auto found = std::find_if(result.platforms.begin(), result.platforms.end(), [&](const PlatformResult& p) { return p.platform == name; });
  return found == result.platforms.end() ? nullptr : &*found;
}

/// Logarithms of the medians of the processes of every platform of one workload of a run.
std::map<std::string, std::vector<double>> logs_of(const store::RunData& data, const WorkloadResult& result) {
  std::map<std::string, std::vector<double>> logs;
  for (const auto& [platform, own] : trials_by_platform(data, result)) logs[platform] = statistics::process_logs(headline_times(own));
  return logs;
}

/// "verified", "failed its proof", "INVALID: ...": what a platform came to, in the words of a sentence about two runs.
std::string state_text(const PlatformResult& p) {
  if (p.verdict == "failed") return "failed its proof";
  const auto obstacle = obstacle_of(p);
  if (!obstacle) return "verified";
  return obstacle->what == "INVALID" ? obstacle->what + ": " + obstacle->why : obstacle->what;
}

std::string verdict_reason(const PlatformResult& a, const PlatformResult& b) {
  return obstacle_of(a) || obstacle_of(b) ? fmt::format("verdict: {} in A, {} in B", state_text(a), state_text(b)) : "";
}

void set_times(PlatformBetween& p, const std::vector<double>& a, const std::vector<double>& b) {
  p.a_processes = static_cast<int64_t>(a.size());
  p.b_processes = static_cast<int64_t>(b.size());
  p.change = Change::kUndecided;
  p.reason = fmt::format("{} and {} processes, a claim needs {} on each side", a.size(), b.size(), kClaimProcesses);
  const IndependentRatio ratio = independent_ratio(a, b);
  p.ratio = ratio.value;
  p.interval = ratio.interval;
  p.p = ratio.p;
}

PlatformBetween compare_platform(const PlatformResult& a, const PlatformResult* b, const std::vector<double>& a_logs, const std::vector<double>& b_logs,
                                 const std::vector<FieldDifference>& differs) {
  PlatformBetween p;
  p.platform = a.platform;
  if (a.step_ns.n > 0) p.a_step_ns = a.step_ns.median;
  if (b != nullptr && b->step_ns.n > 0) p.b_step_ns = b->step_ns.median;
  if (b == nullptr) {
    p.reason = "only in A";
    return p;
  }
  const bool stopped = b->outcome == "interrupted" || b->outcome == "cut_off";
  p.broke = differs.empty() && !obstacle_of(a) && (b->verdict == "failed" || !b->invalid.empty() || (b->processes == 0 && !stopped));
  p.reason = differs.empty() ? verdict_reason(a, *b) : "another " + differs.front().field;
  if (p.reason.empty() && !a_logs.empty() && !b_logs.empty()) set_times(p, a_logs, b_logs);
  return p;
}

// How far the baseline differed from its twin, in the noisier of both runs.
double noise_of(const WorkloadResult& a, const WorkloadResult& b) {
  double noise = kSmallestDifference;
  for (const WorkloadResult* w : {&a, &b}) {
    if (w->noise.source == NoiseFloor::kTwin) noise = std::max(noise, w->noise.difference);
  }
  return noise;
}

void compare_platforms(WorkloadBetween& w, const RunsBetween& runs, const store::RunData& a_data, const store::RunData& b_data) {
  const WorkloadResult &a = runs.a.workloads[w.a], &b = runs.b.workloads[w.b];
  w.noise = noise_of(a, b);
  auto a_logs = logs_of(a_data, a), b_logs = logs_of(b_data, b);
  for (const PlatformResult& p : a.platforms) {
    if (platforms::is_twin(p.platform, a.baseline)) continue;
    w.platforms.push_back(compare_platform(p, find_platform(b, p.platform), a_logs[p.platform], b_logs[p.platform], w.differs));
  }
  for (const PlatformResult& p : b.platforms) {
    if (find_platform(a, p.platform) != nullptr || platforms::is_twin(p.platform, b.baseline)) continue;
    w.platforms.push_back({});
    w.platforms.back().platform = p.platform;
    if (p.step_ns.n > 0) w.platforms.back().b_step_ns = p.step_ns.median;
    w.platforms.back().reason = "only in B";
  }
}

// Corrected over all comparisons, since somebody reads them all.
void decide(RunsBetween& runs) {
  std::vector<std::pair<PlatformBetween*, double>> claims;  // and the smallest difference that counts
  std::vector<double> p;
  for (WorkloadBetween& w : runs.workloads) {
    for (PlatformBetween& platform : w.platforms) {
      if (!platform.p) continue;
      claims.emplace_back(&platform, w.noise);
      p.push_back(*platform.p);
    }
  }
  const std::vector<double> corrected = statistics::holm(p);
  for (size_t i = 0; i < claims.size(); ++i) {
    auto& [claim, noise] = claims[i];
    claim->p_corrected = corrected[i];
    claim->reason.clear();
    const bool different = corrected[i] <= kClaimLevel && std::max(*claim->ratio, 1 / *claim->ratio) > 1 + noise;
    claim->change = !different ? Change::kNoDifference : *claim->ratio > 1 ? Change::kSlower : Change::kFaster;
    claim->regression = runs.threshold && claim->change == Change::kSlower && claim->interval->low > 1 + *runs.threshold;
  }
}

}  // namespace

std::string_view change_word(Change change) {
  switch (change) {
    case Change::kFaster:
      return "faster";
    case Change::kSlower:
      return "slower";
    case Change::kNoDifference:
      return "no difference";
    case Change::kUndecided:
      return "undecided";
    case Change::kNotComparable:
      return "not comparable";
  }
  return "";
}

core::Result<RunsBetween> compare_runs(const store::RunData& a, const store::RunData& b, const std::optional<double>& threshold) {
  auto first = compare(a), second = compare(b);
  if (!first) return first.error();
  if (!second) return second.error();
  RunsBetween runs;
  runs.a = *std::move(first);
  runs.b = *std::move(second);
  runs.threshold = threshold;
  runs.on_purpose = purposes(a.run, b.run);
  pair_workloads(runs, dtype_of(a), dtype_of(b));
  for (WorkloadBetween& w : runs.workloads) compare_platforms(w, runs, a, b);
  decide(runs);
  return runs;
}

}  // namespace trainmark::analysis

// Each kind of claim is a rule: what is compared, and when the 95 % interval carries it. A claim about several workloads holds when it holds in each.
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "analysis/study_workloads.hpp"
#include "analysis/trainings.hpp"
#include "statistics/estimate.hpp"

namespace trainmark::analysis {
namespace {

using Answer = ClaimResult::Answer;
using Workloads = std::vector<const StudyWorkload*>;

struct Decision {
  Answer answer = Answer::kUndecided;
  std::string reason;
};

const PlatformResult* timed_platform(const StudyWorkload& w, const std::string& name) {
  for (const PlatformResult& p : w.result->platforms) {
    if (p.platform == name && p.step_ns.n > 0) return &p;
  }
  return nullptr;
}

/// Why a comparison of these platforms is none here; "" when it is one.
std::string obstacle(const StudyWorkload& w, const std::vector<std::string>& names, const std::vector<trial::SkipRecord>& skips) {
  for (const std::string& name : names) {
    const PlatformResult* p = timed_platform(w, name);
    const bool skipped = std::any_of(skips.begin(), skips.end(), [&](const trial::SkipRecord& s) { return s.platform == name; });
    if (p == nullptr) return skipped ? fmt::format("{} cannot run here", name) : fmt::format("{} has no time on {}", name, w.shown);
    if (const auto found = obstacle_of(*p)) return fmt::format("{} is {} on {}", name, found->what, w.shown);
    if (p->partial) return fmt::format("{} ran less of {} than the others", name, w.shown);
  }
  return "";
}

std::string interval_text(const statistics::Interval& i) { return fmt::format("95 % interval {:.3g} to {:.3g}", i.low, i.high); }

/// Times of `than` over those of `platform`: how many times as fast it is.
statistics::PairedRatio lead(const StudyWorkload& w, const std::string& platform, const std::string& than) {
  return {headline_times(w.trials.at(than)), headline_times(w.trials.at(platform))};
}

Decision faster(const StudyWorkload& w, const workload::StudyClaim& claim) {
  const auto ratio = lead(w, claim.platform, claim.than);
  const auto interval = ratio.interval();
  const std::string figures = fmt::format("on {}: {} is {:.3g} times as fast as {}", w.shown, claim.platform, ratio.value(), claim.than);
  if (!interval || ratio.processes() < kClaimProcesses) {
    return {Answer::kUndecided,
            fmt::format("{}, from {} repetition{}; a claim needs {}", figures, ratio.processes(), ratio.processes() == 1 ? "" : "s", kClaimProcesses)};
  }
  const double margin = claim.by > 1 ? 1 : 1 + w.result->noise.difference;
  const Answer answer = interval->low > claim.by * margin ? Answer::kSupported : interval->high < claim.by / margin ? Answer::kRefuted : Answer::kUndecided;
  const bool is_noise = answer == Answer::kUndecided && (interval->low > claim.by || interval->high < claim.by);
  const std::string noise = is_noise ? fmt::format("; differences below {:.0f} % are noise in this run", 100 * w.result->noise.difference) : "";
  return {answer, fmt::format("{} ({}){}", figures, interval_text(*interval), noise)};
}

Decision faster_every_repetition(const StudyWorkload& w, const workload::StudyClaim& claim) {
  const auto own = training_seconds(w.trials.at(claim.platform)), other = training_seconds(w.trials.at(claim.than));
  int64_t faster = 0, pairs = 0;
  for (const auto& [repetition, seconds] : own) {
    const auto found = other.find(repetition);
    if (found == other.end()) continue;
    ++pairs;
    faster += seconds < found->second;
  }
  const std::string figures = fmt::format("on {}: {} is faster than {} in {} of {} repetitions", w.shown, claim.platform, claim.than, faster, pairs);
  if (faster < pairs) return {Answer::kRefuted, figures};
  return {pairs >= kClaimProcesses ? Answer::kSupported : Answer::kUndecided,
          pairs >= kClaimProcesses ? figures : fmt::format("{}; a claim needs {}", figures, kClaimProcesses)};
}

Decision same_accuracy(const StudyWorkload& w) {
  using Verdict = AccuracyComparison::Verdict;
  std::vector<std::string> different, undecided;
  double farthest = 0;
  int64_t compared = 0;
  for (const PlatformResult& p : w.result->platforms) {
    if (!p.accuracy_comparison) continue;
    ++compared;
    farthest = std::max(farthest, std::abs(p.accuracy_comparison->difference));
    if (p.accuracy_comparison->verdict == Verdict::kDifferent) different.push_back(p.platform);
    if (p.accuracy_comparison->verdict == Verdict::kUndecided) undecided.push_back(p.platform);
  }
  if (compared == 0) return {Answer::kUndecided, fmt::format("on {}: no two platforms have accuracies of two repetitions", w.shown)};
  const std::string figures = fmt::format("on {}: the means of {} lie within {:.2f} points of {}'s", w.shown,
                                          compared == 1 ? "1 platform" : fmt::format("{} platforms", compared), 100 * farthest, w.result->baseline);
  if (!different.empty()) return {Answer::kRefuted, fmt::format("{}; {} differ{}", figures, list_of(different), different.size() == 1 ? "s" : "")};
  if (!undecided.empty()) return {Answer::kUndecided, fmt::format("{}; more repetitions would tell of {}", figures, list_of(undecided))};
  return {Answer::kSupported, figures};
}

Decision less_energy(const StudyWorkload& w, const workload::StudyClaim& claim) {
  const auto joules = [&](const std::string& name) -> std::optional<double> {
    const PlatformResult* p = timed_platform(w, name);
    return p->energy ? p->energy->host.joules : std::nullopt;
  };
  const auto own = joules(claim.platform), other = joules(claim.than);
  if (!own || !other) return {Answer::kUndecided, "energy could not be measured here"};
  const auto deviation = [&](const std::string& name) { return timed_platform(w, name)->energy->host.joules_deviation.value_or(0); };
  const double gap = *other - *own, error = 2 * (deviation(claim.platform) + deviation(claim.than));
  const std::string figures = fmt::format("on {}: {:.3g} J against {:.3g} J", w.shown, *own, *other);
  return {gap > error ? Answer::kSupported : gap < -error ? Answer::kRefuted : Answer::kUndecided, figures};
}

/// The smallest and the largest of a sweep by `size`; nothing when all are equal.
template <class Size>
std::optional<std::pair<const StudyWorkload*, const StudyWorkload*>> ends_of(const Workloads& workloads, const Size& size) {
  if (workloads.empty()) return std::nullopt;
  const auto [low, high] =
      std::minmax_element(workloads.begin(), workloads.end(), [&](const StudyWorkload* a, const StudyWorkload* b) { return size(*a) < size(*b); });
  if (size(**low) == size(**high)) return std::nullopt;
  return std::pair{*low, *high};
}

double batch_of(const StudyWorkload& w) { return static_cast<double>(workload::batch_of_step(w.result->workload, 0)); }

/// Grows with batch, samples and width: the FLOPs of a step.
double size_of(const StudyWorkload& w) { return static_cast<double>(w.result->flops_per_step); }

/// Two independent groups of processes: the quotient of their medians, with the ends of their intervals against each other.
Decision compare_ends(const std::string& figures, double growth, const std::optional<statistics::Interval>& interval) {
  if (!interval) return {Answer::kUndecided, figures + "; a claim needs repetitions"};
  const Answer answer = interval->low > 1 ? Answer::kSupported : interval->high < 1 ? Answer::kRefuted : Answer::kUndecided;
  return {answer, fmt::format("{}, {:.3g} times ({})", figures, growth, interval_text(*interval))};
}

Decision rate_grows(const Workloads& workloads, const workload::StudyClaim& claim) {
  const auto ends = ends_of(workloads, batch_of);
  if (!ends) return {Answer::kUndecided, "only one batch size ran"};
  const PlatformResult *low = timed_platform(*ends->first, claim.platform), *high = timed_platform(*ends->second, claim.platform);
  const double growth = *high->gflops / *low->gflops;
  std::optional<statistics::Interval> interval;
  if (low->step_interval && high->step_interval && low->processes >= kClaimProcesses && high->processes >= kClaimProcesses) {
    const double work = size_of(*ends->second) / size_of(*ends->first);
    interval = statistics::Interval{work * low->step_interval->low / high->step_interval->high, work * low->step_interval->high / high->step_interval->low};
  }
  return compare_ends(fmt::format("{} goes from {:.3g} GFLOP/s at batch {:.0f} to {:.3g} at batch {:.0f}", claim.platform, *low->gflops, batch_of(*ends->first),
                                  *high->gflops, batch_of(*ends->second)),
                      growth, interval);
}

Decision gap_grows(const Workloads& workloads, const workload::StudyClaim& claim) {
  const auto ends = ends_of(workloads, size_of);
  if (!ends) return {Answer::kUndecided, "only one size ran"};
  const auto small = lead(*ends->first, claim.platform, claim.than), large = lead(*ends->second, claim.platform, claim.than);
  const auto at_small = small.interval(), at_large = large.interval();
  std::optional<statistics::Interval> interval;
  if (at_small && at_large && small.processes() >= kClaimProcesses && large.processes() >= kClaimProcesses) {
    interval = statistics::Interval{at_large->low / at_small->high, at_large->high / at_small->low};
  }
  return compare_ends(fmt::format("the lead of {} over {} goes from {:.3g} times on {} to {:.3g} times on {}", claim.platform, claim.than, small.value(),
                                  ends->first->shown, large.value(), ends->second->shown),
                      large.value() / small.value(), interval);
}

/// Holds when it holds everywhere, is refuted when it is refuted anywhere.
Decision everywhere(const std::vector<Decision>& findings) {
  Decision whole{Answer::kSupported, ""};
  for (const Decision& f : findings) {
    if (f.answer == Answer::kRefuted || (f.answer == Answer::kUndecided && whole.answer == Answer::kSupported)) whole.answer = f.answer;
    const bool told = whole.reason.find(f.reason) != std::string::npos;  // "energy could not be measured here", of every workload
    if (!told) whole.reason += (whole.reason.empty() ? "" : "; ") + f.reason;
  }
  return whole;
}

Decision one_workload(const StudyWorkload& w, const workload::StudyClaim& claim) {
  switch (claim.kind) {
    case workload::StudyClaim::Kind::kFaster:
      return faster(w, claim);
    case workload::StudyClaim::Kind::kFasterEveryRepetition:
      return faster_every_repetition(w, claim);
    case workload::StudyClaim::Kind::kLessEnergy:
      return less_energy(w, claim);
    default:
      return same_accuracy(w);
  }
}

Decision answer(const workload::StudyClaim& claim, const Workloads& workloads, const std::vector<trial::SkipRecord>& skips) {
  using Kind = workload::StudyClaim::Kind;
  if (workloads.empty()) return {Answer::kUndecided, "none of its workloads ran"};
  std::vector<std::string> names;
  for (const std::string& name : {claim.platform, claim.than}) {
    if (!name.empty()) names.push_back(name);
  }
  for (const StudyWorkload* w : workloads) {
    if (const std::string reason = obstacle(*w, names, skips); !reason.empty()) return {Answer::kUndecided, reason};
  }
  if (claim.kind == Kind::kRateGrowsWithBatch) return rate_grows(workloads, claim);
  if (claim.kind == Kind::kGapGrowsWithSize) return gap_grows(workloads, claim);
  std::vector<Decision> findings;
  for (const StudyWorkload* w : workloads) findings.push_back(one_workload(*w, claim));
  return everywhere(findings);
}

}  // namespace

std::vector<ClaimResult> answer_claims(const workload::StudyPage& page, const std::vector<StudyWorkload>& workloads,
                                       const std::vector<trial::SkipRecord>& skips) {
  std::vector<ClaimResult> results;
  for (const workload::StudyClaim& claim : page.claims) {
    const Decision found = answer(claim, chosen(workloads, claim.workloads), skips);
    results.push_back({claim.text, found.answer, found.reason});
  }
  return results;
}

}  // namespace trainmark::analysis

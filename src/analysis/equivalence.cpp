// Accuracies over repetitions: the same seed gives every platform the same weights and orders, so trainings are compared in pairs.
// Both claims, equivalent and different, are corrected by Holm over the platforms.
#include "statistics/equivalence.hpp"

#include <fmt/format.h>

#include <limits>

#include "analysis/ratios.hpp"
#include "analysis/trainings.hpp"
#include "platforms/twin.hpp"
#include "statistics/holm.hpp"

namespace trainmark::analysis {
namespace {

std::vector<double> paired_differences(const std::map<int64_t, double>& own, const std::map<int64_t, double>& base) {
  std::vector<double> differences;
  for (const auto& [repetition, accuracy] : own) {
    if (const auto other = base.find(repetition); other != base.end()) differences.push_back(accuracy - other->second);
  }
  return differences;
}

}  // namespace

void set_accuracy_comparisons(WorkloadResult& result, const std::map<std::string, Trials>& trials) {
  if (result.baseline.empty() || result.workload.neighbours) return;  // a search has one right answer, and the proof holds it
  const auto base = final_accuracies(trials.at(result.baseline));
  std::vector<AccuracyComparison*> compared;
  std::vector<double> p_equivalent, p_different;
  for (PlatformResult& r : result.platforms) {
    if (r.platform == result.baseline || platforms::is_twin(r.platform, result.baseline) || r.verdict != "verified" || r.partial) continue;
    const auto differences = paired_differences(final_accuracies(trials.at(r.platform)), base);
    const auto tested = statistics::equivalence(differences, kAccuracyMargin);
    if (!tested) continue;
    r.accuracy_comparison = AccuracyComparison{{}, tested->difference, tested->interval, static_cast<int64_t>(differences.size())};
    compared.push_back(&*r.accuracy_comparison);
    p_equivalent.push_back(tested->p_equivalent);
    p_different.push_back(tested->p_different);
  }
  const auto equivalent = statistics::holm(p_equivalent), different = statistics::holm(p_different);
  for (size_t i = 0; i < compared.size(); ++i) {
    using Verdict = AccuracyComparison::Verdict;
    compared[i]->verdict = equivalent[i] <= kClaimLevel ? Verdict::kEquivalent : different[i] <= kClaimLevel ? Verdict::kDifferent : Verdict::kUndecided;
  }
}

void add_accuracy_sentences(const WorkloadResult& result, std::vector<std::string>& out) {
  using Verdict = AccuracyComparison::Verdict;
  std::vector<std::string> equivalent, undecided;
  int64_t pairs = std::numeric_limits<int64_t>::max();
  for (const PlatformResult& r : result.platforms) {
    if (!r.accuracy_comparison) continue;
    pairs = std::min(pairs, r.accuracy_comparison->pairs);
    if (r.accuracy_comparison->verdict == Verdict::kEquivalent) equivalent.push_back(r.platform);
    if (r.accuracy_comparison->verdict == Verdict::kUndecided) undecided.push_back(r.platform);
  }
  const double margin = 100 * kAccuracyMargin;
  const auto the_accuracy = [](const std::vector<std::string>& names) {
    return names.size() == 1 ? "The accuracy of " + names[0] + " is" : "The accuracies of " + list_of(names) + " are";
  };
  if (!equivalent.empty()) {
    out.push_back(fmt::format("{} equivalent to that of {} within +-{} points ({} trainings each).", the_accuracy(equivalent), result.baseline, margin, pairs));
  }
  for (const PlatformResult& r : result.platforms) {
    if (!r.accuracy_comparison || r.accuracy_comparison->verdict != Verdict::kDifferent) continue;
    const AccuracyComparison& c = *r.accuracy_comparison;
    out.push_back(fmt::format("The accuracy of {} differs from that of {}: by {:+.2f} points (90 % interval {:+.2f} to {:+.2f}).", r.platform, result.baseline,
                              100 * c.difference, 100 * c.interval.low, 100 * c.interval.high));
  }
  if (!undecided.empty()) {
    out.push_back(
        fmt::format("Whether the accurac{} of {} {} equivalent to that of {} within +-{} points is undecided: {} trainings each are too few for their scatter.",
                    undecided.size() == 1 ? "y" : "ies", list_of(undecided), undecided.size() == 1 ? "is" : "are", result.baseline, margin, pairs));
  }
}

}  // namespace trainmark::analysis

// Two runs against each other: the same work on another day, machine or commit. Pure functions of records.
//
// Nothing pairs rounds of two runs, so the ratio of each platform is Welch's t of the logarithms of the medians of its processes (statistics/welch.hpp).
// "Faster" and "slower" are claims: five processes on each side, Holm's corrected p of at most 5 % over all comparisons of both runs, and a ratio that
// differs from 1 by more than 1 % and by more than a twin of the baseline differed from it in either run. Where the work was not the same, nothing is
// compared, and the field that differs is named; machine and versions are what differs on purpose, and are told.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/comparison.hpp"

namespace trainmark::analysis {

enum class Change { kFaster, kSlower, kNoDifference, kUndecided, kNotComparable };

/// "faster", "slower", "no difference", "undecided" (too few processes for a claim), "not comparable".
std::string_view change_word(Change change);

/// A field that differs: "recipe.batch_size", 32, 64.
struct FieldDifference {
  std::string field, a, b;
};

struct PlatformBetween {
  std::string platform;
  Change change = Change::kNotComparable;
  std::optional<double> a_step_ns, b_step_ns;    ///< medians
  int64_t a_processes = 0, b_processes = 0;      ///< with a time
  std::optional<double> ratio;                   ///< time of B over time of A: above 1, B is slower
  std::optional<statistics::Interval> interval;  ///< 95 %
  std::optional<double> p, p_corrected;
  std::string reason;       ///< why it is undecided or not comparable, half a sentence
  bool regression = false;  ///< slower as a claim, and the whole interval lies beyond the threshold
  bool broke = false;       ///< verified in A; in B it failed its proof, is INVALID, or no trial of it finished
};

/// A workload of A with the one of B that is most alike.
struct WorkloadBetween {
  size_t a = 0, b = 0;                   ///< places in the comparisons
  std::vector<FieldDifference> differs;  ///< what forbids to compare them; empty: the same work
  double noise = kSmallestDifference;    ///< below it a difference is none
  std::vector<PlatformBetween> platforms;
};

struct RunsBetween {
  Comparison a, b;
  std::vector<FieldDifference> on_purpose;  ///< machine, version, commit, where they differ
  std::vector<WorkloadBetween> workloads;
  std::vector<size_t> only_a, only_b;  ///< workloads without a counterpart
  std::optional<double> threshold;     ///< that was asked for, as a fraction
};

/// How many comparisons have a property.
template <class Property>
int64_t count_platforms(const RunsBetween& runs, Property&& property) {
  int64_t count = 0;
  for (const WorkloadBetween& w : runs.workloads) {
    for (const PlatformBetween& p : w.platforms) count += property(w, p) ? 1 : 0;
  }
  return count;
}

/// Error: a stored workload cannot be read any more.
core::Result<RunsBetween> compare_runs(const store::RunData& a, const store::RunData& b, const std::optional<double>& threshold);

/// What forbids to compare two workloads: fields of network, data set and recipe, the seed, threads and number type. between_fields.cpp
std::vector<FieldDifference> differing_fields(const WorkloadResult& a, const std::string& a_dtype, const WorkloadResult& b, const std::string& b_dtype);

/// What differs on purpose. between_fields.cpp
std::vector<FieldDifference> purposes(const trial::RunRecord& a, const trial::RunRecord& b);

}  // namespace trainmark::analysis

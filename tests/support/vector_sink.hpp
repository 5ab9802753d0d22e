// A sink that keeps every record in memory, in the order in which it came: for tests of whatever emits records.
//
// `fail_after` makes it refuse: the run must then end with its error, not go on without being recorded.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "trial/records.hpp"

namespace trainmark::tests {

class VectorSink : public trial::Sink {
 public:
  core::Result<void> add(const trial::RunRecord& r) override { return keep(runs, r); }
  core::Result<void> add(const trial::WorkloadRecord& r) override { return keep(workloads, r); }
  core::Result<void> add(const trial::TrialRecord& r) override { return keep(trials, r); }
  core::Result<void> add(const trial::PreparationRecord& r) override { return keep(preparations, r); }
  core::Result<void> add(const trial::WarmStartRecord& r) override { return keep(warm_starts, r); }
  core::Result<void> add(const trial::BlockRecord& r) override { return keep(blocks, r); }
  core::Result<void> add(const trial::EvaluationRecord& r) override { return keep(evaluations, r); }
  core::Result<void> add(const trial::VerdictRecord& r) override { return keep(verdicts, r); }
  core::Result<void> add(const trial::OutcomeRecord& r) override { return keep(outcomes, r); }
  core::Result<void> add(const trial::ReadingRecord& r) override { return keep(readings, r); }
  core::Result<void> add(const trial::SkipRecord& r) override { return keep(skips, r); }
  core::Result<void> add(const trial::RunEndRecord& r) override { return keep(ends, r); }

  /// The trial that ran on that platform, the first when there are several; null when there is none.
  const trial::TrialRecord* trial_of(std::string_view platform) const {
    for (const auto& record : trials) {
      if (record.platform == platform) return &record;
    }
    return nullptr;
  }
  /// The outcome of that platform's first trial; null when there is none.
  const trial::OutcomeRecord* outcome_of(std::string_view platform) const {
    const auto* trial = trial_of(platform);
    for (const auto& record : outcomes) {
      if (trial != nullptr && record.trial_id == trial->id) return &record;
    }
    return nullptr;
  }
  std::vector<trial::BlockRecord> blocks_of(std::string_view platform, trial::BlockKind kind) const {
    std::vector<trial::BlockRecord> found;
    const auto* trial = trial_of(platform);
    for (const auto& record : blocks) {
      if (trial != nullptr && record.trial_id == trial->id && record.kind == kind) found.push_back(record);
    }
    return found;
  }

  std::vector<trial::RunRecord> runs;
  std::vector<trial::WorkloadRecord> workloads;
  std::vector<trial::TrialRecord> trials;
  std::vector<trial::PreparationRecord> preparations;
  std::vector<trial::WarmStartRecord> warm_starts;
  std::vector<trial::BlockRecord> blocks;
  std::vector<trial::EvaluationRecord> evaluations;
  std::vector<trial::VerdictRecord> verdicts;
  std::vector<trial::OutcomeRecord> outcomes;
  std::vector<trial::ReadingRecord> readings;
  std::vector<trial::SkipRecord> skips;
  std::vector<trial::RunEndRecord> ends;
  int64_t fail_after = -1;  ///< records after which every further one is refused; negative: never
  int64_t count = 0;

 private:
  template <class Record>
  core::Result<void> keep(std::vector<Record>& records, const Record& record) {
    if (fail_after >= 0 && count >= fail_after) return core::tool_error("the disk is full");
    ++count;
    records.push_back(record);
    return {};
  }
};

}  // namespace trainmark::tests

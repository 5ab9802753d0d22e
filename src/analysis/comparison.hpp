// What a run comes to: per workload and thread count, one line per platform, compared with a baseline. Pure functions
// of records; every figure is defined in MEASURE-like words beside it, and what cannot be known is empty, never zero.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "statistics/bootstrap.hpp"
#include "statistics/summary.hpp"
#include "store/run_data.hpp"
#include "workload/workload.hpp"

namespace trainmark::analysis {

/// A ratio of times, platform over baseline: 2 means twice as slow.
struct Ratio {
  double value = 0;
  std::optional<statistics::Interval> interval;  ///< 95 %, paired by repetition and round
  std::optional<statistics::Interval> claim;     ///< widened for the number of comparisons of this workload (Bonferroni)
};

/// One platform on one workload with one number of threads. Figures come from finished trials only.
struct PlatformResult {
  std::string platform;
  int64_t processes = 0;       ///< finished trials
  int64_t trials = 0;          ///< that were begun and not abandoned
  double share = 1;            ///< of the training that was asked for
  int64_t steps = 0;           ///< run by one trial
  std::string verdict;         ///< "verified" when all trials are, "failed" when any is, else "unchecked"
  std::string verdict_reason;  ///< summary of the first trial with that verdict
  std::string outcome;         ///< "finished", else the first other outcome
  std::string outcome_reason;
  int rank = 0;  ///< 1 is fastest; 0: not verified, not ranked

  statistics::Summary step_ns;                        ///< over timed blocks of undisturbed rounds: elapsed / steps
  std::optional<statistics::Interval> step_interval;  ///< 95 % of the median: processes and blocks
  std::optional<double> step_ns_with_disturbed;       ///< median over all timed blocks, where some were disturbed
  int64_t blocks = 0, disturbed_blocks = 0;           ///< timed ones
  std::optional<Ratio> ratio;                         ///< to the baseline; none for the baseline itself or without it

  std::optional<double> samples_per_s, distinct_samples_per_s;  ///< processed; without padding's repeats
  std::optional<double> epoch_s;                                ///< steady step time times the steps of an epoch
  std::optional<double> gflops;                                 ///< counted FLOPs of a step over its time, 1e9/s
  std::optional<double> utilisation;                            ///< CPU time / (elapsed x threads) over timed blocks
  // Before the steady state, medians over trials.
  std::optional<double> start_ns, build_ns, compile_ns, input_ns, first_step_ns;
  // Means over trials of the last and of the best evaluation.
  std::optional<double> final_accuracy, best_accuracy, final_loss;
  // Largest over trials.
  std::optional<int64_t> peak_rss_bytes, peak_rss_anon_bytes;
};

struct WorkloadResult {
  std::string hash;
  workload::Workload workload;
  int threads = 0;
  int64_t flops_per_step = 0;             ///< counted, of a full batch
  std::string baseline;                   ///< "" when it has no time here
  std::vector<PlatformResult> platforms;  ///< ranked first, then the others
  std::vector<std::string> sentences;
};

struct Comparison {
  trial::RunRecord run;
  std::vector<WorkloadResult> workloads;
  std::vector<trial::SkipRecord> skips;
  std::optional<trial::RunEndRecord> end;  ///< of the last execution
};

/// Error: a stored workload cannot be read any more.
core::Result<Comparison> compare(const store::RunData& data);

/// Processes of each side that a claim between platforms needs.
inline constexpr int64_t kClaimProcesses = 5;
/// Smallest difference that is called one, until the machine's own noise is measured.
inline constexpr double kSmallestDifference = 0.01;

/// Plain sentences: what is fastest, by how much, and what may not be concluded. sentences.cpp
std::vector<std::string> sentences(const WorkloadResult& result);

/// "95.3 us", "14.2 ms", "1.25 s": three significant digits.
std::string duration_text(double ns);

}  // namespace trainmark::analysis

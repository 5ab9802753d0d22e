// What a run comes to: per workload and thread count, one line per platform, compared with a baseline. Pure functions
// of records; every figure is defined in MEASURE-like words beside it, and what cannot be known is empty, never zero.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "analysis/energy.hpp"
#include "analysis/memory.hpp"
#include "analysis/operations.hpp"
#include "analysis/plausibility.hpp"
#include "analysis/roofline.hpp"
#include "ceilings/ceilings.hpp"
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

/// The way to the accuracy that was asked for. Of each finished trial counts the first evaluation that reaches it.
struct TimeToTarget {
  int64_t reached = 0, trials = 0;  ///< trials that reached it, of those that finished with an evaluation
  // Medians over these trials, in which a trial that did not reach it counts as later than all others; so they are empty
  // when half of the trials or more did not.
  std::optional<double> steps, epochs;  ///< up to that evaluation; epochs = steps / steps of an epoch
  std::optional<double> training_s;     ///< steps times the steady step time: without start, compiling and evaluations
};

/// The way from the start of a process to the end of its first step, in ns.
struct StartUp {
  double start_ns = 0, build_ns = 0, compile_ns = 0, input_ns = 0, first_step_ns = 0;
  double total_ns() const { return start_ns + build_ns + compile_ns + input_ns + first_step_ns; }
};

/// One platform on one workload with one number of threads. Figures come from finished trials only. A trial that was cut
/// off or interrupted and then run again by --resume is not counted.
struct PlatformResult {
  std::string platform;
  int64_t processes = 0;       ///< finished trials
  int64_t trials = 0;          ///< that were begun
  double share = 1;            ///< of the training that was asked for
  int64_t steps = 0;           ///< run by one trial
  std::string verdict;         ///< "verified" when all finished trials are, "failed" when any trial is, else "unchecked"
  std::string verdict_reason;  ///< summary of the first trial with that verdict
  std::string outcome;         ///< "finished", else the first other outcome; "cut_off" of a trial that has none
  std::string outcome_reason;
  std::vector<std::pair<std::string, int64_t>> outcomes;  ///< how many trials ended in which way, in the order of first occurrence
  int rank = 0;                                           ///< by step time, 1 is fastest; 0: not ranked
  std::string unranked;                                   ///< why not, in a few words without names: "ran 2 % of the training"; "" when ranked
  bool partial = false;                                   ///< verified and timed, but not ranked for having run fewer steps than others

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
  std::optional<double> to_first_step_ns;  ///< their sum in each trial, median over trials
  std::optional<StartUp> warm;             ///< one more start on the compiler cache that a trial has filled
  std::optional<double> fit_ns;            ///< nearest neighbours: taking the training samples in
  // Means over trials of the last and of the best evaluation.
  std::optional<double> final_accuracy, best_accuracy, final_loss;
  std::optional<Operations> operations;   ///< none: nobody asked
  std::optional<TimeToTarget> to_target;  ///< none when no accuracy was asked for, or none was measured
  // Largest over trials.
  std::optional<int64_t> peak_rss_bytes, peak_rss_anon_bytes;
  std::optional<PlatformEnergy> energy;         ///< none: the run is from before energy was measured, or no trial finished
  std::optional<double> gpu_kernel_time_share;  ///< share of the time of timed blocks with a kernel running, by NVML
  MemoryFigures memory;                         ///< by phase and component
  std::map<std::string, int64_t> memory_bytes;  ///< by component, as workers tell (docs/protocol.md); device_process by the driver. Unknown ones are missing

  // Against the ceilings of the machine: nothing where none were measured, or the platform is not on the processor. against_ceilings.cpp
  std::vector<Finding> plausibility;  ///< of arithmetic and of bytes
  std::string invalid;                ///< why its step time is impossible here, half a sentence; "" when it is not
  std::optional<Roofline> roofline;
  std::vector<std::string> diagnosis;  ///< sentences
};

struct WorkloadResult {
  std::string hash;
  workload::Workload workload;
  int threads = 0;
  int64_t flops_per_step = 0;             ///< counted, of a full batch; of nearest neighbours two for each value of every pair
  std::string baseline;                   ///< "" when it has no time here
  std::optional<double> target_accuracy;  ///< fraction that was asked for with the run
  std::optional<Roof> roof;               ///< of its number of threads, for the type that was asked for
  std::vector<PlatformResult> platforms;  ///< ranked first, then the others
  std::vector<std::string> sentences;
};

struct Comparison {
  trial::RunRecord run;
  std::vector<WorkloadResult> workloads;
  std::vector<trial::SkipRecord> skips;
  std::vector<std::string> warnings;           ///< about the machine: what may make times wrong
  std::vector<std::string> energy_notes;       ///< what could not be had of energy, and why
  std::optional<ceilings::Ceilings> ceilings;  ///< of the machine, the best of what the run measured
  std::optional<double> target_accuracy;       ///< fraction that was asked for with the run
  std::optional<trial::RunEndRecord> end;      ///< times summed over all executions that ended, the rest of the last one; none: killed or still running
  int64_t executions = 0;                      ///< that ended: more than one when the run was resumed
};

/// Error: a stored workload cannot be read any more.
core::Result<Comparison> compare(const store::RunData& data);

/// Processes of each side that a claim between platforms needs.
inline constexpr int64_t kClaimProcesses = 5;
/// Smallest difference that is called one, until the machine's own noise is measured.
inline constexpr double kSmallestDifference = 0.01;

/// Which trials count for a platform: all but those that a resumed run has done again. state.cpp
std::vector<const store::TrialData*> counted_trials(const store::RunData& data, const std::string& workload_hash);

bool finished(const store::TrialData& trial);

/// Outcomes, verdict, share and memory of a platform. state.cpp
void set_state(PlatformResult& platform, const std::vector<const store::TrialData*>& trials);

/// Orders the platforms, ranked ones first, and says of the others why they are not. Ranked is who is verified, has a
/// time, and ran as many steps as the others: a rank from less work would be none. ranks.cpp
void set_ranks(std::vector<PlatformResult>& platforms);

/// Accuracies of the finished trials, and the time to the one that was asked for; needs the step time. accuracy.cpp
void set_accuracy(PlatformResult& platform, const std::vector<const store::TrialData*>& trials, const workload::Workload& workload,
                  const std::optional<double>& target);

/// The best of all ceilings that the run measured; nothing when it measured none that can be read. against_ceilings.cpp
std::optional<ceilings::Ceilings> ceilings_of(const store::RunData& data);

/// Roof, roofline, diagnosis and plausibility of every platform that has a step time. `dtype` is what was asked for. Comes before set_ranks.
/// against_ceilings.cpp
void hold_against(WorkloadResult& result, const std::map<std::string, std::vector<const store::TrialData*>>& trials, const ceilings::Ceilings& ceilings,
                  const std::string& dtype);

/// Plain sentences: what is fastest, by how much, and what may not be concluded. sentences.cpp
std::vector<std::string> sentences(const WorkloadResult& result);

/// A sentence when the BLAS that a worker tells of in `hello` (member "blas") chose kernels below the instruction set that the
/// processor has (`flags`: the list of the run's environment), else "". blas_warning.cpp
std::string blas_warning(const std::string& platform, const core::Json& hello, const core::Json& flags);

/// "95.3 us", "14.2 ms", "1.25 s": three significant digits.
std::string duration_text(double ns);

/// "97 %", "2.5 %" of a fraction.
std::string percent_text(double fraction);

/// "timed out" of "timed_out".
std::string spaced(std::string word);

/// "4 of 5 trials finished; 1 interrupted".
std::string outcomes_text(const PlatformResult& platform);

/// A reason to go into a longer sentence: without the full stop at its end.
std::string without_stop(std::string text);

}  // namespace trainmark::analysis

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
#include "analysis/machines.hpp"
#include "analysis/memory.hpp"
#include "analysis/operations.hpp"
#include "analysis/plausibility.hpp"
#include "analysis/roofline.hpp"
#include "analysis/study_report.hpp"
#include "analysis/sweep.hpp"
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
  std::optional<double> p;                       ///< two-sided, of "the ratio is 1"; none where there is no interval
  std::optional<double> p_corrected;             ///< by Holm, over the verified platforms of this workload; none for the others
  bool different = false;                        ///< a claim: see ratios.hpp
};

/// The machine's own noise: differences below it are none. See ratios.hpp.
struct NoiseFloor {
  static constexpr const char *kLeast = "least", *kTwin = "twin", *kRounds = "rounds";
  double difference = 0.01;     ///< as a fraction of the ratio
  std::string source = kLeast;  ///< how it was got: kLeast: MEASURE's 1 %
  std::string twin = {};        ///< name of the baseline's twin that gave it
};

/// How the accuracies of a platform compare with the baseline's, trainings of the same seed paired. Differences are fractions.
struct AccuracyComparison {
  enum class Verdict { kEquivalent, kDifferent, kUndecided };
  Verdict verdict = Verdict::kUndecided;
  double difference = 0;          ///< mean, platform minus baseline
  statistics::Interval interval;  ///< 90 %, whose lying within the margin is the equivalence test
  int64_t pairs = 0;
};

/// CPU time of a worker's threads over its timed blocks.
struct ThreadUse {
  int64_t asked = 0;           ///< threads that the worker was told to use
  int64_t busy = 0;            ///< that computed for at least a tenth of the time; median over trials
  std::vector<double> shares;  ///< of the elapsed time, the busiest thread first; of the trial in the middle
  bool on_processor = true;    ///< the platform computes on the CPU, so that its threads say something
};

/// Steps in the step time within processes, which is a change of the machine or of the process, not noise.
struct Changes {
  int64_t processes = 0, of = 0;  ///< with a step, of those that had enough rounds
  double largest = 0;             ///< relative change at the largest step, with its sign
};

/// What ended the repetitions of a run, where a precision was asked for or the budget was spent.
struct Ending {
  std::string reason;  ///< "precise", "repetitions", "budget", "nothing_ranked"
  int64_t repetitions = 0, most_repetitions = 0;
  std::optional<double> precision;                           ///< asked for: half the width of the interval, as a fraction
  std::map<std::string, std::optional<double>> half_widths;  ///< of the ranked platforms; none: too few processes
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
  Changes changes;                                    ///< steps of its time within processes

  std::optional<double> samples_per_s, distinct_samples_per_s;  ///< processed; without padding's repeats
  std::optional<double> epoch_s;                                ///< steady step time times the steps of an epoch
  std::optional<double> gflops;                                 ///< counted FLOPs of a step over its time, 1e9/s
  std::optional<double> utilisation;                            ///< CPU time / (elapsed x threads) over timed blocks
  std::optional<ThreadUse> thread_use;                          ///< the same per thread
  // Before the steady state, medians over trials.
  std::optional<double> start_ns, build_ns, compile_ns, input_ns, first_step_ns;
  std::optional<double> to_first_step_ns;  ///< their sum in each trial, median over trials
  std::optional<StartUp> warm;             ///< one more start on the compiler cache that a trial has filled
  std::optional<double> fit_ns;            ///< nearest neighbours: taking the training samples in
  // Means over trials of the last and of the best evaluation.
  std::optional<double> final_accuracy, best_accuracy, final_loss;
  std::optional<Operations> operations;                   ///< none: nobody asked
  std::optional<AccuracyComparison> accuracy_comparison;  ///< with the baseline; none below two pairs
  std::optional<TimeToTarget> to_target;                  ///< none when no accuracy was asked for, or none was measured
  // Largest over trials.
  std::optional<int64_t> peak_rss_bytes, peak_rss_anon_bytes;
  std::optional<PlatformEnergy> energy;         ///< none: the run is from before energy was measured, or no trial finished
  std::optional<double> gpu_kernel_time_share;  ///< share of the time of timed blocks with a kernel running, by NVML
  MemoryFigures memory;                         ///< by phase and component
  std::map<std::string, int64_t> memory_bytes;  ///< by component, as workers tell (docs/protocol.md); device_process by the driver. Unknown ones are missing

  // Against the ceilings of the machine: nothing where none were measured, or the platform is not on the processor. against_ceilings.cpp
  std::vector<Finding> plausibility;      ///< of arithmetic and of bytes
  std::optional<int64_t> executed_flops;  ///< of a step, by an engine that tells: fewer than counted where multiplications by zero are left out
  std::string invalid;                    ///< why its step time is impossible here, half a sentence; "" when it is not
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
  NoiseFloor noise;
  bool first_is_fastest = false;  ///< the first ranked platform differs from every other ranked one, as a claim
  std::optional<Ending> ending;
  std::vector<std::string> sentences;
};

struct Comparison {
  trial::RunRecord run;
  std::vector<WorkloadResult> workloads;
  std::vector<Sweep> sweeps;
  std::vector<trial::SkipRecord> skips;
  std::vector<std::string> warnings;           ///< about the machine: what may make times wrong
  std::vector<std::string> energy_notes;       ///< what could not be had of energy, and why
  std::optional<ceilings::Ceilings> ceilings;  ///< of the machine, the best of what the run measured
  std::optional<double> target_accuracy;       ///< fraction that was asked for with the run
  std::optional<trial::RunEndRecord> end;      ///< times summed over all executions that ended, the rest of the last one; none: killed or still running
  int64_t executions = 0;                      ///< that ended: more than one when the run was resumed
  std::vector<MachineWorkload> machines;       ///< the same work on other machines of the store; filled in by whoever has it open
  std::optional<StudyReport> study;            ///< tables, figures and claims; none: the run is of no study that has them
};

/// Error: a stored workload cannot be read any more.
core::Result<Comparison> compare(const store::RunData& data);

/// Processes of each side that a claim between platforms needs.
inline constexpr int64_t kClaimProcesses = 5;
/// Smallest difference of times that is called one, however quiet the machine.
inline constexpr double kSmallestDifference = 0.01;
/// Accuracies that differ by less are the same for whoever chooses a platform: half a point of per cent.
inline constexpr double kAccuracyMargin = 0.005;

/// Which trials count for a platform: all but those that a resumed run has done again. state.cpp
std::vector<const store::TrialData*> counted_trials(const store::RunData& data, const std::string& workload_hash);

bool finished(const store::TrialData& trial);

/// Outcomes, verdict, share and memory of a platform. state.cpp
void set_state(PlatformResult& platform, const std::vector<const store::TrialData*>& trials);

/// Why the times of a platform measure nothing that could be held against another's: the first thing that is wrong, "failed" before "out of memory"
/// before "INVALID" before "unchecked" before "not timed", and the reason of it, "" where there is no more to say. ranks.cpp
struct Obstacle {
  std::string what, why;
};
std::optional<Obstacle> obstacle_of(const PlatformResult& platform);

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
/// Equivalence of the final accuracies of the verified platforms with the baseline's. equivalence.cpp
void set_accuracy_comparisons(WorkloadResult& result, const std::map<std::string, std::vector<const store::TrialData*>>& trials);

/// Platforms that are alike in one sentence; a difference has its own. equivalence.cpp
void add_accuracy_sentences(const WorkloadResult& result, std::vector<std::string>& out);

/// Where the noise floor comes from: of a twin always, of rounds when it keeps a difference from being a claim. ratios.cpp
void add_noise_floor_sentence(const WorkloadResult& result, std::vector<std::string>& out);

/// Steps in the step time within processes, and the sentences about them. changes.cpp
void set_changes(PlatformResult& platform, const std::vector<const store::TrialData*>& trials);
void add_change_sentences(const WorkloadResult& result, std::vector<std::string>& out);

/// Utilisation per thread. thread_use.cpp
void set_thread_use(PlatformResult& platform, const std::vector<const store::TrialData*>& trials);

/// "a kept one thread busy of the 2 asked for": a sentence for every platform that uses clearly fewer or more. thread_use.cpp
void add_thread_sentences(const WorkloadResult& result, std::vector<std::string>& out);

/// What ended the repetitions, with its sentence. ending.cpp
void set_ending(WorkloadResult& result, const store::RunData& data);

/// "a, b and c".
std::string list_of(const std::vector<std::string>& names);

/// Plain sentences: what is fastest, by how much, and what may not be concluded. sentences.cpp
std::vector<std::string> sentences(const WorkloadResult& result);

/// A sentence when the BLAS that a worker tells of in `hello` (member "blas") chose kernels below the instruction set that the
/// processor has (`flags`: the list of the run's environment), else "". blas_warning.cpp
std::string blas_warning(const std::string& platform, const core::Json& hello, const core::Json& flags);

/// "95.3 us", "14.2 ms", "1.25 s": three significant digits.
std::string duration_text(double ns);

/// "97 %", "2.5 %" of a fraction.
std::string percent_text(double fraction);

/// "batch 32"; "full batch" of 0.
std::string batch_text(int64_t batch_size);

/// "timed out" of "timed_out".
std::string spaced(std::string word);

/// "4 of 5 trials finished; 1 interrupted".
std::string outcomes_text(const PlatformResult& platform);

/// A reason to go into a longer sentence: without the full stop at its end.
std::string without_stop(std::string text);

}  // namespace trainmark::analysis

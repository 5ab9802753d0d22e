// The supervisor: runs the trials of a study, every one in a worker process of its own, and emits records.
//
// All platforms of one repetition live at the same time and are compared within rounds: one block of every platform in random
// order, all others stopped meanwhile. Whatever a worker does (crash, hang, refuse, talk rubbish) ends its own trial with a recorded
// outcome; the others go on. Training is timed by the workers' clocks; everything that is neither start, warm-up, block, sentinel,
// evaluation nor proof is the supervisor's own cost and shows in the RunEndRecord.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "instruments/nvml.hpp"
#include "instruments/powercap.hpp"
#include "proof/proof.hpp"
#include "trial/environment.hpp"
#include "trial/records.hpp"
#include "trial/repetitions.hpp"
#include "trial/schedule.hpp"
#include "workload/materials.hpp"
#include "workload/study.hpp"

namespace trainmark::trial {

/// One workload on some platforms: what a study comes to when names have become values.
struct Experiment {
  workload::Workload workload;
  const data::Dataset* dataset = nullptr;  ///< must outlive the run
  std::vector<workload::PlatformChoice> platforms;
  int threads = 0;          ///< of every worker; 0: all CPUs that we may use
  int64_t repetitions = 1;  ///< at most, where a precision is asked for
  double precision = 0;  ///< no further repetition once the 95 % interval of every ranked platform's median step is within +- this fraction; 0: all repetitions
};

struct RunPlan {
  RunRecord run;  ///< emitted unless `resumed`; an empty id or environment is filled in
  std::vector<Experiment> experiments;
  std::vector<SkipRecord> skips;                       ///< known before the run: emitted as they are
  bool resumed = false;                                ///< the run record, the workloads and skips are in the sink already
  std::set<std::string> finished_keys;                 ///< trials that need not be run again: see trial_key
  std::map<std::string, MeasuredTrial> measured = {};  ///< the finished ones by key, for the stop rule; only needed with a precision
};

/// Where one platform stands in the experiment that runs now, over all its repetitions.
struct PlatformProgress {
  std::string name;
  int64_t done_steps = 0, total_steps = 0;  ///< counted ones
  std::vector<double> step_ns;              ///< time of one step in every timed block so far, ascending
};

/// Where a run stands, for whoever draws it.
struct Progress {
  std::string network;                      ///< of the experiment that runs now
  int64_t experiment = 0, experiments = 1;  ///< which one, from 0
  std::string platform;                     ///< that is at work
  std::string phase;                        ///< "start", "warm-up", "train", "predict", "evaluate", "proof", "operations", "warm start"
  int64_t repetition = 0, repetitions = 1;
  int64_t round = 0;                        ///< rounds done in this repetition
  std::vector<PlatformProgress> platforms;  ///< in the order of the experiment
  int64_t done_steps = 0, total_steps = 0;  ///< of all trials of the run
  double elapsed_s = 0;
  double left_s = -1;  ///< estimate; negative: not known yet
};

using Prover = std::function<proof::ProofReport(worker::Client&, const workload::Materials&, const proof::TimedEvidence&, const proof::ProofOptions&)>;

inline constexpr double kWarmUpLimit_s = 10;  ///< per trial, unless told otherwise

struct SupervisorOptions {
  std::filesystem::path program;                             ///< trainmark itself: it starts `launch` and `worker --platform X`
  std::map<std::string, std::vector<std::string>> commands;  ///< workers of other platforms: name -> command, in which the
                                                             ///< word "{threads}" stands for the number of threads and
                                                             ///< "{compiler_cache}" for an empty folder of the trial
  std::filesystem::path folder;                              ///< for logs (kept, in `logs`) and for the files of trials (removed)
  double timeout_s = 600;                                    ///< per request
  double budget_s = 0;                                       ///< no further repetition is begun after it; 0: no limit
  double warm_up_limit_s = kWarmUpLimit_s;                   ///< per trial, after which warm-up ends whatever the times do
  std::string isa;                                           ///< instruction set of native workers; "": the best
  std::string dtype = "float32";
  int64_t device = 0;                                      ///< which one of several, for platforms that may have more than one:
  std::set<std::string> device_platforms;                  ///< these; the others get device 0
  std::string nvml_library = instruments::Nvml::kLibrary;  ///< opened where some platform may have a device
  EnvironmentOptions environment;                          ///< of the run's record; its NVML is that above
  std::filesystem::path powercap_root = instruments::kPowercapRoot;
  double idle_s = 2;         ///< for idle power, before and after, where there are counters; 0: no energy
  bool want_correct = true;  ///< correct training answers per step
  bool warm_starts = true;   ///< start workers that have a compiler cache once more on a filled one
  bool operations = false;   ///< take the step of each platform apart, once, after its proof
  BlockLengths lengths;
  Prover prove = proof::prove;                       ///< none: every verdict is "unchecked"
  std::function<void(const Progress&)> on_progress;  ///< called between requests
  /// What the machine can do with these thread counts, taken when the run begins, as a reading of kind "ceilings"; none: not taken.
  std::function<core::Json(const std::vector<int>& threads)> measure_ceilings = {};
};

/// One line of the end of a run, for exit codes and for a short list.
struct TrialSummary {
  std::string key, platform;
  OutcomeKind outcome = OutcomeKind::kFinished;
  std::string message;  ///< of the outcome
  std::string verdict;  ///< "" when there is none
};

struct RunSummary {
  std::string run_id;
  std::vector<TrialSummary> trials;  ///< that were run now
  std::vector<SkipRecord> skips;
  RunEndRecord end;
  bool budget_spent = false;  ///< some repetitions were not begun
};

/// 16 hexadecimal digits: the id of a run or a trial.
std::string random_id();

/// "WORKLOAD_HASH/PLATFORM/THREADS/REPETITION".
std::string trial_key(const std::string& workload_hash, const std::string& platform, int threads, int64_t repetition);

/// Threads that 0 stands for.
int resolved_threads(int threads);

/// Runs everything. Errors: a sink that refuses, a platform named by hand that is not available, more threads than CPUs, materials
/// that cannot be made. The thread that calls it must be the one that waits for it: workers die with it. The sink has a RunEndRecord
/// in every case in which it still accepts one.
core::Result<RunSummary> run_study(const RunPlan& plan, Sink& sink, const SupervisorOptions& options);

}  // namespace trainmark::trial

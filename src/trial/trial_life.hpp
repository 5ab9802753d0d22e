// The life of one trial, step by step: start, preparation, warm-up, turns, end. Internal to src/trial.
//
// Functions that talk to the worker return true when it went well; otherwise trial.failure says why, and the caller goes on with the
// other trials. The outcome is emitted by conclude(), once, after every block of the trial has been.
#pragma once

#include <map>
#include <memory>
#include <optional>

#include "core/clock.hpp"
#include "trial/disturbance.hpp"
#include "trial/energy_run.hpp"
#include "trial/memory_phases.hpp"
#include "trial/process_channel.hpp"
#include "trial/supervisor.hpp"

namespace trainmark::trial {

/// What all trials of a run share.
struct Run {
  const SupervisorOptions& options;
  Sink& sink;
  RunSummary summary;
  Sentinel sentinel;
  std::optional<instruments::Nvml> nvml;  ///< none: no platform of the run has a device, or there is no such driver
  std::optional<core::Error> error;       ///< the sink refused or a worker could not be started at all: the run ends
  Progress progress;
  int64_t started_ns = 0;
  int64_t experiment_started_ns = 0;
  std::string nvml_missing = {};           ///< why there is no nvml, where one was looked for
  std::unique_ptr<EnergyRun> energy = {};  ///< none: it is not measured

  template <class Record>
  void emit(const Record& record) {
    if (error) return;
    if (const auto added = sink.add(record); !added) error = added.error();
  }
};

/// Adds the time of a scope to a sum.
class Lap {
 public:
  explicit Lap(int64_t& sum_ns) : sum_ns_(sum_ns), begin_ns_(core::now_ns()) {}
  ~Lap() { sum_ns_ += core::now_ns() - begin_ns_; }
  Lap(const Lap&) = delete;
  Lap& operator=(const Lap&) = delete;

 private:
  int64_t& sum_ns_;
  int64_t begin_ns_;
};

struct Trial {
  // What it is.
  TrialRecord record;
  bool by_hand = false;
  const workload::Materials* materials = nullptr;
  const workload::MaterialFiles* files = nullptr;
  Progression progression;
  std::filesystem::path folder;  ///< of its own, for the files of requests

  // The worker. Each refers to the one before.
  std::optional<Process> process;
  std::optional<ProcessChannel> channel;
  std::optional<worker::Client> client;
  std::vector<pid_t> members;  ///< processes of the worker's group when it was last looked
  int64_t members_seen_ns = 0;

  // Where it stands.
  std::optional<std::string> unavailable;  ///< the worker's reason and remedy
  std::optional<worker::Failure> failure;
  bool recorded = false;   ///< the TrialRecord is in the sink
  bool concluded = false;  ///< the outcome is in the sink
  int64_t start_ns = 0;    ///< process start to the answer to hello
  int64_t next_step = 0;
  int64_t next_block = 0;
  double step_ns = 0;  ///< of one step, as last measured
  std::vector<int64_t> edges_left;
  proof::TimedEvidence evidence;
  std::vector<proof::TimedPredictions> predicted;  ///< nearest neighbours: of the last block, one entry per step
  EvaluationRecord epoch_so_far;                   ///< nearest neighbours: the counted steps of the epoch
  std::string verdict;
  int64_t peak_rss_bytes = 0, peak_rss_anon_bytes = 0;
  MemoryPhases phases;
  core::Json energy_blocks = core::Json::array();    ///< what counters gave in each timed block
  std::map<std::string, std::string> energy_faults;  ///< source -> the first reason why a block has no figure of it
  std::vector<int64_t> devices;                      ///< on which the driver has seen the worker
  std::optional<int64_t> device_process_bytes;       ///< device memory of the worker's processes by the driver, the largest seen at block edges
  core::Json memory;

  bool going() const { return !failure && !unavailable && !concluded; }
  bool searches() const { return materials->workload.neighbours.has_value(); }  ///< for neighbours, instead of training
  bool has_turns_left() const { return going() && next_step < progression.planned_steps; }
};

using Trials = std::vector<std::unique_ptr<Trial>>;  // pointers: a client refers to its channel, which refers to its process

/// A timed block that waits for the end of its round, when it is known whether the round was disturbed.
struct PendingBlock {
  BlockRecord record;
  DisturbanceReading reading;
  int64_t sentinel_before_ns = 0, sentinel_after_ns = 0;
};

// progress.cpp: kept between requests, outside every block.
void report_progress(Run& run, const Trial& trial, const char* phase);
void count_steps(Run& run, const Trial& trial, int64_t steps);  ///< counted steps that are done
void count_block(Run& run, const Trial& trial);                 ///< a timed block, by trial.step_ns
void forget_steps(Run& run, const Trial& trial);                ///< what the trial has left will not be done

// trial_start.cpp
inline constexpr const char* kCompilerCache = "compiler-cache";  ///< folder within that of a trial: what its worker compiles goes with it
std::vector<std::string> worker_command(const SupervisorOptions& options, const std::string& platform, int threads,
                                        const std::filesystem::path& folder);      ///< folder: the trial's
int64_t device_of(const SupervisorOptions& options, const std::string& platform);  ///< for prepare
std::vector<int> first_cpus(int count);                                            ///< of those that we may use
bool start_worker(Run& run, Trial& trial);                                         ///< process and hello; may set `unavailable`
bool prepare(Run& run, Trial& trial);                                              ///< prepare, first step, warm-up, initial state

// warm_start.cpp
void measure_warm_start(Run& run, const Trial& trial);  ///< of a trial that has an outcome, as long as its folder is there

// neighbours_turn.cpp: the parts of a trial that are others where neighbours are searched
std::optional<worker::Failure> missing_method(const workload::Workload& workload, const worker::Hello& hello);
bool fit(Run& run, Trial& trial, PreparationRecord& record);
worker::Answer<worker::Trained> predict_steps(Run& run, Trial& trial, int64_t first_step, int64_t steps);  ///< sets trial.predicted
void keep_predictions(Trial& trial, const BlockRecord& block);                                             ///< of counted steps
void conclude_epoch(Run& run, Trial& trial);                                                               ///< emits an evaluation

// trial_turn.cpp
bool run_block(Run& run, Trial& trial, BlockRecord& block, worker::Granularity granularity);
bool run_turn(Run& run, Trial& trial, int64_t round, std::vector<PendingBlock>& pending);  ///< one turn with what follows it, outside the clock

// rounds.cpp
void run_rounds(Run& run, Trials& trials, uint64_t seed);  ///< until no trial has turns left; trials are finished and concluded on the way

// trial_end.cpp
void finish(Run& run, Trial& trial);    ///< memory, proof, quit
void conclude(Run& run, Trial& trial);  ///< the outcome; nothing of the worker is left

}  // namespace trainmark::trial

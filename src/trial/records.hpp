// Records: what one execution of a study leaves behind, as plain structs. The supervisor emits them to a sink while it
// runs; the store keeps them and never changes one.
//
// Identity. A run has a random id. A trial is one process; its `key` names the work (workload, platform, threads,
// repetition), so that a resumed run knows what is done. Blocks, evaluations and verdicts belong to a trial. A trial has
// exactly one outcome; one without an outcome was cut off.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/json.hpp"

namespace trainmark::trial {

struct RunRecord {
  std::string id;          ///< 16 hexadecimal digits, random
  std::string study;       ///< name
  std::string study_hash;  ///< SHA-256 of everything that was asked for; resume looks for it
  core::Json study_json;   ///< what was asked for
  std::string baseline;    ///< platform that ratios refer to
  std::string command_line;
  std::string version;  ///< of trainmark
  int64_t started_wall_ns = 0;
  core::Json environment;  ///< machine, system, compiler: see environment.hpp
};

struct WorkloadRecord {
  std::string hash;
  std::string network, dataset;
  bool synthetic = false;
  core::Json json;  ///< workload::to_json
};

struct TrialRecord {
  std::string id;  ///< 16 hexadecimal digits, random
  std::string run_id;
  std::string key;  ///< "WORKLOAD_HASH/PLATFORM/THREADS/REPETITION"
  std::string workload_hash;
  std::string platform;
  int threads = 0;
  int64_t repetition = 0;
  uint64_t seed = 0;
  double share = 1;  ///< of the training that was asked for
  int64_t planned_steps = 0;
  int64_t started_wall_ns = 0;
  core::Json hello;  ///< the worker's own description
};

/// Costs before the first timed step. Null: the worker died before.
struct PreparationRecord {
  std::string trial_id;
  int64_t start_ns = 0;  ///< process start to its answer to hello
  int64_t build_ns = 0, compile_ns = 0, input_ns = 0, input_bytes = 0;
  int64_t first_step_ns = 0;
  core::Json kernels;
  std::optional<int64_t> fit_ns = {};  ///< nearest neighbours: taking the training samples in; none: of a training
};

/// The same costs of one more start, on the compiler cache that the trial has filled. Only the first repetition of platforms whose
/// worker says that it has such a cache is started again.
struct WarmStartRecord {
  std::string trial_id;
  int64_t start_ns = 0, build_ns = 0, compile_ns = 0, input_ns = 0, first_step_ns = 0;  ///< as in PreparationRecord
};

enum class BlockKind { kWarmUp, kRewarm, kTimed };
std::string_view block_kind_name(BlockKind kind);

struct BlockRecord {
  std::string trial_id;
  int64_t index = 0;  ///< within the trial, ascending
  int64_t round = 0;
  BlockKind kind = BlockKind::kTimed;
  int64_t started_wall_ns = 0;
  int64_t first_step = 0, steps = 0;
  int64_t epoch = 0;              ///< of first_step
  int64_t samples = 0;            ///< processed
  int64_t elapsed_ns = 0;         ///< by the worker's clock, device synchronised at the edges
  std::vector<int64_t> times_ns;  ///< every time taken: one, or one per step
  std::vector<double> losses;     ///< one per step, or empty where nothing is trained
  std::vector<int32_t> correct;   ///< one per step, or empty
  uint32_t indices_crc = 0;
  int64_t cpu_ns = 0;                              ///< CPU time of the worker's processes during the block
  int64_t rss_anon_bytes = 0, rss_file_bytes = 0;  ///< at the end of the block
  bool disturbed = false;                          ///< the round is out of the headline
  core::Json disturbance;                          ///< readings: sentinel, involuntary switches, steal
};

struct EvaluationRecord {
  std::string trial_id;
  int64_t epoch = 0;  ///< number of finished epochs
  int64_t step = 0;
  int64_t correct = 0, count = 0;
  double loss = 0;
  int64_t elapsed_ns = 0;
};

struct VerdictRecord {
  std::string trial_id;
  std::string verdict;  ///< "verified", "failed", "unchecked"
  std::string summary;
  core::Json evidence;  ///< proof::to_json
};

enum class OutcomeKind { kFinished, kCrashed, kOutOfMemory, kTimedOut, kUnsupported, kFailed, kProtocol, kInterrupted, kAbandoned };
std::string_view outcome_name(OutcomeKind kind);

/// Whether --resume runs a trial that ended so again, under the same key.
bool runs_again(OutcomeKind kind);

struct OutcomeRecord {
  std::string trial_id;
  OutcomeKind kind = OutcomeKind::kFinished;
  std::string message;   ///< a sentence; empty when finished
  std::string log_tail;  ///< last lines of the worker's stderr
  int64_t ended_wall_ns = 0;
  int64_t peak_rss_bytes = 0;       ///< VmHWM; ru_maxrss when the worker died before it could be read
  int64_t peak_rss_anon_bytes = 0;  ///< largest RssAnon seen at block edges
  core::Json memory;                ///< the worker's own report by component, with `device_process` from the driver; or null
};

/// What an instrument gave, in a form of its own: energy, ceilings, operations. Kinds and members: docs/store.md.
struct ReadingRecord {
  std::string run_id;
  std::string trial_id;  ///< "" when it is of the machine or of the whole run
  std::string kind;      ///< "energy", ...
  int64_t taken_wall_ns = 0;
  core::Json figures;  ///< an object; a figure that could not be had is null, with the reason beside it
};

// Kinds of readings.
inline constexpr const char* kCeilingsReading = "ceilings";               ///< of the machine
inline constexpr const char* kEnergyCountersReading = "energy_counters";  ///< of the machine
inline constexpr const char* kStopReading = "stop";                       ///< of a run: what ended the repetitions
inline constexpr const char* kEnergyReading = "energy";
inline constexpr const char* kMemoryReading = "memory";
inline constexpr const char* kOperationsReading = "operations";  ///< where the time of a step goes
inline constexpr const char* kExecutedReading = "executed";      ///< which part of its counted FLOPs an operation executes
inline constexpr const char* kThreadReading = "threads";

/// A platform of the study that did not run here, and why.
struct SkipRecord {
  std::string run_id;
  std::string platform;
  std::string reason;
};

/// Where the time of a run went: the supervisor's own cost is total minus the rest.
struct RunEndRecord {
  std::string run_id;
  int64_t ended_wall_ns = 0;
  bool interrupted = false;
  int64_t total_ns = 0, start_ns = 0, warm_up_ns = 0, blocks_ns = 0, sentinel_ns = 0, evaluation_ns = 0, proof_ns = 0;
};

/// Receives records as they come into being. Each call has been made durable when it returns.
class Sink {
 public:
  virtual ~Sink() = default;
  virtual core::Result<void> add(const RunRecord&) = 0;
  virtual core::Result<void> add(const WorkloadRecord&) = 0;
  virtual core::Result<void> add(const TrialRecord&) = 0;
  virtual core::Result<void> add(const PreparationRecord&) = 0;
  virtual core::Result<void> add(const WarmStartRecord&) = 0;
  virtual core::Result<void> add(const BlockRecord&) = 0;
  virtual core::Result<void> add(const EvaluationRecord&) = 0;
  virtual core::Result<void> add(const VerdictRecord&) = 0;
  virtual core::Result<void> add(const OutcomeRecord&) = 0;
  virtual core::Result<void> add(const ReadingRecord&) = 0;
  virtual core::Result<void> add(const SkipRecord&) = 0;
  virtual core::Result<void> add(const RunEndRecord&) = 0;
};

}  // namespace trainmark::trial

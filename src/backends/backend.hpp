// The interface between the native worker and its engines.
//
// An Engine holds the state of one workload (parameters, optimiser state, statistics) and compiles plans over it: train,
// the last smaller batch, evaluate. A Program runs one step and never allocates, dispatches by type or looks up a name
// while doing so. Virtual calls happen per step, never per operation.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "backends/neighbours.hpp"
#include "backends/options.hpp"
#include "core/result.hpp"
#include "core/tensor_file.hpp"
#include "data/samples.hpp"
#include "plan/plan.hpp"

namespace trainmark::backends {

/// What a step reads beside the state. Everything is borrowed for the duration of the call.
struct StepInput {
  const data::SamplesView* samples = nullptr;
  const data::NormalisationTable* normalisation = nullptr;
  const int32_t* indices = nullptr;  ///< (batch) positions in samples
  double learning_rate = 0;
  uint64_t seed = 0;                      ///< of the trial, for dropout
  int64_t step = 0;                       ///< global number of the step, from 0 on: for dropout and for Adam's corrections
  const int32_t* next_indices = nullptr;  ///< (next_images) of the step that follows, where it is known: engines may fetch its pixels ahead
  int64_t next_images = 0;
  int64_t first_image = 0;  ///< of the pass in the batch; set by the engines, 0 for their callers
};

/// What a step yields. Valid after Program::sync().
struct StepOutput {
  double loss = 0;                 ///< mean over the batch
  int64_t correct = 0;             ///< images whose largest logit, the first of equals, is the label's
  int32_t* predictions = nullptr;  ///< (batch) or null; evaluation only
};

class Program {
 public:
  virtual ~Program() = default;
  /// Runs one whole step. The state is changed in training plans.
  virtual void run(const StepInput& input, StepOutput& output) = 0;
  /// Like run, and adds the nanoseconds of every operation of plan(), of all threads together, to op_ns[i] (size ops). Slower: for profiles.
  virtual void run_profiled(const StepInput& input, StepOutput& output, int64_t* op_ns) = 0;
  /// Waits until every step has finished and its output is there.
  virtual void sync() = 0;
  virtual const plan::Plan& plan() const = 0;
  /// Name of the implementation chosen for operation i of plan().
  virtual std::string kernel(int op) const = 0;
  /// Part of the counted FLOPs of operation i that the implementation executes; below 1 where it leaves out multiplications by zero.
  virtual double executed_share(int op) const {
    (void)op;
    return 1;
  }
  virtual MemoryUse memory() const = 0;
};

class Engine {
 public:
  virtual ~Engine() = default;
  /// `plan` comes from plan::training_plan or plan::evaluation_plan; the engine runs its own further passes on it.
  /// All plans of one engine must have the same parameters. The program refers to the engine, which must outlive it.
  virtual core::Result<std::unique_ptr<Program>> compile(const plan::Plan& plan) = 0;
  /// Replaces parameters, statistics and, where given (else zero), optimiser state. Shapes in PyTorch's layout, F32 or
  /// F64. Errors: a tensor is missing, unknown, or of another shape. The key "step" is ignored.
  virtual core::Result<void> load(const core::TensorMap& state) = 0;
  /// The state under the same names and layout, in the engine's own data type.
  virtual core::TensorMap dump() const = 0;
};

/// One native platform: what it is, and how to make an engine of it.
struct BackendInfo {
  std::string name;         ///< "cpu", "reference"
  std::string description;  ///< one line
  std::string version;      ///< of its libraries, e.g. "Highway 1.0.3"
  std::vector<std::string> dtypes;
  std::vector<std::string> isas;  ///< that this machine can run, best first
  core::Result<std::unique_ptr<Engine>> (*create)(const EngineOptions& options) = nullptr;
  core::Result<std::unique_ptr<NeighbourSearch>> (*create_neighbours)(const EngineOptions& options) = nullptr;  ///< null: it only trains
};

/// All native backends of this build, in the order in which they are listed.
const std::vector<BackendInfo>& backends();

/// Their names, in that order.
std::vector<std::string> backend_names();

/// The backend of that name, or null.
const BackendInfo* find_backend(std::string_view name);

}  // namespace trainmark::backends

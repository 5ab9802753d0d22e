// One prepared training of a native engine: programs for every batch size over one state, and the clock around them.
//
// Inside the clock there is nothing but the steps: files, checksums and checks come before and after, and nothing is
// allocated between the clock's edges.
#pragma once

#include <map>
#include <memory>
#include <span>

#include "backends/backend.hpp"
#include "worker/client.hpp"
#include "worker/operations.hpp"
#include "worker/training_inputs.hpp"

namespace trainmark::worker {

struct TrainingTimes {
  int64_t build_ns = 0;    ///< plans and engine
  int64_t compile_ns = 0;  ///< programs
};

class NativeTraining {
 public:
  /// Compiles everything and loads the initial state.
  static core::Result<NativeTraining> make(const backends::BackendInfo& info, const backends::EngineOptions& options, TrainingInputs inputs);

  const TrainingTimes& times() const { return times_; }
  const TrainingInputs& inputs() const { return inputs_; }

  /// Steps [first_step, first_step + steps), which must be within the training.
  Trained train(const TrainRequest& request);
  Evaluated evaluate();
  /// Runs these steps, each plainly and then with its operations timed: the state afterwards is that of no training. native_operations.cpp
  StepOperations operations(int64_t first_step, int64_t steps);
  core::Result<void> load(const core::TensorMap& state);
  core::TensorMap dump() const;
  /// Goes on with other files of the same workload; nothing is compiled.
  core::Result<void> reset(TrainingInputs inputs);
  backends::MemoryUse memory() const { return main_program().memory(); }
  /// Operation of the training step -> implementation.
  core::Json kernels() const;
  /// Operation of the training step -> part of its counted FLOPs that is executed, where that is not all of them.
  core::Json executed_shares() const;

 private:
  core::Result<void> compile();
  backends::StepInput input_of(int64_t step) const;
  const backends::Program& main_program() const { return *train_programs_.rbegin()->second; }
  /// Runs one evaluation program over samples [first, first + count); adds to the loss.
  void evaluate_range(int64_t first, int64_t count, std::span<const int32_t> identity, Evaluated& evaluated);

  TrainingInputs inputs_;
  TrainingTimes times_;
  std::unique_ptr<backends::Engine> engine_;
  std::map<int64_t, std::unique_ptr<backends::Program>> train_programs_;       // by batch size
  std::map<int64_t, std::unique_ptr<backends::Program>> evaluation_programs_;  // by batch size
  int threads_ = 1;
  int64_t step_ = 0;  // the next one to run, as far as the state says
};

}  // namespace trainmark::worker

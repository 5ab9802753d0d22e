// One prepared search for nearest neighbours of a native engine, and the clock around it.
#pragma once

#include <memory>

#include "backends/backend.hpp"
#include "worker/client.hpp"
#include "worker/training_inputs.hpp"

namespace trainmark::worker {

class NativeNeighbours {
 public:
  /// Error: the engine has no search.
  static core::Result<NativeNeighbours> make(const backends::BackendInfo& info, const backends::EngineOptions& options, TrainingInputs inputs);

  int64_t build_ns() const { return build_ns_; }
  const TrainingInputs& inputs() const { return inputs_; }
  std::string kernel() const { return search_->kernel(); }
  backends::MemoryUse memory() const { return search_->memory(); }

  /// Takes the training samples in; the nanoseconds that it took.
  core::Result<int64_t> fit();
  /// Error: it was not fitted, or there are no such queries.
  core::Result<Predicted> predict(int64_t first, int64_t count);
  /// Goes on with other samples of the same workload, which must be fitted again.
  core::Result<void> reset(TrainingInputs inputs);

 private:
  TrainingInputs inputs_;
  std::unique_ptr<backends::NeighbourSearch> search_;
  int64_t build_ns_ = 0;
  bool fitted_ = false;
};

}  // namespace trainmark::worker

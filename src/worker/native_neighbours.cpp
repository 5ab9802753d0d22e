// Files and checks come before and after the clock.
#include "worker/native_neighbours.hpp"

#include <fmt/format.h>

#include "core/clock.hpp"

namespace trainmark::worker {

using core::Result;

Result<NativeNeighbours> NativeNeighbours::make(const backends::BackendInfo& info, const backends::EngineOptions& options, TrainingInputs inputs) {
  if (info.create_neighbours == nullptr) return core::unavailable(fmt::format("'{}' trains networks and finds no nearest neighbours", info.name));
  NativeNeighbours neighbours;
  const int64_t begin_ns = core::now_ns();
  auto search = info.create_neighbours(options);
  if (!search) return search.error();
  neighbours.build_ns_ = core::now_ns() - begin_ns;
  neighbours.search_ = std::move(*search);
  neighbours.inputs_ = std::move(inputs);
  return neighbours;
}

Result<int64_t> NativeNeighbours::fit() {
  fitted_ = false;
  const int64_t begin_ns = core::now_ns();
  const auto done = search_->fit(inputs_.train.view, inputs_.workload.neighbours->k);
  const int64_t elapsed_ns = core::now_ns() - begin_ns;
  if (!done) return done.error();
  fitted_ = true;
  return elapsed_ns;
}

Result<Predicted> NativeNeighbours::predict(int64_t first, int64_t count) {
  if (!fitted_) return core::usage_error("predict: the training samples have not been taken in yet; send fit first");
  const data::SamplesView& queries = inputs_.evaluation.view;
  if (first < 0 || count < 1 || first >= queries.count || count > queries.count - first) {
    return core::usage_error(fmt::format("predict: {} queries from number {} on are not within the {} of the evaluation split", count, first, queries.count));
  }
  Predicted predicted;
  predicted.predictions.resize(static_cast<size_t>(count));
  const int64_t begin_ns = core::now_ns();
  search_->predict(queries.pixels + first * queries.shape.size(), count, predicted.predictions.data());
  predicted.elapsed_ns = core::now_ns() - begin_ns;
  return predicted;
}

Result<void> NativeNeighbours::reset(TrainingInputs inputs) {
  if (inputs.workload_hash != inputs_.workload_hash) {
    return core::usage_error("a reset keeps the workload, and only samples and seed may be others; use prepare for another workload");
  }
  inputs_ = std::move(inputs);
  fitted_ = false;
  return {};
}

}  // namespace trainmark::worker

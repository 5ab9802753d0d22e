// What a native worker was given by `prepare` or `reset`: mapped samples and orders, tables, workload, first state.
//
// Everything in it has been checked against everything else, so that training needs no checks: all indices are samples,
// all labels are classes, every epoch has an order of the right length.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/file.hpp"
#include "core/json.hpp"
#include "core/tensor_file.hpp"
#include "data/samples.hpp"
#include "workload/workload.hpp"

namespace trainmark::worker {

/// Samples of one split in mapped files; they count as RssFile, not as the engine's memory.
struct MappedSamples {
  core::MappedFile images_file, labels_file;
  data::SamplesView view;
};

struct TrainingInputs {
  workload::Workload workload;
  std::string workload_hash;
  uint64_t seed = 0;  ///< of this repetition
  MappedSamples train, evaluation;
  data::NormalisationTable normalisation;
  core::TensorMap initial_state;         ///< this and the orders: empty where neighbours are searched
  std::vector<core::MappedFile> orders;  ///< int32 indices into train
  std::vector<int64_t> order_of_epoch;   ///< (epochs) index into orders
  int64_t elapsed_ns = 0;                ///< of mapping, checking and bringing the samples into memory
  int64_t bytes = 0;                     ///< of pixels and labels

  /// Indices of the batch of a global step.
  std::span<const int32_t> batch(int64_t step) const;
};

/// Reads the members and files of a `prepare` or `reset` request. Errors name the key or the file.
core::Result<TrainingInputs> read_inputs(const core::Json& request);

}  // namespace trainmark::worker

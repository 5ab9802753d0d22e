// The materials of one trial: what trainmark makes and every platform gets alike. Samples, normalisation, initial state
// and batch orders, in memory for the proof and as files for the workers.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <vector>

#include "core/tensor_file.hpp"
#include "data/dataset.hpp"
#include "workload/workload.hpp"

namespace trainmark::workload {

/// Refers to the dataset, which must outlive it.
/// Samples of a random split, copied together: views refer to them.
struct GatheredSamples {
  std::vector<uint8_t> pixels, labels;
};

struct Materials {
  Workload workload;
  uint64_t seed = 0;  ///< of this repetition: workload.seed + r
  const data::Dataset* dataset = nullptr;
  data::SamplesView train;       ///< what orders index: with a random split all samples that it divides
  data::SamplesView evaluation;  ///< the validation part where the workload has one, else the test split
  data::NormalisationTable normalisation;
  core::TensorMap initial_state;

  std::vector<int32_t> train_positions;                   ///< random split: where in `train` the training samples are; else empty
  std::unique_ptr<const GatheredSamples> gathered;        ///< random split: the validation samples; else null
  std::unique_ptr<const GatheredSamples> gathered_train;  ///< random split of a search for neighbours: the training samples; else null

  // The next two are of trainings only.
  /// Indices into `train` of the batch of a global step, in order. Orders are made once per distinct epoch and kept.
  std::span<const int32_t> batch(int64_t step) const;
  /// Order of a whole epoch, before max_batches cuts it.
  const std::vector<int32_t>& order(int64_t epoch) const;

  mutable std::map<int64_t, std::vector<int32_t>> orders;  ///< cache of order(): epoch, or 0 for all when unshuffled
};

/// Resolves a workload over a loaded dataset. Error: shapes, classes or counts do not fit each other.
core::Result<Materials> make_materials(const Workload& workload, const data::Dataset& dataset, uint64_t seed);

/// Where the files of a trial lie, as the `prepare` request names them: see docs/protocol.md.
struct MaterialFiles {
  uint64_t seed = 0;                          ///< of this repetition, for dropout
  std::filesystem::path workload;             ///< workload.json
  std::filesystem::path initial_state;        ///< safetensors
  std::filesystem::path tables;               ///< raw float32 (channels, 256)
  std::vector<std::filesystem::path> orders;  ///< raw int32, one per distinct epoch order
  std::vector<int64_t> order_of_epoch;        ///< (epochs) index into orders
  core::Json samples;                         ///< {"train": S, "evaluation": S}, S = {"count", "images": {"file", "offset", "shape"}, "labels": {...}}
};

/// Writes what is not a file yet into `folder`; samples are the dataset's own files at an offset.
core::Result<MaterialFiles> write_materials(const Materials& materials, const std::filesystem::path& folder);

}  // namespace trainmark::workload

// Which training samples each batch of an epoch holds: a pure function of counts, seed and epoch number.
//
// Orders are made here once and given to every platform as files, so that all of them see the same samples in the same
// order. Padding repeats samples from the start of the stored order and happens before shuffling.
#pragma once

#include <cstdint>
#include <vector>

namespace trainmark::data {

/// What happens when the batch size does not divide the number of samples.
enum class LastBatch {
  kPad,   ///< samples from the start of the stored order are repeated until the last batch is full
  kKeep,  ///< the last batch is smaller
  kDrop,  ///< the samples that are left over after the last full batch are not used in this epoch
};

/// Samples of one batch: `batch_size`, or all `count` when it is 0 (full batch).
int64_t resolved_batch_size(int64_t count, int64_t batch_size);

/// Steps (batches) of one epoch; 0 when kDrop leaves nothing because the batch is larger than the set.
int64_t steps_per_epoch(int64_t count, int64_t batch_size, LastBatch last);

/// The different numbers of samples that steps of an epoch have, in the order of their first step: one or two. A
/// compiled workload has one training program for each.
std::vector<int64_t> distinct_batch_sizes(int64_t count, int64_t batch_size, LastBatch last);

/// Indices in [0, count) of all samples of the epoch, batch after batch. Shuffled by Fisher and Yates with values of
/// Philox(seed, stream of the epoch); unshuffled orders are the same in every epoch.
std::vector<int32_t> epoch_order(int64_t count, int64_t batch_size, LastBatch last, bool shuffle, uint64_t seed, int64_t epoch);

}  // namespace trainmark::data

// Dividing a stored training set by chance into a part to train on and a part to validate with.
#pragma once

#include <cstdint>
#include <vector>

namespace trainmark::workload {

/// Positions in the stored set, ascending in each part.
struct RandomSplit {
  std::vector<int32_t> train, validation;
};

/// Of the positions [0, train_count + validation_count) the first validation_count of a shuffle (Fisher and Yates with the
/// Philox stream of (seed, split)) validate, the others train. A pure function of its arguments.
RandomSplit random_split(int64_t train_count, int64_t validation_count, uint64_t seed);

}  // namespace trainmark::workload

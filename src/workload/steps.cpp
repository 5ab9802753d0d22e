// Steps: how many there are and how large each batch is; nothing but counts.
#include <algorithm>

#include "core/check.hpp"
#include "workload/workload.hpp"

namespace trainmark::workload {

int64_t evaluation_count(const Workload& workload) {
  return workload.dataset.validation_count > 0 ? workload.dataset.validation_count : workload.dataset.test_count;
}

int64_t stored_train_count(const Workload& workload) {
  const DatasetChoice& data = workload.dataset;
  const bool divided = data.validation == Validation::kRandom && !workload.neighbours;
  return data.train_count + (divided ? data.validation_count : 0);
}

int64_t epoch_count(const Workload& workload) { return workload.neighbours ? evaluation_count(workload) : workload.dataset.train_count; }

int64_t steps_per_epoch(const Workload& workload) {
  const Recipe& recipe = workload.recipe;
  const int64_t all = data::steps_per_epoch(epoch_count(workload), recipe.batch_size, recipe.last_batch);
  return recipe.max_batches > 0 ? std::min(all, recipe.max_batches) : all;
}

int64_t total_steps(const Workload& workload) { return workload.recipe.epochs * steps_per_epoch(workload); }

int64_t batch_of_step(const Workload& workload, int64_t step) {
  CHECK(step >= 0, "steps are counted from 0");
  const int64_t count = epoch_count(workload);
  const int64_t batch = data::resolved_batch_size(count, workload.recipe.batch_size);
  if (workload.recipe.last_batch != data::LastBatch::kKeep) return batch;
  const int64_t begin = step % steps_per_epoch(workload) * batch;
  return std::min(batch, count - begin);
}

int64_t first_query_of_step(const Workload& workload, int64_t step) {
  const int64_t batch = data::resolved_batch_size(epoch_count(workload), workload.recipe.batch_size);
  return step % steps_per_epoch(workload) * batch;
}

}  // namespace trainmark::workload

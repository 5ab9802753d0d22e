#include "data/batch_order.hpp"

#include <limits>
#include <utility>

#include "core/check.hpp"
#include "core/philox.hpp"

namespace trainmark::data {
namespace {

// "order" in the upper bytes: apart from the streams of a run's other uses of its seed.
constexpr uint64_t kOrderStream = 0x6F72'6465'7200'0000;

}  // namespace

int64_t resolved_batch_size(int64_t count, int64_t batch_size) {
  CHECK(count > 0, "an epoch needs samples");
  CHECK(batch_size >= 0, "a batch size is not negative");
  return batch_size == 0 ? count : batch_size;
}

int64_t steps_per_epoch(int64_t count, int64_t batch_size, LastBatch last) {
  const int64_t batch = resolved_batch_size(count, batch_size);
  return last == LastBatch::kDrop ? count / batch : count / batch + (count % batch != 0);
}

std::vector<int64_t> distinct_batch_sizes(int64_t count, int64_t batch_size, LastBatch last) {
  const int64_t batch = resolved_batch_size(count, batch_size);
  std::vector<int64_t> sizes;
  if (count >= batch || last == LastBatch::kPad) sizes.push_back(batch);
  if (last == LastBatch::kKeep && count % batch != 0) sizes.push_back(count % batch);
  return sizes;
}

std::vector<int32_t> epoch_order(int64_t count, int64_t batch_size, LastBatch last, bool shuffle, uint64_t seed, int64_t epoch) {
  const int64_t steps = steps_per_epoch(count, batch_size, last);
  const int64_t used = last == LastBatch::kKeep ? count : steps * resolved_batch_size(count, batch_size);
  const int64_t pool = last == LastBatch::kDrop ? count : used;  // dropped samples are others in every epoch
  CHECK(pool <= std::numeric_limits<int32_t>::max(), "indices of samples have 32 bits");
  std::vector<int32_t> order(static_cast<size_t>(pool));
  for (size_t i = 0; i < order.size(); ++i) order[i] = static_cast<int32_t>(static_cast<int64_t>(i) % count);
  if (shuffle) {
    core::Philox random(seed, kOrderStream + static_cast<uint64_t>(epoch));
    for (size_t i = order.size() - 1; i > 0; --i) std::swap(order[i], order[random.below(static_cast<uint32_t>(i + 1))]);
  }
  order.resize(static_cast<size_t>(used));
  return order;
}

}  // namespace trainmark::data

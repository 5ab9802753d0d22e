#include "workload/split.hpp"

#include <algorithm>
#include <numeric>

#include "core/philox.hpp"

namespace trainmark::workload {
namespace {

constexpr uint64_t kSplitStream = uint64_t{0x59} << 56;  // no epoch, parameter or dropout layer has it

}  // namespace

RandomSplit random_split(int64_t train_count, int64_t validation_count, uint64_t seed) {
  std::vector<int32_t> all(static_cast<size_t>(train_count + validation_count));
  std::iota(all.begin(), all.end(), 0);
  core::Philox random(seed, kSplitStream);
  // Only the part that is drawn is shuffled.
  const auto drawn = static_cast<size_t>(validation_count);
  for (size_t i = 0; i < drawn; ++i) std::swap(all[i], all[i + random.below(static_cast<uint32_t>(all.size() - i))]);
  RandomSplit split;
  split.validation.assign(all.begin(), all.begin() + validation_count);
  split.train.assign(all.begin() + validation_count, all.end());
  std::sort(split.validation.begin(), split.validation.end());
  std::sort(split.train.begin(), split.train.end());
  return split;
}

}  // namespace trainmark::workload

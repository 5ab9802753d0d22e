// Batch orders: what every epoch holds, whatever the counts.
#include "data/batch_order.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

namespace trainmark::data {
namespace {

using Order = std::vector<int32_t>;

/// How often each index of [0, count) occurs.
std::vector<int> occurrences(const Order& order, int64_t count) {
  std::vector<int> times(static_cast<size_t>(count));
  for (const int32_t index : order) ++times.at(static_cast<size_t>(index));
  return times;
}

TEST(BatchOrder, StudyOnePads60000To60416AtBatch512) {  // STUDIES.md, study 1
  const Order order = epoch_order(60'000, 512, LastBatch::kPad, true, 1, 0);
  EXPECT_EQ(order.size(), 60'416u);
  EXPECT_EQ(steps_per_epoch(60'000, 512, LastBatch::kPad), 118);
  const auto times = occurrences(order, 60'000);
  for (size_t i = 0; i < times.size(); ++i) ASSERT_EQ(times[i], i < 416 ? 2 : 1) << "index " << i;
}

TEST(BatchOrder, PaddingHappensBeforeShuffling) {
  // Padded after shuffling, the last 416 places would repeat the first 416.
  const Order order = epoch_order(60'000, 512, LastBatch::kPad, true, 1, 0);
  EXPECT_FALSE(std::equal(order.begin(), order.begin() + 416, order.end() - 416));
  int64_t repeated_in_last_batch = 0;
  for (auto at = order.end() - 512; at != order.end(); ++at) repeated_in_last_batch += *at < 416;
  EXPECT_LT(repeated_in_last_batch, 50);  // 7 are expected; 416 would be padding at the end
}

TEST(BatchOrder, PropertiesHoldForAllSmallCounts) {
  for (int64_t count = 1; count <= 40; ++count) {
    for (int64_t batch = 0; batch <= 45; ++batch) {
      for (const LastBatch last : {LastBatch::kPad, LastBatch::kKeep, LastBatch::kDrop}) {
        for (const bool shuffle : {false, true}) {
          const int64_t size = batch == 0 ? count : batch;
          const int64_t steps = steps_per_epoch(count, batch, last);
          const Order order = epoch_order(count, batch, last, shuffle, 7, 3);
          const auto used = static_cast<int64_t>(order.size());
          const auto times = occurrences(order, count);
          const auto [least, most] = std::minmax_element(times.begin(), times.end());
          if (last == LastBatch::kPad) {
            ASSERT_EQ(used, (count + size - 1) / size * size);
            ASSERT_TRUE(std::is_sorted(times.rbegin(), times.rend())) << "padding repeats from the start";
            ASSERT_LE(*most - *least, 1);
          } else {
            ASSERT_EQ(used, last == LastBatch::kKeep ? count : count / size * size);
            ASSERT_LE(*most, 1) << "no index twice";
          }
          int64_t sum = 0;
          const auto sizes = distinct_batch_sizes(count, batch, last);
          if (steps > 0) sum = sizes.front() * (steps - 1) + sizes.back();
          ASSERT_EQ(sum, used) << count << " by " << batch;
          ASSERT_LE(sizes.size(), 2u);
          if (!shuffle) {
            for (int64_t i = 0; i < used; ++i) ASSERT_EQ(order[static_cast<size_t>(i)], i % count);
          }
        }
      }
    }
  }
}

TEST(BatchOrder, DependsOnSeedAndEpochOnly) {
  const Order order = epoch_order(1000, 32, LastBatch::kKeep, true, 5, 2);
  EXPECT_EQ(order, epoch_order(1000, 32, LastBatch::kKeep, true, 5, 2));
  EXPECT_NE(order, epoch_order(1000, 32, LastBatch::kKeep, true, 5, 3));
  EXPECT_NE(order, epoch_order(1000, 32, LastBatch::kKeep, true, 6, 2));
  EXPECT_EQ(order, epoch_order(1000, 0, LastBatch::kKeep, true, 5, 2)) << "the batch size does not change the permutation";
}

TEST(BatchOrder, MatchesAnIndependentImplementation) {
  // Philox 4x32-10, Lemire's bound and Fisher-Yates from the top, written anew in Python with stream 0x6F72646572000000 + epoch.
  EXPECT_EQ(epoch_order(12, 4, LastBatch::kDrop, true, 42, 0), (Order{11, 7, 2, 0, 1, 10, 9, 4, 5, 3, 8, 6}));
  EXPECT_EQ(epoch_order(12, 4, LastBatch::kDrop, true, 42, 1), (Order{6, 9, 4, 10, 7, 2, 11, 8, 1, 3, 0, 5}));
}

TEST(BatchOrder, ShufflesUniformly) {
  // Every index is first equally often; chi-squared of 10 cells over 10,000 epochs stays below the 1e-6 quantile of 9 degrees.
  std::vector<int> first(10);
  for (int64_t epoch = 0; epoch < 10'000; ++epoch) ++first[static_cast<size_t>(epoch_order(10, 5, LastBatch::kKeep, true, 11, epoch)[0])];
  double chi_squared = 0;
  for (const int times : first) chi_squared += (times - 1000.0) * (times - 1000.0) / 1000.0;
  EXPECT_LT(chi_squared, 45.1);
}

TEST(BatchOrder, DroppedSamplesDifferBetweenEpochs) {
  auto left_out = [](int64_t epoch) {
    const auto times = occurrences(epoch_order(100, 48, LastBatch::kDrop, true, 3, epoch), 100);
    std::vector<size_t> indices;
    for (size_t i = 0; i < times.size(); ++i) {
      if (times[i] == 0) indices.push_back(i);
    }
    return indices;
  };
  EXPECT_EQ(left_out(0).size(), 4u);
  EXPECT_NE(left_out(0), left_out(1));
}

TEST(BatchOrder, NamesTheDistinctBatchSizes) {
  using Sizes = std::vector<int64_t>;
  EXPECT_EQ(distinct_batch_sizes(60'000, 512, LastBatch::kKeep), (Sizes{512, 96}));
  EXPECT_EQ(distinct_batch_sizes(60'000, 512, LastBatch::kPad), (Sizes{512}));
  EXPECT_EQ(distinct_batch_sizes(60'000, 32, LastBatch::kKeep), (Sizes{32}));
  EXPECT_EQ(distinct_batch_sizes(60'000, 0, LastBatch::kKeep), (Sizes{60'000}));
  EXPECT_EQ(distinct_batch_sizes(10, 32, LastBatch::kKeep), (Sizes{10}));
  EXPECT_EQ(distinct_batch_sizes(10, 32, LastBatch::kDrop), (Sizes{}));
}

}  // namespace
}  // namespace trainmark::data

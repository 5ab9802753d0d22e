// Materials: counts of steps and samples, and that the files hold what the proof sees in memory.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <set>

#include "core/json.hpp"
#include "support/tiny_materials.hpp"
#include "workload/split.hpp"

namespace trainmark::workload {
namespace {

using tests::make_tiny;

template <class T>
std::vector<T> read_raw(const std::filesystem::path& path) {
  const std::string bytes = core::read_file(path).value();
  std::vector<T> values(bytes.size() / sizeof(T));
  std::memcpy(values.data(), bytes.data(), values.size() * sizeof(T));
  return values;
}

TEST(Steps, LastBatchIsSmallerWhenKept) {
  const auto tiny = make_tiny({.train_count = 100, .batch_size = 32, .epochs = 3});
  EXPECT_EQ(steps_per_epoch(tiny->workload()), 4);
  EXPECT_EQ(total_steps(tiny->workload()), 12);
  for (int64_t step = 0; step < 12; ++step) {
    EXPECT_EQ(batch_of_step(tiny->workload(), step), step % 4 == 3 ? 4 : 32);
    EXPECT_EQ(static_cast<int64_t>(tiny->materials().batch(step).size()), step % 4 == 3 ? 4 : 32);
  }
}

TEST(Steps, MaxBatchesCutsEveryEpoch) {
  const auto tiny = make_tiny({.train_count = 100, .batch_size = 32, .epochs = 3, .max_batches = 2});
  EXPECT_EQ(steps_per_epoch(tiny->workload()), 2);
  EXPECT_EQ(total_steps(tiny->workload()), 6);
  const auto whole = std::span(tiny->materials().order(1));
  const auto batch = tiny->materials().batch(3);  // the second of epoch 1
  EXPECT_TRUE(std::equal(batch.begin(), batch.end(), whole.begin() + 32));
  EXPECT_EQ(batch.size(), 32u);
}

TEST(Steps, FullBatchIsOneStep) {
  const auto tiny = make_tiny({.batch_size = 0, .epochs = 5, .shuffle = false});
  EXPECT_EQ(total_steps(tiny->workload()), 5);
  EXPECT_EQ(batch_of_step(tiny->workload(), 4), 96);
}

TEST(Materials, PaddedOrdersHaveFullBatches) {
  const auto tiny = make_tiny({.train_count = 100, .batch_size = 32, .last_batch = data::LastBatch::kPad});
  EXPECT_EQ(tiny->materials().order(0).size(), 128u);
  EXPECT_EQ(tiny->materials().batch(3).size(), 32u);
}

TEST(Materials, ValidationIsTheEndOfTheTrainingSet) {
  const auto tiny = make_tiny({.train_count = 80, .validation_count = 16});
  const auto& stored = tiny->dataset().train.samples;
  EXPECT_EQ(tiny->materials().evaluation.count, 16);
  EXPECT_EQ(tiny->materials().evaluation.labels, stored.labels + 80);
  EXPECT_EQ(tiny->materials().evaluation.pixels, stored.pixels + 80 * 784);
}

TEST(Materials, RandomValidationIsDrawnAnewForEveryRepetition) {
  const auto tiny = make_tiny({.train_count = 80, .validation_count = 16, .validation = Validation::kRandom});
  const auto& stored = tiny->dataset().train.samples;
  std::set<std::vector<int32_t>> drawn;
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    const Materials materials = make_materials(tiny->workload(), tiny->dataset(), seed).value();
    ASSERT_EQ(materials.evaluation.count, 16);
    ASSERT_EQ(materials.train.count, 96);
    std::vector<int32_t> used = materials.order(0), all;
    ASSERT_EQ(used.size(), 80u);
    std::sort(used.begin(), used.end());
    EXPECT_TRUE(std::adjacent_find(used.begin(), used.end()) == used.end()) << "no sample is trained on twice in an epoch";
    int64_t at = 0;  // what is not trained on validates, in stored order
    for (int32_t i = 0; i < 96; ++i) {
      if (std::binary_search(used.begin(), used.end(), i)) continue;
      EXPECT_EQ(materials.evaluation.labels[at], stored.labels[i]);
      EXPECT_EQ(std::memcmp(materials.evaluation.pixels + at * 784, stored.pixels + i * 784, 784), 0);
      ++at;
    }
    EXPECT_EQ(at, 16);
    drawn.insert(used);
  }
  EXPECT_EQ(drawn.size(), 20u);
  EXPECT_EQ(random_split(80, 16, 3).train, random_split(80, 16, 3).train);
}

TEST(Materials, RandomValidationFindsEverySampleAlikeOften) {
  std::vector<int> count(20, 0);
  for (uint64_t seed = 0; seed < 2000; ++seed) {
    for (const int32_t i : random_split(15, 5, seed).validation) ++count[static_cast<size_t>(i)];
  }
  for (const int c : count) EXPECT_NEAR(c, 500, 5 * std::sqrt(375.0));  // binomial, five deviations
}

TEST(Materials, RefuseBatchesThatPassesDoNotDivide) {
  const auto tiny = make_tiny({.train_count = 80, .batch_size = 32});
  Workload load = tiny->workload();
  load.recipe.passes = 32;
  const auto made = make_materials(load, tiny->dataset(), 1);
  ASSERT_FALSE(made.ok());
  EXPECT_NE(made.error().message.find("a batch has 16 samples"), std::string::npos) << made.error().message;
  load.recipe.last_batch = data::LastBatch::kDrop;
  EXPECT_TRUE(make_materials(load, tiny->dataset(), 1).ok());
}

void expect_files_hold_memory(const tests::TinyOptions& options) {
  const auto tiny = make_tiny(options);
  const auto& files = tiny->files();
  ASSERT_EQ(files.orders.size(), 3u);
  for (int64_t epoch = 0; epoch < 3; ++epoch) {
    EXPECT_EQ(read_raw<int32_t>(files.orders[static_cast<size_t>(files.order_of_epoch[static_cast<size_t>(epoch)])]), tiny->materials().order(epoch));
  }
  EXPECT_EQ(read_raw<float>(files.tables).size(), 256u);
  EXPECT_EQ(read_raw<float>(files.tables)[255], tiny->materials().normalisation.channels[0][255]);
  const auto state = core::read_safetensors(files.initial_state).value();
  EXPECT_EQ(state.at("fc1.weight").as_double(), tiny->materials().initial_state.at("fc1.weight").as_double());
  for (const char* split : {"train", "evaluation"}) {
    const auto& view = split == std::string("train") ? tiny->materials().train : tiny->materials().evaluation;
    const auto images = read_raw<uint8_t>(files.samples[split]["images"]["file"].get<std::string>());
    EXPECT_EQ(std::memcmp(images.data() + files.samples[split]["images"]["offset"].get<size_t>(), view.pixels, static_cast<size_t>(view.count * 784)), 0);
    const auto labels = read_raw<uint8_t>(files.samples[split]["labels"]["file"].get<std::string>());
    EXPECT_EQ(std::memcmp(labels.data() + files.samples[split]["labels"]["offset"].get<size_t>(), view.labels, static_cast<size_t>(view.count)), 0);
    EXPECT_EQ(files.samples[split]["images"]["shape"], (core::Json{view.count, 1, 28, 28}));
    EXPECT_EQ(files.samples[split]["labels"]["shape"], core::Json::array({view.count}));
  }
}

TEST(Materials, FilesHoldWhatIsInMemory) {
  expect_files_hold_memory({.train_count = 80, .validation_count = 16, .epochs = 3});
  expect_files_hold_memory({.train_count = 80, .validation_count = 16, .epochs = 3, .validation = Validation::kRandom});
}

TEST(Materials, UnshuffledOrderIsOneFile) {
  const auto tiny = make_tiny({.epochs = 50, .shuffle = false});
  EXPECT_EQ(tiny->files().orders.size(), 1u);
  EXPECT_EQ(tiny->files().order_of_epoch, std::vector<int64_t>(50, 0));
}

TEST(Materials, RefuseMoreSamplesThanThereAre) {
  const auto tiny = make_tiny();
  Workload load = tiny->workload();
  load.dataset.train_count = 97;
  const auto made = make_materials(load, tiny->dataset(), 1);
  ASSERT_FALSE(made.ok());
  EXPECT_NE(made.error().message.find("97 training"), std::string::npos) << made.error().message;
}

TEST(Materials, RefuseImagesOfAnotherSize) {
  const auto tiny = make_tiny();
  Workload load = tiny->workload();
  load.network.input.h = 27;
  const auto made = make_materials(load, tiny->dataset(), 1);
  ASSERT_FALSE(made.ok());
  EXPECT_NE(made.error().message.find("1 x 27 x 28"), std::string::npos) << made.error().message;
}

}  // namespace
}  // namespace trainmark::workload

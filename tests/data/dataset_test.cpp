// Data sets by name: errors that help, and what is known of the real MNIST.
#include "data/dataset.hpp"

#include <array>
#include <cmath>

#include "data/data_testing.hpp"
#include "support/real_data.hpp"

namespace trainmark::data {
namespace {

namespace fs = std::filesystem;

class Datasets : public WithFolder {
 protected:
  /// A tiny set under the names of MNIST: `train` and `test` images of side 6 and `test_side`.
  void write_tiny(const fs::path& where, int train, int test, int test_side = 6) const {
    fs::create_directories(where);
    write_split(where, "train", train, 6);
    write_split(where, "t10k", test, test_side);
  }

 private:
  static void write_split(const fs::path& where, const std::string& stem, int count, int side) {
    std::vector<uint8_t> pixels(static_cast<size_t>(count * side * side));
    std::vector<uint8_t> labels(static_cast<size_t>(count));
    for (size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<uint8_t>(i * 7);
    for (size_t i = 0; i < labels.size(); ++i) labels[i] = static_cast<uint8_t>(i % 10);
    ASSERT_TRUE(write_idx_images(where / (stem + "-images-idx3-ubyte"), side, side, pixels).ok());
    ASSERT_TRUE(write_idx_labels(where / (stem + "-labels-idx1-ubyte"), labels).ok());
  }
};

TEST_F(Datasets, MnistMayHaveAnySizeAndSaysThatItIsNotTheOriginal) {
  write_tiny(folder() / "data", 23, 11);
  const auto dataset = load_dataset("mnist", folder() / "data");
  ASSERT_TRUE(dataset.ok()) << dataset.error().message;
  EXPECT_EQ(dataset->train.samples.count, 23);
  EXPECT_EQ(dataset->test.samples.count, 11);
  EXPECT_EQ(dataset->train.samples.shape, (Shape3{1, 6, 6}));
  EXPECT_FALSE(dataset->synthetic);
  EXPECT_EQ(dataset->version, "other");
  EXPECT_NE(dataset->provenance.find("not that of MNIST"), std::string::npos);
}

TEST_F(Datasets, MnistIsFoundInTheCacheFolder) {
  write_tiny(core::cache_folder().value() / "mnist", 5, 5);
  EXPECT_TRUE(load_dataset("mnist").ok());
}

TEST_F(Datasets, HashDependsOnEverySplitAndNotOnThePlace) {
  write_tiny(folder() / "a", 23, 11);
  write_tiny(folder() / "b", 23, 11);
  write_tiny(folder() / "c", 23, 12);
  const auto hash = [&](const char* name) { return load_dataset("mnist", folder() / name)->sha256; };
  EXPECT_EQ(hash("a"), hash("b"));
  EXPECT_NE(hash("a"), hash("c"));
}

TEST_F(Datasets, MissingFileIsNamedWithWhatToDo) {
  write_tiny(folder() / "data", 5, 5);
  fs::remove(folder() / "data" / "t10k-labels-idx1-ubyte");
  const auto dataset = load_dataset("mnist", folder() / "data");
  ASSERT_FALSE(dataset.ok());
  EXPECT_EQ(dataset.error().kind, core::ErrorKind::kUsage);
  for (const std::string& word :
       {std::string("t10k-labels-idx1-ubyte.gz"), (folder() / "data").string(), std::string("--data DIR"), std::string("synthetic-digits")}) {
    EXPECT_NE(dataset.error().message.find(word), std::string::npos) << dataset.error().message;
  }
}

TEST_F(Datasets, SplitsOfDifferentSizesAreRefused) {
  write_tiny(folder() / "data", 5, 5, 7);
  const auto dataset = load_dataset("mnist", folder() / "data");
  ASSERT_FALSE(dataset.ok());
  EXPECT_NE(dataset.error().message.find("6 x 6"), std::string::npos);
  EXPECT_NE(dataset.error().message.find("7 x 7"), std::string::npos);
}

TEST_F(Datasets, UnknownNameIsRefusedWithTheKnownOnes) {
  const auto dataset = load_dataset("mnist2");
  ASSERT_FALSE(dataset.ok());
  EXPECT_EQ(dataset.error().kind, core::ErrorKind::kUsage);
  EXPECT_NE(dataset.error().message.find("did you mean 'mnist'"), std::string::npos) << dataset.error().message;
  EXPECT_NE(dataset.error().message.find("synthetic-digits"), std::string::npos);
}

TEST_F(Datasets, ListSaysWhatIsAvailableAndWhyNot) {
  auto list = known_datasets();
  ASSERT_EQ(list.size(), 4u);
  EXPECT_EQ(list[0].name, "mnist");
  EXPECT_FALSE(list[0].available);
  EXPECT_NE(list[0].unavailable.find("train-images"), std::string::npos);
  EXPECT_EQ(list[1].name, "fashion-mnist");
  EXPECT_NE(list[1].unavailable.find("trainmark data fetch fashion-mnist"), std::string::npos);
  EXPECT_EQ(list[2].name, "cifar-10");
  EXPECT_EQ(list[2].shape, (Shape3{3, 32, 32}));
  EXPECT_NE(list[2].unavailable.find("data_batch_1.bin"), std::string::npos);
  EXPECT_EQ(list[3].name, "synthetic-digits");
  EXPECT_TRUE(list[3].available);
  EXPECT_NE(list[3].description.find("synthetic"), std::string::npos);
  write_tiny(folder() / "data", 5, 5);
  EXPECT_TRUE(known_datasets(folder() / "data")[0].available);
}

TEST_F(Datasets, RangeOfSamplesIsAViewOfTheSameMemory) {
  write_tiny(folder() / "data", 23, 11);
  const auto dataset = load_dataset("mnist", folder() / "data");
  ASSERT_TRUE(dataset.ok());
  const SamplesView& all = dataset->train.samples;
  const SamplesView validation = samples_range(all, 20, 3);
  EXPECT_EQ(validation.count, 3);
  EXPECT_EQ(validation.pixels, all.pixels + 20 * 36);
  EXPECT_EQ(validation.labels, all.labels + 20);
  EXPECT_EQ(validation.classes, 10);
  EXPECT_EQ(validation.shape, all.shape);
}

TEST_F(Datasets, RealMnistIsWhatTheLiteratureSays) {
  const auto where = tests::real_mnist();
  if (!where) GTEST_SKIP() << tests::kNoMnist;
  const auto dataset = load_dataset("mnist", *where);
  ASSERT_TRUE(dataset.ok()) << dataset.error().message;
  EXPECT_EQ(dataset->version, "1998");
  const SamplesView& train = dataset->train.samples;
  const SamplesView& test = dataset->test.samples;
  EXPECT_EQ(train.count, 60'000);
  EXPECT_EQ(test.count, 10'000);
  EXPECT_EQ(train.shape, (Shape3{1, 28, 28}));
  std::array<int, 10> train_labels{}, test_labels{};
  for (int64_t i = 0; i < train.count; ++i) ++train_labels[train.labels[i]];
  for (int64_t i = 0; i < test.count; ++i) ++test_labels[test.labels[i]];
  EXPECT_EQ(train_labels, (std::array<int, 10>{5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949}));
  EXPECT_EQ(test_labels, (std::array<int, 10>{980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009}));
  int64_t sum = 0, squares = 0;
  const int64_t pixels = train.count * train.shape.size();
  for (int64_t i = 0; i < pixels; ++i) {
    sum += train.pixels[i];
    squares += int64_t{train.pixels[i]} * train.pixels[i];
  }
  const double mean = static_cast<double>(sum) / static_cast<double>(pixels) / 255;
  const double deviation = std::sqrt(static_cast<double>(squares) / static_cast<double>(pixels) / 255 / 255 - mean * mean);
  EXPECT_NEAR(mean, 0.1307, 5e-5);
  EXPECT_NEAR(deviation, 0.3081, 5e-5);
  EXPECT_EQ(train.labels[0], 5);  // the first images of MNIST show 5, 0, 4, 1, 9
  EXPECT_EQ(train.labels[4], 9);
}

}  // namespace
}  // namespace trainmark::data

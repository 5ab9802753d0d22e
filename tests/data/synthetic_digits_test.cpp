// Synthetic digits: the same to the bit always, balanced, varied, independent of threads, and made once.
#include "data/synthetic_digits.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <set>
#include <thread>

#include "core/hash.hpp"
#include "data/data_testing.hpp"
#include "data/render.hpp"
#include "data/synthetic_cache.hpp"

namespace trainmark::data {
namespace {

namespace fs = std::filesystem;

std::string hash(const SyntheticSamples& samples) {
  return core::sha256_hex(std::as_bytes(std::span(samples.pixels))) + core::sha256_hex(std::as_bytes(std::span(samples.labels)));
}

TEST(SyntheticDigits, FirstImagesAreTheSameOnEveryMachine) {
  // The hash was taken once from this code: it guards against change, not against a fault of drawing.
  const SyntheticSamples first = make_synthetic(SyntheticSplit::kTrain, 500, 1);
  EXPECT_EQ(core::sha256_hex(std::as_bytes(std::span(first.pixels))), "ff1104a1e30ec7145c6e603ec4e6b50aea62da1d1d2da9ec9022a23cf4c93d24");
  EXPECT_EQ(core::sha256_hex(std::as_bytes(std::span(first.labels))), "4b37b89fb997ec7f5855b24b99f444a4eec475332ebf0356373238213a1dc7d5");
}

TEST(SyntheticDigits, DoNotDependOnThreadsOrCount) {
  const SyntheticSamples one = make_synthetic(SyntheticSplit::kTest, 300, 1);
  EXPECT_EQ(hash(make_synthetic(SyntheticSplit::kTest, 300, 3)), hash(one));
  const SyntheticSamples fewer = make_synthetic(SyntheticSplit::kTest, 100, 2);
  EXPECT_TRUE(std::equal(fewer.pixels.begin(), fewer.pixels.end(), one.pixels.begin()));
  EXPECT_TRUE(std::equal(fewer.labels.begin(), fewer.labels.end(), one.labels.begin()));
}

TEST(SyntheticDigits, ClassesAreBalancedAndShuffled) {
  for (const auto split : {SyntheticSplit::kTrain, SyntheticSplit::kTest}) {
    const int64_t count = split == SyntheticSplit::kTrain ? kSyntheticTrain : kSyntheticTest;
    const auto labels = synthetic_labels(split, count);
    for (int digit = 0; digit < 10; ++digit) EXPECT_EQ(std::count(labels.begin(), labels.end(), digit), count / 10);
    // Of neighbours, a tenth are equal when shuffled, none before.
    int64_t equal = 0;
    for (size_t i = 1; i < labels.size(); ++i) equal += labels[i] == labels[i - 1];
    EXPECT_NEAR(static_cast<double>(equal) / static_cast<double>(count), 0.1, 0.015);
  }
}

TEST(SyntheticDigits, NoTwoImagesAreEqualAndSplitsDiffer) {
  std::set<std::string> seen;
  for (const auto split : {SyntheticSplit::kTrain, SyntheticSplit::kTest}) {
    const SyntheticSamples samples = make_synthetic(split, 1000, 2);
    for (size_t i = 0; i < 1000; ++i) seen.insert(core::sha256_hex(std::as_bytes(std::span(samples.pixels).subspan(i * 784, 784))));
  }
  EXPECT_EQ(seen.size(), 2000u);
}

TEST(SyntheticDigits, ShowInkInTheMiddleAndLittleAtTheEdge) {
  Variation quiet;
  quiet.noise_max = 0;
  const SyntheticSamples samples = make_synthetic(SyntheticSplit::kTrain, 1000, 2, quiet);
  int64_t edge = 0, middle = 0;
  for (size_t i = 0; i < 1000; ++i) {
    int64_t ink = 0;
    for (size_t p = 0; p < 784; ++p) {
      const size_t y = p / 28, x = p % 28;
      const bool outer = y < 2 || y > 25 || x < 2 || x > 25;
      const bool inner = y >= 6 && y < 22 && x >= 8 && x < 20;
      const int64_t value = samples.pixels[i * 784 + p];
      edge += outer ? value : 0;
      middle += inner ? value : 0;
      ink += value > 64;
    }
    EXPECT_GE(ink, 15) << "image " << i << " is empty";
    EXPECT_LE(ink, 250) << "image " << i << " is full";
  }
  EXPECT_GT(middle / 192, 20 * edge / 208);
}

TEST(SyntheticDigits, EveryDigitHasSeveralGlyphs) {
  for (int digit = 0; digit < 10; ++digit) {
    EXPECT_GE(glyphs_of(digit).size(), 3u);
    for (const Glyph& glyph : glyphs_of(digit)) {
      for (const Stroke stroke : glyph.strokes) {
        ASSERT_GE(stroke.size(), 2u);
        for (const StrokePoint& point : stroke) {
          EXPECT_LE(std::abs(point.x), 420) << digit;
          EXPECT_LE(std::abs(point.y), 700) << digit;
        }
      }
    }
  }
}

TEST(Render, DrawsAHorizontalLineOfTheRightWidth) {
  std::array<uint8_t, 784> pixels{};
  const Line line = {{5 * 256, 14 * 256}, {20 * 256, 14 * 256}};
  draw_lines({&line, 1}, 2 * 256, 255, pixels);
  // The pen covers y from 12 to 16: rows 12 to 15 wholly, nothing beyond; the ends are round.
  for (size_t y = 0; y < 28; ++y) EXPECT_EQ(pixels[y * 28 + 12], y >= 12 && y < 16 ? 255 : 0) << "row " << y;
  EXPECT_EQ(pixels[14 * 28 + 2], 0);
  EXPECT_GT(pixels[14 * 28 + 4], 200);
  EXPECT_EQ(pixels[14 * 28 + 23], 0);
}

TEST(Render, SoftEdgeIsProportionalToTheCoveredPart) {
  std::array<uint8_t, 784> pixels{};
  const Line line = {{5 * 256, 14 * 256}, {20 * 256, 14 * 256}};
  draw_lines({&line, 1}, 256 + 64, 200, pixels);  // half width 1.25: a quarter of the rows 12 and 15
  EXPECT_EQ(pixels[12 * 28 + 12], 50);
  EXPECT_EQ(pixels[15 * 28 + 12], 50);
  EXPECT_EQ(pixels[13 * 28 + 12], 200);
}

TEST(Render, LinesOutsideTheImageAreCutOff) {
  std::array<uint8_t, 784> pixels{};
  const Line lines[] = {{{-3000, -3000}, {-2000, -2500}}, {{9000, 100}, {12000, 200}}, {{-1000, 3584}, {9000, 3584}}};
  draw_lines(lines, 300, 255, pixels);
  EXPECT_EQ(pixels[0], 0);
  EXPECT_EQ(pixels[13 * 28], 255);
  EXPECT_EQ(pixels[13 * 28 + 27], 255);
}

TEST(Render, IntegerSquareRootIsExact) {
  for (uint64_t root = 0; root < 3000; ++root) {
    EXPECT_EQ(integer_sqrt(root * root), root);
    EXPECT_EQ(integer_sqrt(root * root + 2 * root), root) << "the largest value below the next square";
  }
  EXPECT_EQ(integer_sqrt(UINT64_MAX), UINT32_MAX);
}

TEST(Render, NoiseHasNoBiasAndKeepsItsAmplitude) {
  std::array<uint8_t, 784> pixels;
  pixels.fill(128);
  core::Philox random(1);
  int64_t sum = 0;
  for (int time = 0; time < 100; ++time) {
    auto copy = pixels;
    add_noise(100, random, copy);
    for (const uint8_t value : copy) {
      ASSERT_LE(std::abs(value - 128), 100);
      sum += value - 128;
    }
  }
  EXPECT_NEAR(static_cast<double>(sum) / 78400, 0, 0.6);  // its standard error is 0.15
}

class SyntheticCacheSlow : public WithFolder {};

TEST_F(SyntheticCacheSlow, WholeSetHasThePinnedHashAndIsMadeOnce) {
  const auto dataset = load_synthetic(folder());
  ASSERT_TRUE(dataset.ok()) << dataset.error().message;
  EXPECT_EQ(dataset->sha256, kSyntheticSha256);
  EXPECT_TRUE(dataset->synthetic);
  EXPECT_EQ(dataset->train.samples.count, kSyntheticTrain);
  EXPECT_EQ(dataset->test.samples.count, kSyntheticTest);
  const auto made = fs::last_write_time(dataset->train.images_path);
  ASSERT_TRUE(load_synthetic(folder()).ok());
  EXPECT_EQ(fs::last_write_time(dataset->train.images_path), made);
}

TEST_F(SyntheticCacheSlow, SeveralProcessesAtOnceAllGetTheSet) {
  std::vector<pid_t> children;
  for (int i = 0; i < 3; ++i) {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(load_synthetic(folder()).ok() ? 0 : 1);
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = -1;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  int entries = 0;
  for (const auto& entry : fs::directory_iterator(folder())) entries += entry.path().filename().string().rfind("synthetic-digits", 0) == 0;
  EXPECT_EQ(entries, 1) << "nothing half-made is left behind";
}

TEST_F(SyntheticCacheSlow, AHalfMadeSetIsNotUsedAndADamagedOneIsNamed) {
  fs::create_directories(folder() / ("synthetic-digits-" + std::string(kSyntheticVersion) + ".part-killed"));
  const auto dataset = load_synthetic(folder());
  ASSERT_TRUE(dataset.ok());
  const fs::path labels = dataset->train.labels_path;
  std::string bytes = core::read_file(labels).value();
  bytes[100] = static_cast<char>((bytes[100] + 1) % 10);
  ASSERT_TRUE(core::write_file(labels, bytes).ok());
  const auto damaged = load_synthetic(folder());
  ASSERT_FALSE(damaged.ok());
  EXPECT_NE(damaged.error().message.find("remove the folder '" + labels.parent_path().string()), std::string::npos) << damaged.error().message;
  fs::resize_file(labels, 50);
  const auto truncated = load_synthetic(folder());
  ASSERT_FALSE(truncated.ok());
  EXPECT_NE(truncated.error().message.find("remove the folder"), std::string::npos) << truncated.error().message;
}

}  // namespace
}  // namespace trainmark::data

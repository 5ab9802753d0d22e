#include "data/pixel_statistics.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace trainmark::data {
namespace {

SamplesView view_of(const std::vector<uint8_t>& pixels, int64_t count, int64_t width) {
  SamplesView view;
  view.pixels = pixels.data();
  view.count = count;
  view.shape = {1, 1, width};
  return view;
}

TEST(PixelStatistics, FindTheMostFrequentPixelAndTheShareOfTheOthers) {
  const std::vector<uint8_t> pixels = {7, 7, 255, 7, 7, 0, 7, 7, 3, 7};
  const PixelStatistics statistics = pixel_statistics(view_of(pixels, 2, 5));
  EXPECT_EQ(statistics.background, 7);
  EXPECT_DOUBLE_EQ(statistics.other_share, 0.3);
}

TEST(PixelStatistics, LookAtSamplesOfTheWholeSet) {
  std::vector<uint8_t> pixels(5000 * 3, 0);
  std::fill(pixels.begin() + 1000 * 3, pixels.end(), 200);  // the first fifth is of another kind
  const PixelStatistics statistics = pixel_statistics(view_of(pixels, 5000, 3));
  EXPECT_EQ(statistics.background, 200);
  EXPECT_DOUBLE_EQ(statistics.other_share, 0.2);
}

TEST(PixelStatistics, KnowNothingWithoutSamples) { EXPECT_EQ(pixel_statistics({}).other_share, 1); }

}  // namespace
}  // namespace trainmark::data

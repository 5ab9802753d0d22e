// The normalisation table against its formula.
#include "data/samples.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

namespace trainmark::data {
namespace {

TEST(Normalisation, IsTheFormulaRoundedOnce) {
  const std::array<double, 2> mean = {0.1307, 0.5}, deviation = {0.3081, 0.25};
  const NormalisationTable table = make_normalisation(255, mean, deviation);
  ASSERT_EQ(table.channels.size(), 2u);
  for (size_t c = 0; c < 2; ++c) {
    for (int pixel = 0; pixel < 256; ++pixel) {
      // long double decides where the last place of a float lies: rounding twice would differ for some pixel.
      const long double exact = (static_cast<long double>(pixel) / 255 - mean[c]) / deviation[c];
      ASSERT_EQ(table.channels[c][static_cast<size_t>(pixel)], static_cast<float>(exact)) << "channel " << c << ", pixel " << pixel;
    }
  }
}

TEST(Normalisation, OfMnistsBlackAndWhiteIsWhatFrameworksShow) {  // -0.4242 and 2.8215: the range known from PyTorch's MNIST example
  const std::array<double, 1> mean = {0.1307}, deviation = {0.3081};
  const NormalisationTable table = make_normalisation(255, mean, deviation);
  EXPECT_NEAR(table.channels[0][0], -0.4242f, 5e-5);
  EXPECT_NEAR(table.channels[0][255], 2.8215f, 5e-5);
}

TEST(Normalisation, CanOnlyDivide) {
  const std::array<double, 1> mean = {0}, deviation = {1};
  const NormalisationTable table = make_normalisation(255, mean, deviation);
  EXPECT_EQ(table.channels[0][0], 0.0f);
  EXPECT_EQ(table.channels[0][255], 1.0f);
}

TEST(Shape3, CountsPixels) {
  EXPECT_EQ((Shape3{3, 4, 5}).size(), 60);
  EXPECT_FALSE((Shape3{3, 4, 5}) == (Shape3{3, 5, 4}));
}

}  // namespace
}  // namespace trainmark::data

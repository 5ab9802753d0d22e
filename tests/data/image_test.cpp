// Decoding of JPEG and PNG, resizing, and every kind of file that must be refused.
#include "data/image.hpp"

#include <gtest/gtest.h>

#include "data/encode.hpp"
#include "data/resize.hpp"

namespace trainmark::data {
namespace {

using Pixels = std::vector<uint8_t>;

std::span<const std::byte> bytes_of(const std::string& text) { return std::as_bytes(std::span(text.data(), text.size())); }

void expect_error(const std::string& file, std::string_view word) {
  const auto image = decode_image(bytes_of(file), "the file 'x'");
  ASSERT_FALSE(image.ok());
  EXPECT_EQ(image.error().kind, core::ErrorKind::kUsage);
  EXPECT_NE(image.error().message.find("the file 'x'"), std::string::npos);
  EXPECT_NE(image.error().message.find(word), std::string::npos) << image.error().message;
}

TEST(Image, PngIsExact) {
  const Pixels rgb = {255, 0, 0, 0, 255, 0, 0, 0, 255, 1, 2, 3, 250, 251, 252, 9, 8, 7};
  const auto image = decode_image(bytes_of(encode_png(2, 3, 3, rgb)), "x");
  ASSERT_TRUE(image.ok()) << image.error().message;
  EXPECT_EQ(image->height, 2);
  EXPECT_EQ(image->width, 3);
  EXPECT_EQ(image->rgb, rgb);
}

TEST(Image, GreyAndTransparencyBecomeRgb) {
  EXPECT_EQ(decode_image(bytes_of(encode_png(1, 2, 1, {7, 200})), "x")->rgb, (Pixels{7, 7, 7, 200, 200, 200}));
  EXPECT_EQ(decode_image(bytes_of(encode_png(1, 2, 2, {7, 0, 200, 255})), "x")->rgb, (Pixels{7, 7, 7, 200, 200, 200}));
  EXPECT_EQ(decode_image(bytes_of(encode_png(1, 1, 4, {7, 8, 9, 0})), "x")->rgb, (Pixels{7, 8, 9}));
}

TEST(Image, HeaderTellsSizeAndGrey) {
  const Pixels six(6, 50), two(2, 50);
  for (const auto& [file, grey] : {std::pair(encode_png(1, 2, 1, two), true), std::pair(encode_png(1, 2, 3, six), false),
                                   std::pair(encode_jpeg(1, 2, 1, two), true), std::pair(encode_jpeg(1, 2, 3, six), false)}) {
    const auto header = read_image_header(bytes_of(file), "x");
    ASSERT_TRUE(header.ok());
    EXPECT_EQ(header->height, 1);
    EXPECT_EQ(header->width, 2);
    EXPECT_EQ(header->grey, grey);
  }
}

TEST(Image, JpegIsNearWhatWasEncoded) {
  for (const bool progressive : {false, true}) {
    for (const int channels : {1, 3}) {
      Pixels pixels;
      for (int i = 0; i < 20 * 13; ++i) {
        for (int c = 0; c < channels; ++c) pixels.push_back(static_cast<uint8_t>(i / 13 * 10 + c * 20));
      }
      const auto image = decode_image(bytes_of(encode_jpeg(20, 13, channels, pixels, progressive)), "x");
      ASSERT_TRUE(image.ok()) << image.error().message;
      for (size_t i = 0; i < image->rgb.size(); ++i) ASSERT_NEAR(image->rgb[i], pixels[channels == 1 ? i / 3 : i], 3) << i << " of " << channels;
    }
  }
}

TEST(Image, RefusesEveryTruncation) {
  const std::string png = encode_png(4, 4, 3, Pixels(48, 77)), jpeg = encode_jpeg(16, 16, 3, Pixels(768, 77));
  for (size_t length = 0; length + 12 < png.size(); ++length) ASSERT_FALSE(decode_image(bytes_of(png.substr(0, length)), "x").ok()) << length;
  for (size_t length = 0; length + 2 < jpeg.size(); ++length) ASSERT_FALSE(decode_image(bytes_of(jpeg.substr(0, length)), "x").ok()) << length;
  expect_error("", "is empty");
  expect_error("GIF89a", "neither JPEG nor PNG");
  expect_error(png.substr(0, png.size() - 20), "damaged PNG");
  expect_error(jpeg.substr(0, jpeg.size() / 2), "damaged JPEG");
}

TEST(Image, SurvivesEveryDamagedByte) {
  for (const std::string& good : {encode_png(4, 4, 3, Pixels(48, 77)), encode_jpeg(16, 16, 3, Pixels(768, 77)), encode_jpeg(16, 16, 1, Pixels(256, 9), true)}) {
    for (size_t i = 0; i < good.size(); ++i) {
      for (const int flip : {0x01, 0x80, 0xFF}) {
        std::string bad = good;
        bad[i] = static_cast<char>(bad[i] ^ flip);
        (void)decode_image(bytes_of(bad), "x").ok();
      }
    }
  }
}

// The sides are announced, not there: an allocation of what they say would be of gigabytes.
TEST(Image, RefusesAbsurdSidesBeforeAllocating) {
  expect_error(encode_png(1, 1, 3, {1, 2, 3}, 60'000, 60'000), "claims 60000 x 60000 pixels");
  expect_error(encode_png(1, 1, 3, {1, 2, 3}, 2'000'000'000, 2'000'000'000), "damaged PNG");
  expect_error(encode_png(1, 1, 3, {1, 2, 3}, 16'385, 1), "claims 16385 x 1");
  expect_error(encode_png(1, 1, 3, {1, 2, 3}, 16'000, 16'000), "64 million");
  std::string jpeg = encode_jpeg(8, 8, 3, Pixels(192, 5));
  const size_t frame = jpeg.find("\xFF\xC0");
  jpeg.replace(frame + 5, 4, "\xFF\x10\xFF\x10");
  expect_error(jpeg, "claims 65296 x 65296");
}

TEST(Image, RefusesFewerPixelsThanTheHeaderSays) { expect_error(encode_png(1, 1, 3, {1, 2, 3}, 100, 100), "damaged PNG"); }

TEST(Resize, IsTheIdentityForTheSameSize) {
  const Pixels pixels = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
  EXPECT_EQ(resize_area(pixels, 2, 2, 3, 2, 2), pixels);
}

TEST(Resize, IsTheMeanOfTheAreaRoundedHalfUp) {
  EXPECT_EQ(resize_area(Pixels{0, 1, 2, 3}, 2, 2, 1, 1, 1), (Pixels{2}));            // 1.5
  EXPECT_EQ(resize_area(Pixels{10, 20, 30}, 1, 3, 1, 1, 2), (Pixels{13, 27}));       // (2 10 + 20) / 3, (20 + 2 30) / 3
  EXPECT_EQ(resize_area(Pixels{10, 40}, 2, 1, 1, 3, 1), (Pixels{10, 25, 40}));       // enlarged: the middle covers both halves
  EXPECT_EQ(resize_area(Pixels{0, 255, 100, 7}, 1, 2, 2, 1, 1), (Pixels{50, 131}));  // channels apart
  EXPECT_EQ(resize_area(Pixels(16'000, 255), 16'000, 1, 1, 3, 1), (Pixels{255, 255, 255})) << "sums do not overflow";
}

}  // namespace
}  // namespace trainmark::data

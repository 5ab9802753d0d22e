// IDX files: what is written is read back, and every kind of bad file is refused with its path.
#include "data/idx.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <numeric>

#include "data/data_testing.hpp"
#include "data/gzip.hpp"

namespace trainmark::data {
namespace {

namespace fs = std::filesystem;

std::string gzip(std::string_view text) {
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  std::string packed(deflateBound(&stream, text.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

class Idx : public WithFolder {
 protected:
  void SetUp() override {
    WithFolder::SetUp();
    pixels_.resize(3 * 4 * 5);
    std::iota(pixels_.begin(), pixels_.end(), uint8_t{100});
    ASSERT_TRUE(write_idx_images(images(), 4, 5, pixels_).ok());
    ASSERT_TRUE(write_idx_labels(labels(), labels_).ok());
  }
  fs::path images() const { return folder() / "images"; }
  fs::path labels() const { return folder() / "labels"; }
  core::Result<Split> open() const { return open_idx(images(), labels(), 10, folder() / "unpacked"); }

  std::string bytes(const fs::path& path) const { return core::read_file(path).value(); }
  void write(const fs::path& path, std::string_view text) const { ASSERT_TRUE(core::write_file(path, text).ok()); }
  /// Opening fails with a usage error that holds each of the words.
  void expect_error(std::initializer_list<std::string_view> words) const {
    const auto split = open();
    ASSERT_FALSE(split.ok());
    EXPECT_EQ(split.error().kind, core::ErrorKind::kUsage);
    for (const std::string_view word : words) EXPECT_NE(split.error().message.find(word), std::string::npos) << split.error().message << "\nlacks " << word;
  }

  std::vector<uint8_t> pixels_;
  std::vector<uint8_t> labels_ = {3, 0, 9};
};

TEST_F(Idx, ReadsWhatWasWritten) {
  const auto split = open();
  ASSERT_TRUE(split.ok()) << split.error().message;
  EXPECT_EQ(split->samples.count, 3);
  EXPECT_EQ(split->samples.shape, (Shape3{1, 4, 5}));
  EXPECT_EQ(split->samples.classes, 10);
  EXPECT_TRUE(std::equal(pixels_.begin(), pixels_.end(), split->samples.pixels));
  EXPECT_TRUE(std::equal(labels_.begin(), labels_.end(), split->samples.labels));
  EXPECT_EQ(split->images_path, images()) << "a raw file is used in place";
}

TEST_F(Idx, WritesTheBytesOfTheFormat) {
  EXPECT_EQ(bytes(labels()), std::string("\0\0\x08\x01\0\0\0\x03\x03\0\x09", 11));
  EXPECT_EQ(bytes(images()).substr(0, 16), std::string("\0\0\x08\x03\0\0\0\x03\0\0\0\x04\0\0\0\x05", 16));
  EXPECT_EQ(bytes(images()).size(), 16u + 60u);
}

TEST_F(Idx, SplitStaysValidWhenMoved) {
  auto split = open();
  ASSERT_TRUE(split.ok());
  const Split moved = std::move(*split);
  EXPECT_EQ(moved.samples.pixels[59], pixels_[59]);
}

TEST_F(Idx, UnpacksGzipOnceIntoTheFolder) {
  write(images(), gzip(bytes(images())));
  write(labels(), gzip(bytes(labels())));
  for (int time = 0; time < 2; ++time) {
    const auto split = open();
    ASSERT_TRUE(split.ok()) << split.error().message;
    EXPECT_TRUE(std::equal(pixels_.begin(), pixels_.end(), split->samples.pixels));
    EXPECT_EQ(split->images_path.parent_path(), folder() / "unpacked");
  }
  EXPECT_EQ(std::distance(fs::directory_iterator(folder() / "unpacked"), fs::directory_iterator()), 2);
}

TEST_F(Idx, UnpacksAgainWhenTheUnpackedFileIsTooShort) {
  write(images(), gzip(bytes(images())));
  const auto first = open();
  ASSERT_TRUE(first.ok());
  fs::resize_file(first->images_path, 20);
  EXPECT_TRUE(open().ok());
}

TEST_F(Idx, OtherGzipContentIsNotTakenForTheUnpackedOne) {
  write(labels(), gzip(bytes(labels())));
  ASSERT_TRUE(open().ok());
  write(labels(), gzip(std::string("\0\0\x08\x01\0\0\0\x03\x01\x02\x03", 11)));
  const auto split = open();
  ASSERT_TRUE(split.ok());
  EXPECT_EQ(split->samples.labels[0], 1);
}

TEST_F(Idx, ReadsGzipOfSeveralMembers) {
  const std::string raw = bytes(images());
  write(images(), gzip(raw.substr(0, 30)) + gzip(raw.substr(30)));
  EXPECT_TRUE(open().ok());
}

TEST_F(Idx, RefusesMissingFile) {
  fs::remove(labels());
  expect_error({labels().string()});
}

TEST_F(Idx, RefusesEmptyFile) {
  write(images(), "");
  expect_error({images().string(), "has 0 bytes, fewer than the 16"});
}

TEST_F(Idx, RefusesWrongMagic) {
  write(images(), "PNG? certainly not IDX");
  expect_error({images().string(), "begins with 0x504e473f", "0x00000803"});
}

TEST_F(Idx, RefusesExchangedFiles) {
  const std::string pixels = bytes(images());
  write(images(), bytes(labels()) + "padding");
  write(labels(), pixels);
  expect_error({images().string(), "seem to be exchanged"});
}

TEST_F(Idx, RefusesTruncatedFileOfEveryLength) {
  const std::string whole = bytes(images());
  for (size_t length = 0; length < whole.size(); ++length) {
    write(images(), whole.substr(0, length));
    ASSERT_FALSE(open().ok()) << length;
  }
  expect_error({images().string(), "has 75 bytes, fewer than the 76"});
}

TEST_F(Idx, RefusesOversizedFile) {
  write(images(), bytes(images()) + "x");
  expect_error({images().string(), "has 77 bytes, more than the 76"});
}

TEST_F(Idx, RefusesCountsThatDiffer) {
  write(labels(), std::string("\0\0\x08\x01\0\0\0\x02\x03\0", 10));
  expect_error({images().string(), labels().string(), "holds 3 images", "holds 2 labels"});
}

TEST_F(Idx, RefusesLabelOutOfRange) {
  write(labels(), std::string("\0\0\x08\x01\0\0\0\x03\x03\x0A\0", 11));
  expect_error({labels().string(), "label 1 is 10", "0 to 9"});
}

TEST_F(Idx, RefusesNoImages) {
  write(images(), std::string("\0\0\x08\x03\0\0\0\0\0\0\0\x04\0\0\0\x05", 16));
  expect_error({images().string(), "holds no images"});
}

TEST_F(Idx, RefusesImagesWithoutPixels) {
  write(images(), std::string("\0\0\x08\x03\0\0\0\x03\0\0\0\0\0\0\0\x05", 16));
  expect_error({images().string(), "0 x 5 pixels"});
}

TEST_F(Idx, RefusesHugeClaims) {
  write(images(), std::string("\0\0\x08\x03\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 16));
  expect_error({images().string(), "more than any file can hold"});
}

TEST_F(Idx, RefusesDamagedGzip) {
  std::string packed = gzip(bytes(images()));
  packed[packed.size() - 6] = static_cast<char>(packed[packed.size() - 6] ^ 1);  // the checksum
  write(images(), packed);
  expect_error({images().string(), "damaged gzip"});
}

TEST_F(Idx, RefusesTruncatedGzipOfEveryLength) {
  const std::string packed = gzip(bytes(images()));
  for (size_t length = 0; length < packed.size(); ++length) {
    write(images(), packed.substr(0, length));
    ASSERT_FALSE(open().ok()) << length;
  }
  expect_error({images().string(), "ends in the middle"});
}

TEST_F(Idx, RefusesGzipWithOtherBytesBehind) {
  write(images(), gzip(bytes(images())) + "behind");
  expect_error({images().string(), "6 bytes behind the end"});
}

TEST_F(Idx, RefusesGzipThatUnpacksToMoreThanAnnounced) {  // also: a small file cannot fill the disk
  write(images(), gzip(bytes(images()) + std::string(50'000'000, '\0')));
  expect_error({images().string(), "more than 76 bytes"});
  EXPECT_FALSE(fs::exists(folder() / "unpacked"));
}

TEST_F(Idx, RefusesGzipThatUnpacksToLessThanAnnounced) {
  write(images(), gzip(bytes(images()).substr(0, 70)));
  expect_error({images().string(), "only 70 bytes", "announces 76"});
}

TEST(Gzip, StopsAtTheLimit) {
  const std::string packed = gzip(std::string(1000, 'a'));
  const auto part = gunzip(std::as_bytes(std::span(packed)), 10, "x");
  ASSERT_TRUE(part.ok());
  EXPECT_EQ(*part, std::string(10, 'a'));
}

}  // namespace
}  // namespace trainmark::data

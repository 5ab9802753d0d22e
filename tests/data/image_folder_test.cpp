// Image folders: classes, splits, sizes, colours, the cache, and the real CIFAR-10 JPEGs.
#include "data/image_folder.hpp"

#include <fstream>

#include "data/data_testing.hpp"
#include "data/dataset.hpp"
#include "data/encode.hpp"
#include "data/unpack.hpp"
#include "support/real_data.hpp"

namespace trainmark::data {
namespace {

namespace fs = std::filesystem;
using Pixels = std::vector<uint8_t>;

class ImageFolder : public WithFolder {
 protected:
  void write(const std::string& name, std::string_view text) const {
    fs::create_directories((root() / name).parent_path());
    std::ofstream(root() / name, std::ios::binary) << text;
  }
  fs::path root() const { return folder() / "images"; }
  core::Result<Dataset> open(const std::string& options = "") const { return load_dataset("folder:" + root().string() + options); }
  Dataset load(const std::string& options = "") const {
    auto dataset = open(options);
    EXPECT_TRUE(dataset.ok()) << dataset.error().message;
    return dataset ? std::move(*dataset) : Dataset{};
  }
  void expect_error(const std::string& options, std::initializer_list<std::string_view> words) const {
    const auto dataset = open(options);
    ASSERT_FALSE(dataset.ok());
    EXPECT_EQ(dataset.error().kind, core::ErrorKind::kUsage) << dataset.error().message;
    for (const std::string_view word : words) EXPECT_NE(dataset.error().message.find(word), std::string::npos) << dataset.error().message << "\nlacks " << word;
  }
  size_t imported() const {
    const fs::path where = folder() / "cache" / "imported";
    return fs::exists(where) ? static_cast<size_t>(std::distance(fs::directory_iterator(where), fs::directory_iterator())) : 0;
  }
  static std::string grey(uint8_t value, uint32_t side = 2) { return encode_png(side, side, 1, Pixels(size_t{side} * side, value)); }
  static std::string colour(uint8_t red) { return encode_png(1, 2, 3, {red, 1, 2, 100, 3, 4}); }
};

TEST_F(ImageFolder, ClassesAreSortedByTheirBytesAndSplitsAreFolders) {
  write("train/b/1.png", grey(11));
  write("train/a/2.png", grey(22));
  write("train/B/x.PNG", grey(33));
  write("test/a/1.png", grey(44));
  const Dataset set = load();
  EXPECT_EQ(set.class_names, (std::vector<std::string>{"B", "a", "b"}));
  EXPECT_EQ(set.train.samples.shape, (Shape3{1, 2, 2}));
  EXPECT_EQ(set.train.samples.count, 3);
  EXPECT_EQ(set.train.samples.pixels[0], 33);
  EXPECT_EQ(set.train.samples.pixels[4], 22);
  EXPECT_EQ(set.test.samples.labels[0], 1);
  EXPECT_EQ(set.test.samples.pixels[0], 44);
}

TEST_F(ImageFolder, ColoursArePlanes) {
  for (int i = 0; i < 5; ++i) write("a/" + std::to_string(i) + ".png", colour(9));
  const Dataset set = load();
  EXPECT_EQ(set.train.samples.shape, (Shape3{3, 1, 2}));
  EXPECT_EQ(Pixels(set.train.samples.pixels, set.train.samples.pixels + 6), (Pixels{9, 100, 1, 3, 2, 4}));
  EXPECT_EQ(set.train.samples.count, 4);
  EXPECT_EQ(set.test.samples.count, 1);
}

TEST_F(ImageFolder, ChannelsCanBeChosen) {
  for (int i = 0; i < 5; ++i) write("a/" + std::to_string(i) + ".png", colour(200));
  const Dataset set = load("?channels=1");
  EXPECT_EQ(set.train.samples.shape, (Shape3{1, 1, 2}));
  EXPECT_EQ(set.train.samples.pixels[0], (77 * 200 + 150 * 1 + 29 * 2 + 128) / 256);
  expect_error("?channels=4", {"'4'", "1 (grey) or 3"});
}

TEST_F(ImageFolder, GreyAmongColourIsColour) {
  write("train/a/1.png", colour(5));
  write("train/a/2.png", encode_png(1, 2, 1, {6, 7}));
  write("test/a/1.png", encode_png(1, 2, 1, {8, 9}));
  const Dataset set = load();
  EXPECT_EQ(Pixels(set.test.samples.pixels, set.test.samples.pixels + 6), (Pixels{8, 9, 8, 9, 8, 9}));
}

TEST_F(ImageFolder, SizesMustAgreeOrBeChosen) {
  write("train/a/1.png", grey(10, 2));
  write("train/a/2.png", grey(20, 4));
  write("test/a/1.jpg", encode_jpeg(8, 8, 1, Pixels(64, 30)));
  expect_error("", {"2.png", "4 x 4", "2 x 2", "size=2x2"});
  const Dataset set = load("?size=3x1");
  EXPECT_EQ(set.train.samples.shape, (Shape3{1, 3, 1}));
  EXPECT_EQ(Pixels(set.train.samples.pixels, set.train.samples.pixels + 6), (Pixels{10, 10, 10, 20, 20, 20}));
  expect_error("?size=1x3x1", {"HEIGHTxWIDTH"});
  expect_error("?size=60000x60000", {"60000", "size=HxW"});
}

TEST_F(ImageFolder, IsDecodedOnceForItsContentAndNotForItsTimes) {
  for (int i = 0; i < 5; ++i) write("a/" + std::to_string(i) + ".png", grey(9));
  const std::string first = load().sha256;
  const fs::path copy = folder() / "elsewhere";
  fs::rename(root(), copy);
  fs::rename(copy, root());
  fs::last_write_time(root() / "a" / "0.png", fs::file_time_type::clock::now() - std::chrono::hours(9));
  EXPECT_EQ(load().sha256, first);
  EXPECT_EQ(imported(), 1u);
  write("a/0.png", grey(10));
  EXPECT_NE(load().sha256, first);
  fs::rename(root() / "a", root() / "b");
  load();
  EXPECT_EQ(imported(), 3u) << "other names of classes are another set";
}

TEST_F(ImageFolder, BadFoldersAreNamed) {
  expect_error("", {root().string()});
  fs::create_directories(root());
  expect_error("", {"no subfolders"});
  fs::create_directories(root() / "a");
  expect_error("", {"/a'", "no images"});
  write("a/1.png", grey(1));
  expect_error("", {"1 samples", "too few"});
  write("a/readme.txt", "x");
  expect_error("", {"readme.txt", "not named as an image"});
  fs::remove(root() / "a" / "readme.txt");
  write("a/.DS_Store", "x");
  write("a/Thumbs.db", "x");
  expect_error("", {"1 samples"});
  write("a/deeper/1.png", grey(1));
  expect_error("", {"a/deeper", "within a class"});
}

TEST_F(ImageFolder, TestClassesMustBeTrainingClasses) {
  write("train/a/1.png", grey(1));
  write("val/z/1.png", grey(1));
  expect_error("", {"val/z", "training images lack"});
}

TEST_F(ImageFolder, BadImagesAreNamedAndLeaveNothingInTheCache) {
  for (int i = 0; i < 6; ++i) write("a/" + std::to_string(i) + ".png", grey(9));
  write("a/3.png", "no image");
  expect_error("", {"3.png", "neither JPEG nor PNG"});
  write("a/3.png", "");
  expect_error("", {"3.png", "is empty"});
  write("a/3.png", grey(9).substr(0, 45));  // the header is good
  expect_error("", {"3.png", "damaged PNG"});
  EXPECT_EQ(imported(), 0u);
}

TEST_F(ImageFolder, RealCifarJpegsAreWhatTheirFolderSays) {
  const auto mnist = tests::real_mnist();
  const fs::path archive = mnist ? mnist->parent_path() / "cifar10-jpeg" / "cifar10-jpeg-12k.tar.gz" : fs::path();
  if (!fs::exists(archive)) GTEST_SKIP() << "no cifar10-jpeg/cifar10-jpeg-12k.tar.gz in the folder TRAINMARK_TEST_DATA";
  fs::create_directories(root());
  const auto unpacked = unpack_tar(archive, root(), {100'000'000, 20'000});
  ASSERT_TRUE(unpacked.ok()) << unpacked.error().message;
  const Dataset set = load();
  EXPECT_EQ(set.train.samples.shape, (Shape3{3, 32, 32}));
  EXPECT_EQ(set.class_names, (std::vector<std::string>{"airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"}));
  EXPECT_EQ(set.train.samples.count + set.test.samples.count, 12'000);
  // Mean and deviation of CIFAR-10's channels, known from many recipes: 0.4914 0.4822 0.4465.
  const double known[] = {0.4914, 0.4822, 0.4465};
  for (int c = 0; c < 3; ++c) {
    int64_t sum = 0;
    for (int64_t i = 0; i < set.train.samples.count; ++i) {
      for (int64_t p = 0; p < 1024; ++p) sum += set.train.samples.pixels[(i * 3 + c) * 1024 + p];
    }
    EXPECT_NEAR(static_cast<double>(sum) / 255 / 1024 / static_cast<double>(set.train.samples.count), known[c], 0.01) << c;
  }
}

}  // namespace
}  // namespace trainmark::data

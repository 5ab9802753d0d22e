// Data sets in files of the user's: csv:, idx:, cifar:, and their copies in the cache.
#include <fstream>

#include "data/cifar.hpp"
#include "data/csv_dataset.hpp"
#include "data/data_testing.hpp"
#include "data/dataset.hpp"
#include "data/held_out.hpp"
#include "data/import_cache.hpp"

namespace trainmark::data {
namespace {

namespace fs = std::filesystem;

class UserFiles : public WithFolder {
 protected:
  std::string write(const std::string& name, std::string_view text) const {
    const fs::path path = folder() / name;
    fs::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
    return path.string();
  }
  static Dataset load(const std::string& name) {
    auto dataset = load_dataset(name);
    EXPECT_TRUE(dataset.ok()) << dataset.error().message;
    return dataset ? std::move(*dataset) : Dataset{};
  }
  static void expect_error(const std::string& name, std::initializer_list<std::string_view> words) {
    const auto dataset = load_dataset(name);
    ASSERT_FALSE(dataset.ok()) << name;
    EXPECT_EQ(dataset.error().kind, core::ErrorKind::kUsage) << dataset.error().message;
    for (const std::string_view word : words) EXPECT_NE(dataset.error().message.find(word), std::string::npos) << dataset.error().message << "\nlacks " << word;
  }
  static std::vector<int> pixels(const Split& split) { return {split.samples.pixels, split.samples.pixels + split.samples.count * split.samples.shape.size()}; }
  static std::vector<int> labels(const Split& split) { return {split.samples.labels, split.samples.labels + split.samples.count}; }
  size_t imported() const {
    const fs::path where = folder() / "cache" / "imported";
    return fs::exists(where) ? static_cast<size_t>(std::distance(fs::directory_iterator(where), fs::directory_iterator())) : 0;
  }
};

TEST_F(UserFiles, CsvWithATestFile) {
  const std::string train = write("train.csv", "label,a,b,c,d\n1,1,2,3,4\n0,5,6,7,8\n"), test = write("test.csv", "label,a,b,c,d\n1,9,9,9,9\n");
  const std::string name = "csv:" + train + "?test=" + test;
  const Dataset set = load(name);
  EXPECT_EQ(set.name, "csv:train.csv?test=test.csv") << "a name with folders in it differs between machines";
  EXPECT_EQ(set.train.samples.shape, (Shape3{1, 2, 2}));
  EXPECT_EQ(set.train.samples.classes, 2);
  EXPECT_EQ(pixels(set.train), (std::vector<int>{1, 2, 3, 4, 5, 6, 7, 8}));
  EXPECT_EQ(labels(set.train), (std::vector<int>{1, 0}));
  EXPECT_EQ(pixels(set.test), (std::vector<int>{9, 9, 9, 9}));
  EXPECT_NE(set.provenance.find("train.csv"), std::string::npos);
}

TEST_F(UserFiles, CsvOfNamesWithoutASquareIsOneRow) {
  std::string text = "a,b,c,species\n";
  for (int i = 0; i < 10; ++i) text += std::to_string(i) + ",0,0," + (i % 2 == 0 ? "setosa" : "virginica") + "\n";
  const Dataset set = load("csv:" + write("iris.csv", text) + "?label=species");
  EXPECT_EQ(set.train.samples.shape, (Shape3{1, 1, 3}));
  EXPECT_EQ(set.class_names, (std::vector<std::string>{"setosa", "virginica"}));
  EXPECT_EQ(set.train.samples.count, 8);
  EXPECT_EQ(set.test.samples.count, 2);
}

TEST_F(UserFiles, CsvInColourByItsShape) {
  const Dataset set = load("csv:" + write("c.csv", "0,1,2,3,4,5,6\n0,1,2,3,4,5,6\n0,1,2,3,4,5,6\n0,1,2,3,4,5,6\n0,1,2,3,4,5,6\n") + "?shape=3x1x2");
  EXPECT_EQ(set.train.samples.shape, (Shape3{3, 1, 2}));
  EXPECT_EQ(pixels(set.test), (std::vector<int>{1, 2, 3, 4, 5, 6}));
}

TEST_F(UserFiles, CsvIsConvertedOnceForItsContentAndOptions) {
  const std::string path = write("a.csv", "0,1\n1,2\n2,3\n3,4\n4,5\n"), name = "csv:" + path;
  const std::string first = load(name).sha256;
  EXPECT_EQ(load(name).sha256, first);
  EXPECT_EQ(imported(), 1u);
  load(name + "?label=1");
  EXPECT_EQ(imported(), 2u);
  write("a.csv", "0,1\n1,2\n2,3\n3,4\n4,6\n");
  EXPECT_NE(load(name).sha256, first);
  EXPECT_EQ(imported(), 3u);
}

TEST_F(UserFiles, DamagedCopyInTheCacheIsNamedAndNotUsed) {
  const std::string name = "csv:" + write("a.csv", "0,1\n1,2\n2,3\n3,4\n4,5\n");
  const fs::path images = load(name).train.images_path;
  fs::permissions(images, fs::perms::owner_write, fs::perm_options::add);
  std::fstream(images, std::ios::in | std::ios::out | std::ios::binary).seekp(17).put('x');
  expect_error(name, {"damaged", images.parent_path().string(), "made again"});
}

TEST_F(UserFiles, CsvErrorsLeaveNothingInTheCache) {
  const std::string five = "0,1\n1,2\n2,3\n3,4\n";
  expect_error("csv:" + write("a.csv", five + "4,256\n"), {"a.csv', line 5, column 2", "'256'"});
  expect_error("csv:" + write("b.csv", five), {"4 samples", "test="});
  EXPECT_EQ(imported(), 0u);
}

TEST_F(UserFiles, CsvOptionsAreChecked) {
  const std::string file = "csv:" + write("a.csv", "0,1,2\n1,2,2\n");
  expect_error(file + "?lable=x", {"no option 'lable'", "did you mean 'label'"});
  expect_error(file + "?header=maybe", {"'maybe'", "yes or no"});
  expect_error(file + "?separator=ab", {"'ab'", "tab"});
  expect_error(file + "?separator=0", {"no digit"});
  expect_error(file + "?shape=3x3", {"2 pixels", "3x3", "are 9"});
  expect_error(file + "?shape=0x2", {"'0'"});
  expect_error(file + "?shape=2", {"HEIGHTxWIDTH"});
  expect_error(file + "?shape=1x1x1x2", {"HEIGHTxWIDTH"});
  expect_error(file + "?shape=1x99999999999999999999", {"65535"});
  expect_error(file + "?label=0&label=1", {"twice"});
  expect_error(file + "?label=0&x", {"'x' is not of the form key=value"});
  expect_error(file + "?label=%4", {"two hexadecimal digits"});
  expect_error("csv:", {"names no file"});
  expect_error("csv:/nonexistent/file.csv", {"/nonexistent/file.csv"});
  expect_error("cvs:" + file, {"did you mean 'csv'", "folder:DIR"});
}

TEST_F(UserFiles, PercentAndQuestionMarksAreTakenAsMeant) {
  const Dataset set = load("csv:" + write("what?.csv", "a&b,c\n0,1\n1,2\n2,3\n3,4\n4,5\n") + "?label=a%26b");
  EXPECT_EQ(set.train.samples.classes, 5);
  EXPECT_EQ(load("csv:" + write("why?.csv", "0,1\n1,2\n2,3\n3,4\n4,5\n")).train.samples.count, 4);
}

TEST_F(UserFiles, KagglesTestFileWithoutLabelsIsExplained) {
  const std::string train = write("train.csv", "label,a,b,c,d\n1,1,2,3,4\n"), test = write("test.csv", "a,b,c,d\n1,2,3,4\n");
  expect_error("csv:" + train + "?test=" + test, {"test.csv", "3 pixels", "no labels"});
}

TEST_F(UserFiles, IdxFolderInColourAndUnderOtherNames) {
  const std::vector<uint8_t> images(5 * 3 * 2 * 2, 7), label = {0, 1, 2, 3, 4};
  const auto write_set = [&](const std::string& prefix) {
    fs::create_directories(folder() / "d");
    for (const char* split : {"train", "test"}) {
      ASSERT_TRUE(write_idx_images(folder() / "d" / (prefix + split + "-images.idx"), Shape3{3, 2, 2}, images).ok());
      ASSERT_TRUE(write_idx_labels(folder() / "d" / (prefix + split + "-labels.idx"), label).ok());
    }
  };
  write_set("letters-");
  const std::string name = "idx:" + (folder() / "d").string();
  const Dataset set = load(name);
  EXPECT_EQ(set.train.samples.shape, (Shape3{3, 2, 2}));
  EXPECT_EQ(set.train.samples.classes, 5);
  EXPECT_EQ(load(name + "?classes=26").test.samples.classes, 26);
  expect_error(name + "?classes=3", {"label 3 is 3", "0 to 2"});
  expect_error(name + "?classes=0", {"from 1 to 256"});
  write_set("digits-");
  expect_error(name, {"digits-test-images.idx", "letters-test-images.idx", "prefix="});
  EXPECT_EQ(load(name + "?prefix=digits-").train.samples.count, 5);
  fs::remove(folder() / "d" / "digits-train-labels.idx");
  expect_error(name + "?prefix=digits-", {"training labels", "'train' and 'labels'"});
  expect_error("idx:/nonexistent", {"/nonexistent"});
}

TEST_F(UserFiles, IdxSplitsHaveTheClassesOfBoth) {
  fs::create_directories(folder() / "d");
  const auto put = [&](const std::string& split, std::vector<uint8_t> label) {
    ASSERT_TRUE(write_idx_images(folder() / "d" / (split + "-images"), 1, 1, label).ok());
    ASSERT_TRUE(write_idx_labels(folder() / "d" / (split + "-labels"), label).ok());
  };
  put("train", {0, 1});
  put("test", {3});
  const Dataset set = load("idx:" + (folder() / "d").string());
  EXPECT_EQ(set.train.samples.classes, 4);
  EXPECT_EQ(set.test.samples.classes, 4);
}

std::string cifar_record(char label, char value) { return label + std::string(3072, value); }

TEST_F(UserFiles, CifarBatchesAreReadInOrder) {
  write("c/data_batch_1.bin", cifar_record(3, 'a') + cifar_record(9, 'b'));
  write("c/data_batch_2.bin", cifar_record(0, 'c'));
  write("c/test_batch.bin", cifar_record(1, 'd'));
  write("c/batches.meta.txt", "airplane\nautomobile\nbird\ncat\ndeer\ndog\nfrog\nhorse\nship\ntruck\n\n");
  const std::string name = "cifar:" + (folder() / "c").string();
  const Dataset set = load(name);
  EXPECT_EQ(set.train.samples.shape, kCifarShape);
  EXPECT_EQ(set.train.samples.classes, 10);
  EXPECT_EQ(labels(set.train), (std::vector<int>{3, 9, 0}));
  EXPECT_EQ(set.train.samples.pixels[3072 * 2], 'c');
  EXPECT_EQ(set.test.samples.pixels[0], 'd');
  EXPECT_EQ(set.class_names[9], "truck");
  const auto by_name = load_dataset("cifar-10", folder() / "c");
  ASSERT_TRUE(by_name.ok());
  EXPECT_EQ(by_name->sha256, set.sha256);
}

TEST_F(UserFiles, CifarErrors) {
  const std::string name = "cifar:" + (folder() / "c").string();
  expect_error(name, {"data_batch_1.bin", "trainmark data fetch cifar-10"});
  write("c/data_batch_1.bin", cifar_record(3, 'a'));
  expect_error(name, {"test_batch.bin"});
  write("c/test_batch.bin", "");
  expect_error(name, {"test_batch.bin", "has 0 bytes", "3073"});
  write("c/test_batch.bin", cifar_record(3, 'a') + "x");
  expect_error(name, {"has 3074 bytes"});
  write("c/test_batch.bin", cifar_record(1, 'a') + cifar_record(10, 'a'));
  expect_error(name, {"label of image 1 is 10", "0 to 9"});
  expect_error(name + "?x=1", {"no option 'x'"});
}

TEST(HeldOut, IsAFifthTheSameEverywhereAndOfAllParts) {
  const auto mask = held_out(1000, "f");
  ASSERT_TRUE(mask.ok());
  int all = 0;
  for (int part = 0; part < 10; ++part) {
    const auto begin = mask->begin() + part * 100;
    const auto count = std::count(begin, begin + 100, true);
    EXPECT_GT(count, 8) << part;
    all += static_cast<int>(count);
  }
  EXPECT_EQ(all, 200);
  std::string first;
  for (size_t i = 0; i < 40; ++i) first += (*mask)[i] ? '1' : '0';
  EXPECT_EQ(first, "0010000010000000000101000000100000000000") << "other test splits would make published results incomparable";
}

}  // namespace
}  // namespace trainmark::data

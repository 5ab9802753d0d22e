// trainmark data, and data sets from files, as a user meets them: exit codes, stdout, stderr, the state of the cache.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "support/http_server.hpp"
#include "support/run_program.hpp"

namespace trainmark::tests {
namespace {

namespace fs = std::filesystem;

class Data : public testing::Test {
 protected:
  core::TemporaryFolder folder_ = core::TemporaryFolder::make(fs::temp_directory_path(), "trainmark-data").value();
  ProgramResult run(const std::string& arguments, const std::string& environment = "") {
    return run_trainmark(arguments, folder_.path(), fmt::format("TRAINMARK_CACHE='{}' {}", (folder_.path() / "cache").string(), environment));
  }
  void expect_error(const std::string& arguments, int exit_code, std::initializer_list<std::string_view> words, const std::string& environment = "") {
    const ProgramResult r = run(arguments, environment);
    EXPECT_EQ(r.exit_code, exit_code) << arguments << "\n" << r.err;
    const size_t last = r.err.rfind("trainmark: ");
    ASSERT_NE(last, std::string::npos) << r.err;
    EXPECT_EQ(std::count(r.err.begin() + static_cast<std::ptrdiff_t>(last), r.err.end(), '\n'), 1) << "one sentence: " << r.err;
    for (const std::string_view word : words) EXPECT_NE(r.err.find(word, last), std::string::npos) << r.err << "\nlacks " << word;
  }
  void write(const std::string& name, std::string_view text) {
    fs::create_directories((folder_.path() / name).parent_path());
    std::ofstream(folder_.path() / name, std::ios::binary) << text;
  }
  void write_csv(const std::string& name, const std::string& last_pixel) {
    std::string text = "species,a,b,c,d\n";
    for (int i = 0; i < 99; ++i) text += fmt::format("{},{},{},0,7\n", i % 3 == 0 ? "iris" : "rose", i, 255 - i);
    write(name, text + "iris,1,2,3," + last_pixel + "\n");
  }
};

TEST_F(Data, CsvIsTrainedOnAndKeptInTheCache) {
  write_csv("flowers.csv", "4");
  const ProgramResult r = run("run mnist-mlp --dataset 'csv:flowers.csv?label=species' --platform cpu --epochs 1 --max-batches 4 --batch-size 16 --threads 1");
  EXPECT_EQ(r.exit_code, 0) << r.out << r.err;
  EXPECT_NE(r.out.find("csv:flowers.csv?label=species"), std::string::npos) << r.out;
  EXPECT_NE(r.out.find("verified"), std::string::npos) << r.out;
  const ProgramResult list = run("data list");
  EXPECT_NE(list.out.find("imported/"), std::string::npos) << list.out;
  const ProgramResult verify = run("data verify");
  EXPECT_EQ(verify.exit_code, 0) << verify.out << verify.err;
  EXPECT_EQ(verify.out.find("ok "), 0u) << verify.out;
  const ProgramResult clean = run("data clean imported");
  EXPECT_EQ(clean.out.find("removed imported/"), 0u) << clean.out;
  EXPECT_EQ(run("data list").out.find("imported/"), std::string::npos);
}

TEST_F(Data, BadFilesAreUsageErrorsWithThePlace) {
  write_csv("bad.csv", "4.5");
  expect_error("run mnist-mlp --dataset 'csv:bad.csv?label=species' --dry-run", 2, {"'bad.csv', line 101, column 5 ('d')", "'4.5'", "0 to 255"});
  expect_error("run mnist-mlp --dataset 'csv:bad.csv?labl=species' --dry-run", 2, {"did you mean 'label'"});
  expect_error("run mnist-mlp --dataset csv:gone.csv --dry-run", 2, {"gone.csv"});
  write("pictures/a/1.png", "text");
  expect_error("run mnist-mlp --dataset folder:pictures --dry-run", 2, {"pictures"});
  expect_error("run mnist-mlp --dataset cifar:pictures --dry-run", 2, {"data_batch_1.bin"});
  expect_error("run mnist-mlp --dataset mnist --dry-run", 2, {"trainmark data fetch mnist"});
}

TEST_F(Data, FetchSaysWhatTheMirrorDid) {
  HttpServer server;
  server.answer("mnist/train-images-idx3-ubyte.gz", {{.body = "<html>", .type = "text/html"}});
  expect_error("data fetch mnist --mirror " + server.address(), 1, {server.address() + "mnist/train-images-idx3-ubyte.gz", "a web page"});
  server.answer("mnist/train-images-idx3-ubyte.gz", {{.body = std::string(9'912'422, 'x')}});
  expect_error("data fetch mnist", 1, {"SHA-256"}, "TRAINMARK_MIRROR=" + server.address());
  expect_error("data fetch cifar-10 --mirror http://127.0.0.1:1", 1, {"http://127.0.0.1:1/cifar-10/cifar-10-binary.tar.gz", "cannot be reached", "online?"});
  expect_error("data fetch cifar-10 --mirror file:///etc", 2, {"file:///etc", "http://"});
  expect_error("data fetch mnits", 2, {"did you mean 'mnist'"});
  EXPECT_EQ(run("data list").out.find("mnist"), std::string::npos) << "nothing is kept of what failed";
}

TEST_F(Data, DamageInTheCacheIsFoundAndCleaned) {
  write("cache/mnist/train-images-idx3-ubyte.gz", "damaged");
  write("cache/mine.txt", "not trainmark's");
  const ProgramResult r = run("data verify");
  EXPECT_EQ(r.exit_code, 2);
  EXPECT_EQ(r.out.find("BAD"), 0u) << r.out;
  EXPECT_NE(r.err.find("'trainmark data clean mnist'"), std::string::npos) << r.err;
  expect_error("data clean", 2, {"--all"});
  expect_error("data clean mine.txt", 2, {"no 'mine.txt'", "mnist"});
  const ProgramResult clean = run("data clean --all");
  EXPECT_EQ(clean.out, "removed mnist: 7 B in 1 file, fetched data set\n");
  EXPECT_TRUE(fs::exists(folder_.path() / "cache" / "mine.txt"));
}

}  // namespace
}  // namespace trainmark::tests
